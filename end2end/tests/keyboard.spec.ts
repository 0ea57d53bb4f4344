import type { Locator, Page } from '@playwright/test';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Ana, who owns an organization with Bo in it, with no mouse at hand. */
const test = base.extend<{ team: { ana: Person; name: string; slug: string } }>({
  team: async ({ person }, use) => {
    const [ana, bo] = [await person('Ana'), await person('Bo')];
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    await ana.hasAdmitted(slug, bo, 'Editor');
    await ana.goes(`/${slug}/settings/members`);
    await use({ ana, name, slug });
  },
});

/** Presses Tab until something has the focus, and insists that it is seen to have it. */
async function tabsTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press(key);
    if (await target.evaluate((element) => element === document.activeElement).catch(() => false)) return expectRing(target);
  }
  throw new Error(`${target} is not reached with ${key}`);
}

/** The focus is seen: by a ring around the control or around what it is the content of. */
async function expectRing(target: Locator): Promise<void> {
  const ring = await target.evaluate((element) => {
    const rings = [element, element.parentElement!].map((one) => getComputedStyle(one));
    return rings.some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
  });
  expect(ring, `the focus on ${target} is seen`).toBe(true);
}

test('the first thing is a way past the navigation', async ({ team: { ana: { page } } }) => {
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  // Past the list beside the page, too.
  const isInPage = () => document.querySelector('#page-body')!.contains(document.activeElement);
  expect(await page.evaluate(isInPage)).toBe(true);
});

test('everything on the page can be reached, in order, and is seen to have the focus', async ({ team: { ana: { page } } }) => {
  const unseen: string[] = [];
  const order: string[] = [];
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement!;
      if (element === document.body) return undefined;
      const rings = [element, element.parentElement!].map((one) => getComputedStyle(one));
      const name = element.getAttribute('aria-label') ?? element.textContent!.trim();
      return { name, seen: rings.some((one) => one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) >= 2) };
    });
    if (!focused) break;
    order.push(focused.name);
    if (!focused.seen) unseen.push(focused.name);
  }
  expect(unseen).toEqual([]);
  const places = ['Skip to content', 'Dashboard', 'Settings', 'General', 'Invite people', 'Search by name or email', 'Role of Ana', 'More for Ana', 'Role of Bo', 'More for Bo'];
  expect(order.filter((name) => places.includes(name))).toEqual(places);
});

test('the switcher', async ({ team: { ana, slug } }) => {
  const { page } = ana;
  const button = page.locator('.switcher-button');
  await tabsTo(page, button);
  await page.keyboard.press('Enter');
  const menu = page.locator('#orgs');
  await expect(menu).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(menu).toBeHidden();
  await expect(button).toBeFocused();

  await page.keyboard.press('Space');
  await tabsTo(page, menu.getByRole('link', { name: /Personal/ }));
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => !url.pathname.startsWith(`/${slug}`));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Ana');
});

