import { expect, type Page, type Request, test } from '@playwright/test';
import type { Person } from './person.ts';

/** "Within a second", and half of one for the machine that runs all of this at once. */
const SOON = 1500;

/** The form that a browser sent last: what is done to a page before that is no part of what others wait for. */
export const sent: { last?: Request } = {};

/** Opens a page and waits until its stream of events flows. */
export async function watches(person: Person, path: string): Promise<void> {
  const stream = person.page.waitForResponse((answer) => isStream(answer.url()) && answer.ok());
  await person.goes(path);
  await stream;
}

export function isStream(url: string): boolean {
  return new URL(url).pathname.endsWith('/events');
}

/** Insists that what somebody does is seen on a page within a second, and prints how long it took. */
export async function appears<T>(
  what: string,
  on: Page,
  act: () => Promise<unknown>,
  condition: (argument: T) => boolean,
  argument: T,
): Promise<void> {
  await on.evaluate(() => Object.assign(window, { isStillThisPage: true }));
  const seen = on.waitForFunction(condition as never, argument as never, { polling: 10, timeout: 10_000 }).then(
    () => Date.now(),
    () => Infinity,
  );
  const start = Date.now();
  await act();
  const took = Math.round((await seen) - Math.max(start, sent.last?.timing().startTime ?? start));
  const project = test.info().project.name;
  console.log(`live      ${project.padEnd(10)}${what.padEnd(60)}${String(took).padStart(6)} ms`);
  test.info().annotations.push({ type: 'latency', description: `${what}: ${took} ms` });
  expect.soft(took, `${what}: milliseconds`).toBeLessThanOrEqual(SOON);
  expect(await on.evaluate(() => 'isStillThisPage' in window), 'the page was not loaded anew').toBe(true);
}

/** For `appears`: something that matches the selector says the text. */
export function says([selector, text]: [string, string]): boolean {
  const matches = [...document.querySelectorAll<HTMLElement>(selector)];
  return matches.some((element) => element.checkVisibility() && element.innerText.includes(text));
}

/** For `appears`: nothing that matches the selector says the text. */
export function saysNot([selector, text]: [string, string]): boolean {
  const matches = [...document.querySelectorAll<HTMLElement>(selector)];
  return !matches.some((element) => element.innerText.includes(text));
}

/** For `appears`: what matches the selector says the text, in sight or not. */
export function hasText([selector, text]: [string, string]): boolean {
  return document.querySelector(selector)!.textContent!.includes(text);
}

/** For `appears`: the control of this name has this value. */
export function isRole([label, value]: [string, string]): boolean {
  return document.querySelector<HTMLSelectElement>(`select[aria-label="${label}"]`)!.value === value;
}
