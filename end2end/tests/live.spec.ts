import { addMembers } from '../support/database.ts';
import { appears, hasText, isRole, says, saysNot, watches } from '../support/live.ts';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Ana, who owns an organization, and Bo, an Admin of it: at another server process where the database allows it. */
const test = base.extend<{ team: { ana: Person; bo: Person; name: string; slug: string } }>({
  team: async ({ person, studio }, use) => {
    const [ana, bo] = [await person('Ana'), await person('Bo', studio.second)];
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    await ana.hasAdmitted(slug, bo, 'Admin');
    await use({ ana, bo, name, slug });
  },
});

test.describe('what one does the other sees', () => {
  test('invitations', async ({ team: { ana, bo, slug } }) => {
    const email = `ciro@${slug}.test`;
    await watches(bo, `/${slug}/settings/invitations`);
    const form = await ana.opensInviteForm(slug);
    await form.getByLabel('Emails').fill(email);
    await appears('invitation sent → list of invitations', bo.page, () => ana.sendsInvitations(form), says, ['tr', email]);
    await ana.goes(`/${slug}/settings/invitations`);
    const menu = await ana.opensRowMenu(email);
    await appears('invitation revoked → list of invitations', bo.page, () => ana.presses('Revoke invitation', menu), says, ['tr', 'Revoked']);

    await watches(bo, `/${slug}`);
    const again = () => ana.sends('invitations/invite', { org: slug, emails: email, role: 'viewer' });
    await appears('invitation sent → dashboard', bo.page, again, says, ['#pending', email]);

    await watches(bo, `/${slug}/settings/members`);
    const more = () => ana.sends('invitations/invite', { org: slug, emails: `dina@${slug}.test`, role: 'viewer' });
    await appears('invitation sent → members page', bo.page, more, says, ['.pending', 'Pending invitations (2)']);
  });

  test('members', async ({ team: { ana, bo, slug }, person }) => {
    const ciro = await person('Ciro Rossi');
    const link = await ana.hasInvited(slug, ciro.email, 'Viewer');
    await watches(bo, `/${slug}/settings/members`);
    await ciro.goes(link);
    const join = ciro.page.getByRole('button', { name: /^Join/ });
    await appears('somebody joined → members page', bo.page, () => join.click(), says, ['tr', 'Ciro Rossi']);
    await expect(bo.page.getByText('3 people')).toBeVisible();
    await expect(bo.page.getByText('Pending invitations')).toHaveCount(0);

    await ana.goes(`/${slug}/settings/members`);
    const promote = () => ana.setsRole('Ciro Rossi', 'Editor');
    await appears('role changed → members page', bo.page, promote, says, ['tr', 'Can create and edit content']);
    await expect(bo.page.getByLabel('Role of Ciro Rossi', { exact: true })).toHaveValue('editor');

    const menu = await ana.opensRowMenu('Ciro Rossi');
    await appears('member removed → members page', bo.page, () => ana.presses('Remove Ciro Rossi', menu), saysNot, ['tr', 'Ciro Rossi']);
    await expect(bo.page.getByText('2 people')).toBeVisible();

    const again = await ana.hasInvited(slug, ciro.email, 'Viewer');
    await watches(bo, `/${slug}`);
    await ciro.goes(again);
    await appears('somebody joined → dashboard', bo.page, () => join.click(), says, ['#people', 'Ciro Rossi']);
  });

  test('settings', async ({ team: { ana, bo, slug } }) => {
    await watches(bo, `/${slug}/settings/general`);
    await ana.goes(`/${slug}/settings/general`);
    await ana.fills({ Name: 'Acme & Søn' });
    await appears('organization renamed → switcher', bo.page, () => ana.presses('Save profile'), says, ['.switcher-name', 'Acme & Søn']);
    await expect(bo.page.getByLabel('Name', { exact: true })).toHaveValue('Acme & Søn');
    await expect(bo.page.getByRole('button', { name: 'Save profile' })).toBeVisible();
  });
});

