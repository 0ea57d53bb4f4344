import { readFile } from 'node:fs/promises';
import type { Locator } from '@playwright/test';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Ana, who owns an organization in which a few things were done, by her and by Bo, an Admin. */
const test = base.extend<{ acme: { ana: Person; bo: Person; name: string; slug: string; log: string; guest: string } }>({
  acme: async ({ person }, use) => {
    const [ana, bo] = [await person('Ana'), await person('Bo')];
    const { name, slug } = unique('Acme');
    const guest = `guest@${slug}.test`;
    await ana.hasOrganization({ name, slug });
    await ana.hasAdmitted(slug, bo, 'Editor');
    await ana.sends('members/set_role', { org: slug, user: await ana.idOf(slug, bo.email), role: 'admin' });
    await bo.sends('organizations/update_settings', { org: slug, name: 'Acme, "Søn" & Co', description: 'A secret plan' });
    await bo.hasInvited(slug, guest, 'Viewer');
    await use({ ana, bo, name, slug, log: `/${slug}/settings/audit-log`, guest });
  },
});

function rows({ page }: Person): Locator {
  return page.locator('table.log tbody tr');
}

/** Fills the filter in and asks. */
async function asks(person: Person, fill: (filter: Locator) => Promise<unknown>): Promise<void> {
  const filter = person.page.getByRole('search');
  await fill(filter);
  const loaded = person.page.waitForEvent('load');
  await filter.getByRole('button', { name: 'Filter' }).click();
  await loaded;
  await person.settles();
}

test('what was done is told, the newest first', async ({ acme: { ana, name, log, guest } }) => {
  await ana.goes(log);
  await expect(ana.page.getByRole('heading', { level: 1 })).toHaveText('Audit log');
  await expect(rows(ana)).toContainText([
    /just now.*Bo.*invited.*guest@/s,
    /Bo.*changed the settings/s,
    /Ana.*changed the role of.*Bo.*role: Editor → Admin/s,
    /Bo.*accepted an invitation/s,
    /Ana.*invited.*role: Editor/s,
    /Ana.*created the organization/s,
  ]);
  await expect(ana.row('invited').first()).toContainText(guest);
  const settings = ana.row('changed the settings');
  await expect(settings).toContainText(`name: ${name} → Acme, "Søn" & Co`);
  await expect(settings).toContainText('description changed');
  await expect(ana.page.getByRole('main'), 'what may be of a person is not repeated').not.toContainText('A secret plan');
});

test('who signs in, and in vain, is told to the workspaces they are in', async ({ acme: { ana, bo, log }, visitor }) => {
  const phone = await visitor('Bo');
  await phone.goes('/sign-in');
  await phone.fills({ Email: bo.email, Password: 'some other words' });
  await phone.presses('Sign in');
  await phone.fills({ Password: bo.password });
  await phone.presses('Sign in');
  await ana.goes(log);
  await expect(rows(ana).nth(0)).toContainText(/Bo.*signed in/s);
  await expect(rows(ana).nth(1)).toContainText('failed to sign in as');
});

test('one looks for what somebody did', async ({ acme: { ana, bo, log } }) => {
  await ana.goes(log);
  for (const who of ['bo', bo.email.toUpperCase()]) {
    await asks(ana, (filter) => filter.getByLabel('Who', { exact: true }).fill(who));
    await expect(ana.page.getByLabel('Who', { exact: true })).toHaveValue(who);
    await expect(rows(ana)).toContainText([/Bo.*invited/s, /Bo.*changed the settings/s, /Bo.*accepted an invitation/s]);
    await expect(rows(ana)).toHaveCount(3);
  }
  await ana.page.getByRole('link', { name: 'Clear filters' }).click();
  await expect(rows(ana)).toHaveCount(6);
  await rows(ana).last().getByRole('link', { name: 'Ana' }).click();
  await expect(rows(ana)).toContainText([/Ana.*changed the role/s, /Ana.*invited/s, /Ana.*created/s]);
  await expect(rows(ana)).toHaveCount(3);
});

test('one looks for what was done, to whom, and when', async ({ acme: { ana, bo, log } }) => {
  await ana.goes(log);
  await asks(ana, (filter) => filter.getByRole('combobox', { name: 'What' }).selectOption('invitation.sent'));
  await expect(rows(ana)).toContainText([/Bo.*invited/s, /Ana.*invited/s]);
  await expect(rows(ana)).toHaveCount(2);
  await asks(ana, (filter) => filter.getByLabel('Who', { exact: true }).fill('Ana'));
  await expect(rows(ana), 'both at once').toHaveCount(1);

  await ana.goes(log);
  await asks(ana, async (filter) => {
    await filter.getByText('More filters').click();
    await filter.getByLabel('Target').fill(bo.email);
  });
  await expect(rows(ana)).toContainText([/changed the role of.*Bo/s]);
  await expect(rows(ana)).toHaveCount(1);

  const day = (from: number) => new Date(Date.now() + from * 86_400_000).toISOString().slice(0, 10);
  await ana.goes(log);
  await ana.page.getByText('More filters').click();
  await asks(ana, (filter) => filter.getByLabel('From', { exact: true }).fill(day(-1)));
  await expect(rows(ana)).toHaveCount(6);
  await asks(ana, (filter) => filter.getByLabel('From', { exact: true }).fill(day(2)));
  await expect(rows(ana)).toHaveCount(0);
  await expect(ana.page.getByRole('heading', { name: 'No results' })).toBeVisible();
  await ana.page.getByRole('search').getByRole('link', { name: 'Clear filters' }).click();
  await expect(rows(ana)).toHaveCount(6);
});

