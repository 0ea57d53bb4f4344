import type { Locator } from '@playwright/test';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Somebody at the page that makes an organization. */
const test = base.extend<{ at: { ana: Person; name: Locator; slug: Locator; status: Locator } }>({
  at: async ({ person }, use) => {
    const ana = await person('Ana');
    await ana.goes('/new');
    const { page } = ana;
    await use({ ana, name: page.getByLabel('Name'), slug: page.getByLabel('URL'), status: page.locator('#slug-status') });
  },
});

test('an address is suggested from the name, until one types one', async ({ at: { name, slug, status } }) => {
  await name.pressSequentially('Grüße & Co.');
  await expect(slug).toHaveValue('gruesse-and-co');
  await expect(status).toHaveText('This URL is available.');
  await slug.fill('own-words');
  await name.pressSequentially(' again');
  await expect(slug).toHaveValue('own-words');
  // Emptied, it is suggested again.
  await slug.fill('');
  await name.fill('Other Words');
  await expect(slug).toHaveValue('other-words');
});

test('it is said while one types whether an address can be had', async ({ at: { ana, slug, status } }) => {
  const taken = await ana.hasOrganization(unique('Taken'));
  await expect(status).toHaveRole('status');
  await slug.fill(taken);
  await expect(status).toHaveText('This URL is taken. Choose another one.');
  await slug.fill(`${taken}-not`);
  await expect(status).toHaveText('This URL is available.');
  for (const wrong of ['ab', 'Acme', 'a--b', '-acme', 'settings', 'a b c']) {
    await slug.fill(wrong);
    await expect(status, wrong).toHaveAttribute('data-state', 'taken');
    await expect(status, wrong).not.toHaveText('This URL is taken. Choose another one.');
    await expect(status, wrong).not.toBeEmpty();
  }
  await slug.fill('');
  await expect(status).toBeEmpty();
});

test('of slow answers only that to what is typed now counts', async ({ at: { ana, slug, status } }) => {
  const taken = await ana.hasOrganization(unique('Taken'));
  await ana.page.route(`**/check_slug?slug=${taken}`, async (route) => {
    await new Promise((passed) => setTimeout(passed, 1500));
    await route.continue();
  });
  const late = ana.page.waitForResponse((answer) => answer.url().endsWith(`slug=${taken}`));
  const asked = ana.page.waitForRequest((request) => request.url().endsWith(`slug=${taken}`));
  await slug.fill(taken);
  await asked;
  await slug.fill(`${taken}-not`);
  await expect(status).toHaveText('This URL is available.');
  await late;
  await expect(status).toHaveText('This URL is available.');
});

test('two people take one address at once: one has it, the other reads why', async ({ person }) => {
  const { name, slug } = unique('Race');
  const people = [await person('Ana'), await person('Bo')];
  for (const one of people) {
    await one.goes('/new');
    await one.fills({ Name: name, URL: slug });
    await expect(one.page.locator('#slug-status')).toHaveText('This URL is available.');
  }
  const statuses = await Promise.all(people.map((one) => one.presses('Create organization')));
  expect(statuses.toSorted()).toEqual([303, 422]);
  const loser = people[statuses.indexOf(422)]!;
  await expect(loser.page.getByRole('alert')).toHaveText(new RegExp(`${slug} is already taken`));
  await expect(loser.page.getByLabel('Name')).toHaveValue(name);
});