test.describe('what somebody is at stays as it is', () => {
  test('focus, selection, scroll and half-typed search', async ({ team: { ana, bo, slug }, studio }) => {
    const [first] = await addMembers(studio.db, slug, 60);
    await watches(bo, `/${slug}/settings/members`);
    const search = bo.page.getByRole('searchbox', { name: 'Search by name or email' });
    await search.pressSequentially('half typed');
    await search.evaluate((input: HTMLInputElement) => input.setSelectionRange(2, 6, 'backward'));
    await bo.page.evaluate(() => window.scrollTo(0, 700));
    // A row above may get another height with its role; then the browser scrolls, so that what one looks at stays.
    const looksAt = (await bo.page.locator('tbody tr').nth(15).elementHandle())!;
    const top = () => looksAt.evaluate((row) => row.getBoundingClientRect().top);
    const before = await top();
    const invite = () => ana.sends('invitations/invite', { org: slug, emails: `ciro@${slug}.test`, role: 'viewer' });
    await appears('invitation sent, while one types', bo.page, invite, hasText, ['.pending', '(1)']);
    const user = await ana.idOf(slug, first!);
    const demote = () => ana.sends('members/set_role', { org: slug, user, role: 'viewer' });
    await appears('role changed, while one types', bo.page, demote, isRole, [`Role of ${first}`, 'viewer']);

    await expect(search).toBeFocused();
    await expect(search).toHaveValue('half typed');
    const selection = (input: HTMLInputElement) => [input.selectionStart, input.selectionEnd, input.selectionDirection];
    expect(await search.evaluate(selection)).toEqual([2, 6, 'backward']);
    expect(await looksAt.evaluate((row) => row.isConnected)).toBe(true);
    expect(await top()).toBe(before);
  });

  test('an open dialog with what is typed into it', async ({ team: { ana, bo, slug } }) => {
    await watches(bo, `/${slug}/settings/members`);
    await bo.page.getByRole('link', { name: 'Invite people' }).click();
    const dialog = bo.page.getByRole('dialog', { name: 'Invite people' });
    const emails = dialog.getByLabel('Emails');
    await emails.pressSequentially('dina@client.test\nem');
    await emails.evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(5, 9));
    await dialog.getByRole('radio', { name: 'Viewer' }).check();
    await emails.focus();
    const invite = () => ana.sends('invitations/invite', { org: slug, emails: `ciro@${slug}.test`, role: 'viewer' });
    await appears('invitation sent, while a dialog is open', bo.page, invite, hasText, ['.pending', '(1)']);
    await appears('organization renamed, while a dialog is open', bo.page, () => renames(ana, slug), says, ['.switcher-name', 'Other']);

    await expect(dialog).toBeVisible();
    await expect(emails).toBeFocused();
    await expect(emails).toHaveValue('dina@client.test\nem');
    expect(await emails.evaluate((area: HTMLTextAreaElement) => [area.selectionStart, area.selectionEnd])).toEqual([5, 9]);
    await expect(dialog.getByRole('radio', { name: 'Viewer' })).toBeChecked();
  });

  test('open menus, and the focus in them', async ({ team: { ana, bo, slug }, person }) => {
    const ciro = await person('Ciro');
    await ana.hasAdmitted(slug, ciro, 'Viewer');
    await watches(bo, `/${slug}/settings/members`);
    const menu = await bo.opensRowMenu('Ciro');
    await menu.getByRole('button', { name: 'Remove Ciro' }).focus();
    const promote = async () => ana.sends('members/set_role', { org: slug, user: await ana.idOf(slug, 'Ciro'), role: 'editor' });
    await appears('role changed, while a menu is open', bo.page, promote, says, ['tr', 'Can create and edit content']);
    await expect(menu).toBeVisible();
    await expect(menu.getByRole('button', { name: 'Remove Ciro' })).toBeFocused();

    await bo.page.keyboard.press('Escape');
    const switcher = await bo.opensSwitcher();
    await switcher.getByRole('link', { name: 'New organization' }).focus();
    await appears('organization renamed, while the switcher is open', bo.page, () => renames(ana, slug), says, ['.switcher-name', 'Other']);
    await expect(switcher).toBeVisible();
    await expect(switcher.getByRole('link', { name: 'New organization' })).toBeFocused();
  });

  test('what is about to be saved', async ({ team: { ana, bo, slug } }) => {
    await watches(bo, `/${slug}/settings/general`);
    await bo.page.getByLabel('Name', { exact: true }).fill('Half a name');
    await appears('organization renamed, while its settings are changed', bo.page, () => renames(ana, slug), says, ['.switcher-name', 'Other']);
    await expect(bo.page.getByLabel('Name', { exact: true })).toHaveValue('Half a name');
    await expect(bo.page.getByLabel('Name', { exact: true })).toBeFocused();
    await ana.sends('organizations/set_invitation_rules', { org: slug, default_role: 'admin', invitation_hours: '24' });
    await expect(bo.page.getByLabel('Default role for invitations'), 'what nobody touched follows').toHaveValue('admin');
    await expect(bo.page.getByLabel('Name', { exact: true })).toHaveValue('Half a name');
    expect(await bo.presses('Save profile'), 'what she wrote is not what he began from').toBe(422);
    await expect(bo.page.getByText("Someone else changed this in the meantime. It's now: Other")).toBeVisible();
    await expect(bo.page.getByLabel('Name', { exact: true })).toHaveValue('Half a name');
  });

  test('the rows of a form, when the connection comes back', async ({ team: { ana, bo, slug } }) => {
    const { page } = bo;
    await ana.sends('variables/set', { org: slug, 'name-0': 'brand', 'value-0': 'Acme' });
    await watches(bo, `/${slug}/prompts/variables`);
    await page.getByLabel('Value of variable 1').fill('From Bo');
    await ana.sends('variables/set', { org: slug, 'name-0': 'audience', 'value-0': 'From Ana' });
    const read = page.waitForResponse((answer) => answer.request().headers()['x-reread'] === '1');
    await page.evaluate(() => ['offline', 'online'].forEach((name) => window.dispatchEvent(new Event(name))));
    await read;
    await page.waitForTimeout(200);
    await expect(page.getByLabel('Name of variable 1')).toHaveValue('brand');
    await expect(page.getByLabel('Value of variable 1')).toHaveValue('From Bo');
    expect(await bo.presses('Save variables')).toBeLessThan(400);
    await bo.goes(`/${slug}/prompts/variables`);
    for (const [n, [name, value]] of [['audience', 'From Ana'], ['brand', 'From Bo']].entries()) {
      await expect(page.getByLabel(`Name of variable ${n + 1}`)).toHaveValue(name!);
      await expect(page.getByLabel(`Value of variable ${n + 1}`)).toHaveValue(value!);
    }
  });
});

async function renames(person: Person, org: string): Promise<void> {
  await person.sends('organizations/update_settings', { org, name: 'Other' });
}

test('a page that waits for its form does not read itself meanwhile', async ({ team: { ana, slug } }) => {
  const { page } = ana;
  const file = JSON.stringify({ format: 'prompt-studio/library/1', folders: [{ path: 'Imported' }] });
  const kept = await ana.sends('imports/create', { org: slug, text: file });
  const preview = kept.headers()['location']!;
  await watches(ana, preview);
  const read: number[] = [];
  page.on('response', (answer) => {
    if (answer.request().method() === 'GET' && new URL(answer.url()).pathname === preview) read.push(answer.status());
  });
  // The import is slow: what it has done so far is heard before it is answered.
  await page.route('**/api/imports/apply', async (route) => {
    const answer = await route.fetch({ maxRedirects: 0 });
    expect(answer.status()).toBe(303);
    await page.waitForTimeout(800);
    await route.abort();
  });
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.waitForTimeout(700);
  expect(read, 'what was to be imported is no more').toEqual([]);
  await expect(page.locator('#live-status')).toBeHidden();
});
