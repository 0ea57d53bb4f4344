import type { Locator } from '@playwright/test';
import { expectFlaw, expectFocusWhereItIsWrong } from '../support/flaws.ts';
import type { Person } from '../support/person.ts';
import { squarePng } from '../support/pictures.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Ana, who owns an organization, at its general settings. */
const test = base.extend<{ at: { ana: Person; name: string; slug: string; path: string } }>({
  at: async ({ person }, use) => {
    const ana = await person('Ana');
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    const path = `/${slug}/settings/general`;
    await ana.goes(path);
    await use({ ana, name, slug, path });
  },
});

function section({ page }: Person, title: string): Locator {
  return page.locator('section').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
}

async function expectSaved({ page }: Person): Promise<void> {
  await expect(page.locator('#toast')).toHaveText('Saved');
}

test('what the workspace is called and for', async ({ at: { ana, slug, path } }) => {
  const profile = section(ana, 'Profile');
  await expect(profile.locator('output')).toHaveText(slug);
  await ana.fills({ Name: '  ', Description: 'Prompts of support.' }, profile);
  expect(await ana.presses('Save profile')).toBe(422);
  await expectFlaw(profile.getByLabel('Name'), 'Enter a name.', '  ');
  await expectFocusWhereItIsWrong(ana, profile.getByLabel('Name'));
  await expect(profile.getByLabel('Description'), 'the rest is kept').toHaveValue('Prompts of support.');

  await ana.fills({ Name: 'Acme & Søn', Description: 'Prompts of support.\nAsk Ana.' }, profile);
  expect(await ana.presses('Save profile')).toBe(303);
  await expectSaved(ana);
  await ana.goes(path);
  await expect(profile.getByLabel('Name')).toHaveValue('Acme & Søn');
  await expect(profile.getByLabel('Description')).toHaveValue('Prompts of support.\nAsk Ana.');
  await expect(ana.page.locator('.switcher-name')).toHaveText('Acme & Søn');
});

test('how people are invited', async ({ at: { ana, slug, path }, visitor }) => {
  const rules = section(ana, 'Invitations');
  const domains = rules.getByLabel('Allowed email domains');
  await domains.fill('people.test\nlocalhost');
  await rules.getByLabel('Default role for invitations').selectOption('viewer');
  expect(await ana.presses('Save invitation settings')).toBe(422);
  await expectFlaw(domains, "localhost isn't a domain", 'people.test\nlocalhost');
  await expectFocusWhereItIsWrong(ana, domains);
  await expect(rules.getByLabel('Default role for invitations'), 'the rest is kept').toHaveValue('viewer');

  await domains.fill('@People.test, acme.test');
  await rules.getByLabel('Invitations expire after').selectOption('1 hour');
  expect(await ana.presses('Save invitation settings')).toBe(303);
  await expectSaved(ana);
  await ana.goes(path);
  await expect(domains).toHaveValue('people.test\nacme.test');

  // They hold from the next invitation on.
  const bo = await visitor('Bo');
  const form = await ana.opensInviteForm(slug);
  await expect(form.getByRole('radio', { name: 'Viewer' })).toBeChecked();
  await form.getByLabel('Emails').fill('bo@elsewhere.test');
  expect(await ana.sendsInvitations(form)).toBe(422);
  await expectFlaw(form.getByLabel('Emails'), "bo@elsewhere.test isn't from a domain this organization allows: people.test, acme.test.", 'bo@elsewhere.test');
  await form.getByLabel('Emails').fill(bo.email);
  await ana.sendsInvitations(form);
  await bo.goes((await ana.studio.mail.next(bo.email)).link);
  await expect(bo.page.getByRole('main')).toContainText("You'll be a Viewer");
  await expect(bo.page.getByRole('main')).toContainText(/expires in (1 hour|60 minutes|59 minutes)/);
});

