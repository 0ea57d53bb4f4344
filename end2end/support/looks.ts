import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const SCREENS = fileURLToPath(new URL('../artifacts/screens', import.meta.url));
const SIZES = [{ width: 1280, height: 900 }, { width: 360, height: 780 }];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** How a page is looked at. */
export interface Look {
  /** The name of its screenshots. */
  name: string;
  /** Goes to the page, opens what is to be open, and tells the status of the document. */
  open(width: number): Promise<number>;
  /** The status that the document has to have. */
  status: number;
  /** Shows the window only: for what floats, and for what is long. */
  windowOnly?: boolean;
}

/** Looks at a page in both widths and both color schemes: nothing overflows, nothing is logged, axe finds nothing. */
export async function looksRight(page: Page, { name, open, status, windowOnly }: Look): Promise<void> {
  const complaints = listen(page, status);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    expect.soft(await open(size.width), 'status').toBe(status);
    await page.evaluate(() => document.fonts.ready);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const shot = `${name}-${size.width}-${colorScheme}`;
      await picture(page, `${shot}.png`, !windowOnly);
      expect.soft(await violations(page), `${shot}: axe`).toEqual([]);
    }
    const wide = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect.soft(wide[0], `${name}-${size.width}: width of the content`).toBeLessThanOrEqual(wide[1]!);
    expect.soft(await cutOff(page), `${name}-${size.width}: cut off at the side`).toEqual([]);
  }
  expect.soft(complaints(), `${name}: what the browser complains about`).toEqual([]);
}

/** Takes a picture for people to look at. A busy browser now and then says that it cannot, and then can. */
async function picture(page: Page, name: string, fullPage: boolean): Promise<void> {
  const take = () => page.screenshot({ path: path.join(SCREENS, name), fullPage, animations: 'disabled' });
  await expect(take).toPass({ intervals: [100, 500, 1000], timeout: 10_000 });
}

async function violations(page: Page): Promise<string[]> {
  const axe = new AxeBuilder({ page }).withTags(RULES).setLegacyMode(true);
  // Text under an open menu is taken for text on it. The page without the menu is looked at as well.
  const menu = ':popover-open';
  const found = await ((await page.locator(menu).count()) > 0 ? axe.include(menu) : axe).analyze();
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary?.replaceAll(/\s+/g, ' ')}`),
  );
}

/** Controls and texts that reach beyond the window, which scrolling sideways would be needed for. */
async function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const seen = [...document.querySelectorAll<HTMLElement>('main *, header *, dialog *')].filter((element) => element.checkVisibility());
    const beyond = seen.filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      const hidden = getComputedStyle(element).clipPath !== 'none' || element.closest('.visually-hidden');
      return width > 0 && !hidden && (right > window.innerWidth + 1 || left < -1);
    });
    return beyond.map((element) => `${element.tagName.toLowerCase()}.${element.className} ${element.textContent?.slice(0, 40)}`);
  });
}

/** Gathers console errors, refused content and failed requests. */
function listen(page: Page, status: number): () => string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    // A document with a status of its own, and a form that was refused, are logged as well.
    const isAnswer = status >= 400 && message.text().includes(`status of ${status}`);
    const isForms = /\/api\/|[?&]posted=/.test(message.location().url);
    const isRefusal = isForms && /status of (409|422)/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isAnswer && !isRefusal) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('requestfailed', (request) => {
    // What the browser gives up by itself is no flaw of the page: a stream when the page is left, a page that was
    // fetched ahead and that nobody went to, a region that was being read again. Of what a page is made of,
    // nothing is given up.
    const isOfPage = ['script', 'stylesheet', 'image', 'font', 'manifest'].includes(request.resourceType());
    const left = request.failure()?.errorText === 'net::ERR_ABORTED' && request.method() === 'GET' && !isOfPage;
    if (!left) complaints.push(`request: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on('response', (answer) => {
    const isForm = answer.request().method() === 'POST' || answer.request().isNavigationRequest();
    if (answer.status() >= 400 && !isForm) complaints.push(`status: ${answer.url()} ${answer.status()}`);
  });
  return () => {
    page.removeAllListeners();
    return [...new Set(complaints)];
  };
}