test('a long log has pages', async ({ acme: { ana, slug, log } }) => {
  for (let n = 1; n <= 50; n += 1) await ana.sends('organizations/update_settings', { org: slug, name: `Acme ${n}` });
  await ana.goes(`${log}?action=organization.updated`);
  await expect(rows(ana)).toHaveCount(50);
  await expect(rows(ana).first()).toContainText('Acme 49 → Acme 50');
  await ana.page.getByRole('link', { name: 'Next page' }).click();
  await expect(rows(ana)).toHaveCount(1);
  await expect(rows(ana)).toContainText('Acme, "Søn" & Co');
  await expect(ana.page.getByRole('link', { name: 'Next page' })).toHaveCount(0);
  await ana.page.getByRole('link', { name: 'First page' }).click();
  await expect(rows(ana)).toHaveCount(50);
});

test('the log is taken along as a file, as it is filtered', async ({ acme: { ana, bo, slug, log } }) => {
  await ana.goes(log);
  const csv = await downloads(ana, 'Export CSV');
  expect(csv.name).toBe(`${slug}-audit-log.csv`);
  const [head, ...lines] = csv.text.trimEnd().split('\r\n');
  expect(head).toMatch(/^id,time,actor_kind,actor_id,actor_name,actor_role,action,/);
  expect(lines.map((line) => line.match(/(account|member|organization|invitation|audit_log)\.\w+/)![0])).toEqual([
    'audit_log.exported',
    'invitation.sent',
    'organization.updated',
    'member.role_changed',
    'invitation.accepted',
    'invitation.sent',
    'organization.created',
  ]);
  expect(csv.text).not.toContain('A secret plan');

  await ana.goes(log);
  await expect(rows(ana).first(), 'taking it along is told as well').toContainText(/Ana.*exported the audit log/s);
  await asks(ana, (filter) => filter.getByLabel('Who', { exact: true }).fill(bo.email));
  const json = await downloads(ana, 'Export JSON Lines');
  expect(json.name).toBe(`${slug}-audit-log.jsonl`);
  const told = json.text.trimEnd().split('\n').map((line) => JSON.parse(line));
  expect(told.map(({ actor, action }) => [actor.name, actor.role, action])).toEqual([
    ['Bo', 'admin', 'invitation.sent'],
    ['Bo', 'admin', 'organization.updated'],
    ['Bo', null, 'invitation.accepted'],
  ]);
  expect(told[1].details.after).toEqual({ name: 'Acme, "Søn" & Co' });
});

test('members are taken along as a file', async ({ acme: { ana, bo, slug, log } }) => {
  await ana.goes(`/${slug}/settings/members`);
  const { name, text } = await downloads(ana, 'Export CSV');
  expect(name).toBe(`${slug}-members.csv`);
  const [head, ...lines] = text.trimEnd().split('\r\n');
  expect(head).toBe('name,email,role,joined_at,last_active_at');
  expect(lines.map((line) => line.split(',').slice(0, 3))).toEqual([['Ana', ana.email, 'owner'], ['Bo', bo.email, 'admin']]);
  await ana.goes(log);
  await expect(rows(ana).first()).toContainText(/Ana.*exported the members/s);
});

test('the log is for Owners and Admins', async ({ acme: { ana, bo, slug, log }, person }) => {
  expect(await bo.goes(log)).toBe(200);
  await ana.sends('members/set_role', { org: slug, user: await ana.idOf(slug, bo.email), role: 'editor', agreed: '1' });
  const stranger = await person('Mallory');
  for (const path of [log, `${log}.csv`, `${log}.jsonl`, `/${slug}/settings/members.csv`]) {
    expect((await bo.page.request.get(bo.at.url + path)).status(), path).toBe(403);
    expect((await stranger.page.request.get(bo.at.url + path)).status(), path).toBe(404);
  }
  await bo.goes(`/${slug}/settings/members`);
  await expect(bo.page.getByRole('link', { name: 'Audit log' })).toHaveCount(0);
  await expect(bo.page.getByRole('link', { name: 'Export CSV' })).toHaveCount(0);
});

async function downloads({ page }: Person, link: string): Promise<{ name: string; text: string }> {
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: link }).click();
  const file = await download;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}