test('two-factor is asked of others by who has it', async ({ at: { ana, path } }) => {
  const access = section(ana, 'Access');
  const twoFactor = access.getByLabel('Require two-factor');
  await twoFactor.check();
  expect(await ana.presses('Save access settings')).toBe(422);
  await expect(access.getByRole('alert')).toContainText('Turn on two-factor authentication in your own account first');
  await expect(twoFactor).toHaveAccessibleDescription(/Turn on two-factor/);
  await expect(twoFactor).toBeChecked();

  await ana.hasTwoFactor();
  await ana.goes(path);
  await twoFactor.check();
  expect(await ana.presses('Save access settings')).toBe(303);
  await ana.goes(path);
  await expect(twoFactor).toBeChecked();
});

test('the colour of the avatar', async ({ at: { ana, path } }) => {
  const avatar = section(ana, 'Avatar');
  await expect(avatar.getByRole('radio', { name: 'Default' })).toBeChecked();
  await avatar.getByRole('radio', { name: 'Amber' }).check();
  expect(await ana.presses('Save avatar')).toBe(303);
  await expectSaved(ana);
  await ana.goes(path);
  await expect(avatar.getByRole('radio', { name: 'Amber' })).toBeChecked();
  await expect(ana.page.locator('.switcher-button .avatar')).toHaveAttribute('style', /--hue:\s*60/);
});

test('a picture for the avatar', async ({ at: { ana, path }, visitor }) => {
  const avatar = section(ana, 'Avatar');
  const picture = avatar.getByLabel('Image', { exact: true });
  const shown = ana.page.locator('.switcher-button img.avatar');
  const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/png', buffer });

  await picture.setInputFiles(file('logo.png', Buffer.from('This says that it is a picture.')));
  await avatar.getByRole('radio', { name: 'Teal' }).check();
  expect(await ana.presses('Save avatar')).toBe(422);
  await expectFlaw(picture, 'Use a PNG, JPEG or WebP image.');
  await picture.setInputFiles(file('large.png', Buffer.concat([squarePng(8), Buffer.alloc(1024 * 1024)])));
  expect(await ana.presses('Save avatar')).toBe(422);
  await expectFlaw(picture, 'at most 1 MiB');
  await ana.goes(path);
  await expect(shown).toHaveCount(0);

  await picture.setInputFiles(file('logo.png', squarePng(300)));
  expect(await ana.presses('Save avatar')).toBe(303);
  await expectSaved(ana);
  await expect(shown).toBeVisible();
  const url = ana.at.url + (await shown.getAttribute('src'));
  const sent = await ana.page.request.get(url);
  expect(sent.headers()['content-type']).toBe('image/png');
  expect((await sent.body()).readUInt32BE(16), 'made small').toBe(128);
  const stranger = await visitor('Mallory');
  expect((await stranger.page.request.get(url)).status(), 'for members only').toBeGreaterThanOrEqual(401);

  await avatar.getByLabel('Remove image').check();
  expect(await ana.presses('Save avatar')).toBe(303);
  await expect(shown).toHaveCount(0);
  await expect(avatar.getByLabel('Remove image')).toHaveCount(0);
  expect((await ana.page.request.get(url)).status()).toBe(404);
});

test('who may not change the settings reads them', async ({ at: { ana, slug, name, path }, person }) => {
  await ana.sends('organizations/update_settings', { org: slug, name, description: 'One line.\nAnother.' });
  await ana.sends('organizations/set_invitation_rules', { org: slug, default_role: 'viewer', invitation_hours: '24', allowed_domains: 'people.test' });
  const eve = await person('Eve');
  await ana.hasAdmitted(slug, eve, 'Viewer');
  await eve.goes(path);
  const main = eve.page.getByRole('main');
  const facts = main.locator('dl.facts');
  const fact = (term: string) => facts.locator(`dt:text-is("${term}") + dd`);
  await expect(fact('Name')).toHaveText(name);
  await expect(fact('Description')).toHaveText('One line.\nAnother.', { useInnerText: true });
  await expect(fact('URL')).toHaveText(slug);
  await expect(fact('Default role for invitations')).toHaveText('Viewer');
  await expect(fact('Invitations expire after')).toHaveText('24 hours');
  await expect(fact('Allowed email domains')).toHaveText('people.test');
  await expect(main).toContainText('Only Owners and Admins can change these settings.');
  await expect(main.locator('form, input, select, textarea, button')).toHaveCount(0);
});