test('the account menu', async ({ team: { ana } }) => {
  const { page } = ana;
  const button = page.locator('.account-button');
  await tabsTo(page, button);
  await page.keyboard.press('Enter');
  const menu = page.locator('#account');
  await tabsTo(page, menu.getByRole('button', { name: 'Dark' }));
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await ana.settles();

  await tabsTo(page, button);
  await page.keyboard.press('Enter');
  await tabsTo(page, menu.getByRole('link', { name: 'New organization' }));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/new');
  await ana.settles();
  await expect(page.getByLabel('Name')).toBeFocused();
  const { name, slug } = unique('Keys');
  await page.keyboard.type(name);
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('URL')).toBeFocused();
  await expect(page.getByLabel('URL')).toHaveValue(slug);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/${slug}`);
});

test('the dialog that invites people', async ({ team: { ana, slug } }) => {
  const { page } = ana;
  const opener = page.getByRole('link', { name: 'Invite people' });
  const dialog = page.getByRole('dialog', { name: 'Invite people' });
  await tabsTo(page, opener);
  await page.keyboard.press('Enter');
  await expect(dialog.getByLabel('Emails')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();

  await page.keyboard.press('Enter');
  await page.keyboard.type(`ciro@${slug}.test`);
  await page.keyboard.press('Tab');
  await expect(dialog.getByRole('radio', { name: 'Editor' }), 'the default role comes first').toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(dialog.getByRole('radio', { name: 'Viewer' })).toBeChecked();
  await expectRing(dialog.getByRole('radio', { name: 'Viewer' }));
  await tabsTo(page, dialog.getByRole('button', { name: /^Send / }));
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('listitem')).toContainText('Invited as Viewer');

  // The focus stays within the dialog, and from there the link can be copied.
  await tabsTo(page, dialog.getByRole('button', { name: 'Copy link' }));
  await tabsTo(page, dialog.getByRole('button', { name: 'Close' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
});

test('roles and row menus', async ({ team: { ana } }) => {
  const { page } = ana;
  const role = page.getByLabel('Role of Bo', { exact: true });
  await tabsTo(page, role);
  // An arrow chooses; what is chosen counts once it is saved.
  await page.keyboard.press('v');
  await expect(role).toHaveValue('viewer');
  await page.keyboard.press('Tab');
  const save = page.getByRole('button', { name: 'Save role of Bo' });
  await expect(save).toBeFocused();
  await ana.posts(save, () => page.keyboard.press('Enter'));
  await expect(page.locator('#toast')).toContainText('Bo is now a Viewer');
  await expect(role).toHaveValue('viewer');
  await expect(save, 'one goes on from where one was').toBeFocused();

  const own = page.getByLabel('Role of Ana', { exact: true });
  await tabsTo(page, own);
  await page.keyboard.press('v');
  await page.keyboard.press('Tab');
  const saveOwn = page.getByRole('button', { name: 'Save role of Ana' });
  await ana.posts(saveOwn, () => page.keyboard.press('Enter'));
  await expect(page.getByRole('alert')).toContainText('needs an Owner');
  await expect(saveOwn, 'a refusal leaves one where one was').toBeFocused();

  const more = page.getByRole('button', { name: 'More for Bo' });
  await tabsTo(page, more);
  await page.keyboard.press('Enter');
  const remove = page.getByRole('button', { name: 'Remove Bo' });
  await expect(remove).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(remove).toBeHidden();
  await expect(more).toBeFocused();
  await page.keyboard.press('Enter');
  await tabsTo(page, remove);
  await page.keyboard.press('Enter');
  await expect(ana.row('Bo')).toHaveCount(0);
  await expect(page.locator('#toast')).toHaveText('Member removed');
});

test('the heads that sort, in narrow windows', async ({ team: { ana } }) => {
  const { page } = ana;
  await page.setViewportSize({ width: 360, height: 780 });
  const head = page.getByRole('link', { name: 'Last active' });
  const height = async () => (await page.locator('thead').boundingBox())!.height;
  expect(await height(), 'there is no room for them').toBeLessThan(2);
  await tabsTo(page, head);
  expect(await height(), 'where one is has to be seen').toBeGreaterThan(20);
  await page.keyboard.press('Enter');
  await page.waitForURL('**sort=active');
});

test('the drawer of narrow windows', async ({ team: { ana } }) => {
  const { page } = ana;
  await page.setViewportSize({ width: 360, height: 780 });
  const button = page.getByRole('button', { name: 'Menu' });
  await tabsTo(page, button);
  await page.keyboard.press('Enter');
  await expect(page.locator('#sidebar')).toBeVisible();
  await tabsTo(page, page.getByRole('link', { name: 'Dashboard' }));
  await page.keyboard.press('Escape');
  await expect(page.locator('#sidebar')).toBeHidden();
  await expect(button).toBeFocused();
});

test('deleting a workspace, and its way back', async ({ team: { ana, slug, name } }) => {
  const { page } = ana;
  await tabsTo(page, page.getByRole('link', { name: 'Danger zone' }));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/settings/danger-zone');
  await ana.settles();
  await tabsTo(page, page.getByLabel('New Owner'));
  const typed = page.getByLabel('URL of the organization');
  await tabsTo(page, typed);
  await page.keyboard.type('acme');
  await page.keyboard.press('Enter');
  await expect(typed).toHaveAttribute('aria-invalid', 'true');
  await ana.settles();
  await expect(typed, 'one goes on where it is wrong').toBeFocused();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(slug);
  await tabsTo(page, page.getByRole('button', { name: `Delete ${name}` }));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/account/organizations');
  await ana.settles();
  await tabsTo(page, page.getByRole('button', { name: `Restore ${name}` }));
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/${slug}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
});

test('the security of the account', async ({ team: { ana } }) => {
  const { page } = ana;
  await tabsTo(page, page.locator('.account-button'));
  await page.keyboard.press('Enter');
  await tabsTo(page, page.locator('#account').getByRole('link', { name: 'Account' }));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/account');
  await ana.settles();
  await tabsTo(page, page.getByRole('link', { name: 'Security' }));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/account/security');
  await ana.settles();
  await tabsTo(page, page.getByLabel('Current password'));
  await page.keyboard.type(ana.password);
  await page.keyboard.press('Tab');
  await page.keyboard.type('seven purple kites');
  await page.keyboard.press('Enter');
  await expect(page.locator('#toast')).toHaveText('Password changed. Other devices are signed out');
  await ana.settles();
  await tabsTo(page, page.getByRole('button', { name: 'Set up two-factor authentication' }));
  await page.keyboard.press('Space');
  await tabsTo(page, page.getByLabel('Code'));
  await tabsTo(page, page.getByRole('button', { name: 'Cancel' }));
});

test('a colour for the avatar', async ({ team: { ana } }) => {
  const { page } = ana;
  await tabsTo(page, page.getByRole('link', { name: 'General' }));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/settings/general');
  await ana.settles();
  await tabsTo(page, page.getByRole('radio', { name: 'Default' }));
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'Indigo' })).toBeChecked();
  await expectRing(page.getByRole('radio', { name: 'Indigo' }));
  await page.keyboard.press('Enter');
  await expect(page.locator('#toast')).toHaveText('Saved');
});

test('joining, from the letter to the dashboard', async ({ team: { ana, slug, name }, visitor }) => {
  const ciro = await visitor('Ciro');
  await ciro.goes(await ana.hasInvited(slug, ciro.email));
  const { page } = ciro;
  await tabsTo(page, page.getByLabel('Your name'));
  await page.keyboard.type('Ciro');
  await page.keyboard.press('Tab');
  await page.keyboard.type(ciro.password);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/${slug}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
});
