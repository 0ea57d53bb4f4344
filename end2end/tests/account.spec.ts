import { readFile } from 'node:fs/promises';
import { forgetProofs } from '../support/database.ts';
import { expectFlaw } from '../support/flaws.ts';
import type { Person } from '../support/person.ts';
import { expect, test, unique } from '../support/studio.ts';
import { Authenticator } from '../support/totp.ts';

async function expectSignedOut(person: Person): Promise<void> {
  await person.goes('/');
  await expect(person.page).toHaveURL(/\/sign-in/);
}

async function expectIn(person: Person): Promise<void> {
  await expect(person.page.locator('.account-button')).toContainText(person.name);
}

test('the account is in the menu, and leads back', async ({ person }) => {
  const ana = await person('Ana');
  const slug = await ana.hasOrganization(unique('Acme'));
  await ana.goes(`/${slug}`);
  await (await ana.opensAccountMenu()).getByRole('link', { name: 'Account' }).click();
  await ana.page.waitForURL('**/account');
  for (const page of ['Security', 'Organizations', 'Delete account', 'Profile']) {
    await ana.page.getByRole('navigation', { name: 'Account' }).getByRole('link', { name: page }).click();
    await expect(ana.page.getByRole('heading', { level: 1 })).toHaveText(page);
  }
  await ana.page.getByRole('link', { name: 'Back to dashboard' }).click();
  await expect(ana.page).toHaveURL(`${ana.at.url}/${slug}`);
});

test('a new name is seen wherever the old one was', async ({ person }) => {
  const [ana, bo] = [await person('Ana'), await person('Bo')];
  const slug = await ana.hasOrganization(unique('Acme'));
  await ana.hasAdmitted(slug, bo, 'Viewer');
  await ana.goes('/account');
  await ana.fills({ Name: '  ' });
  expect(await ana.presses('Save name')).toBe(422);
  await expectFlaw(ana.page.getByLabel('Name'), 'Enter a name.', '  ');
  await ana.fills({ Name: 'Ana Novak & Søn' });
  expect(await ana.presses('Save name')).toBe(303);
  await expect(ana.page.locator('#toast')).toHaveText('Saved');
  await expect(ana.page.getByLabel('Name')).toHaveValue('Ana Novak & Søn');
  await bo.goes(`/${slug}/settings/members`);
  await expect(bo.row(ana.email)).toContainText('Ana Novak & Søn');
});

test.describe('the password', () => {
  test('is changed by who knows it, and other sessions end', async ({ person, visitor }) => {
    const [ana, elsewhere] = [await person('Ana'), await visitor('Ana')];
    await signsInAs(elsewhere, ana);
    await expectIn(elsewhere);

    await ana.goes('/account/security');
    const [current, fresh] = [ana.page.getByLabel('Current password'), ana.page.getByLabel('New password')];
    await ana.fills({ 'Current password': 'some other words', 'New password': 'seven purple kites' });
    expect(await ana.presses('Change password')).toBe(422);
    await expectFlaw(current, 'Wrong password.', '');
    await ana.fills({ 'Current password': ana.password, 'New password': 'password' });
    expect(await ana.presses('Change password')).toBe(422);
    await expectFlaw(fresh, 'harder to guess', '');
    await ana.fills({ 'Current password': ana.password, 'New password': 'seven purple kites' });
    expect(await ana.presses('Change password')).toBe(303);
    await expect(ana.page.locator('#toast')).toHaveText('Password changed. Other devices are signed out');

    await expectSignedOut(elsewhere);
    await signsInAs(elsewhere, ana);
    await expectFlaw(elsewhere.page.getByLabel('Password'), 'Wrong email or password', '');
    ana.password = 'seven purple kites';
    await signsInAs(elsewhere, ana);
    await expectIn(elsewhere);
    expect(await ana.goes('/account/security'), 'this session goes on').toBe(200);
    await expect(ana.page).toHaveURL(/security$/);
  });

  test('is asked for again before what cannot be taken back', async ({ person, studio }) => {
    const ana = await person('Ana');
    await ana.goes('/account/security');
    await expect(ana.page.getByLabel('Your password')).toHaveCount(0);
    await forgetProofs(studio.db, ana.email);
    await ana.goes('/account/security');
    await ana.fills({ 'Your password': 'some other words' });
    expect(await ana.presses('Set up two-factor authentication')).toBe(422);
    await expectFlaw(ana.page.getByLabel('Your password'), 'Wrong password.', '');
    await ana.fills({ 'Your password': ana.password });
    expect(await ana.presses('Set up two-factor authentication')).toBe(303);
    await expect(ana.page.getByRole('button', { name: 'Continue' })).toBeVisible();
    await expect(ana.page.getByLabel('Your password'), 'once is enough').toHaveCount(0);
  });
});

test('a new address proves itself by a letter', async ({ person, visitor, studio }) => {
  const [ana, elsewhere] = [await person('Ana'), await visitor('Ana')];
  const { slug } = unique('ana');
  const [old, fresh] = [ana.email, `${slug}@new.test`];
  await ana.goes('/account');
  const field = ana.page.getByLabel('New email');
  for (const [typed, says] of [[old, 'This is already your email.'], ['ana@localhost', 'Enter an email']] as const) {
    await field.fill(typed);
    expect(await ana.presses('Change email')).toBe(422);
    await expectFlaw(field, says, typed);
  }
  await field.fill(fresh);
  expect(await ana.presses('Change email')).toBe(303);
  await expect(ana.page.locator('#toast')).toHaveText('We sent a link to your new email');
  await expect(ana.page.locator('#address')).toContainText(`You sign in with ${old}`);
  await expect(ana.page.locator('#address')).toContainText(`We sent a link to ${fresh}.`);

  const letter = await studio.mail.next(fresh);
  expect(letter.subject).toBe('Confirm your new email');
  await elsewhere.goes(letter.link);
  await expect(elsewhere.page, 'the link alone is not enough').toHaveURL(/\/sign-in/);
  await ana.goes(letter.link);
  await expect(ana.page.getByRole('main')).toContainText(`${fresh} replaces ${old}.`);
  await ana.presses('Use this email');
  await expect(ana.page).toHaveURL(/\/account$/);
  await expect(ana.page.locator('#toast')).toHaveText('Email changed');
  await expect(ana.page.locator('#address')).toContainText(`You sign in with ${fresh}`);

  const told = await studio.mail.next(old);
  expect(told.subject).toBe('Your email was changed');
  expect(told.text).not.toContain(fresh);
  expect(await ana.goes(letter.link), 'the link works once').toBe(410);
  await elsewhere.goes('/sign-in');
  await elsewhere.fills({ Email: old, Password: ana.password });
  expect(await elsewhere.presses('Sign in')).toBe(422);
  await elsewhere.fills({ Email: fresh, Password: ana.password });
  await elsewhere.presses('Sign in');
  await expectIn(elsewhere);
});

test('one signs out where one is not any more', async ({ person, visitor }) => {
  const ana = await person('Ana');
  const [phone, office] = [await visitor('Ana'), await visitor('Ana')];
  await signsInAs(phone, ana);
  await ana.goes('/account/security');
  const sessions = ana.page.locator('#sessions').getByRole('listitem');
  const others = sessions.filter({ hasNotText: 'this browser' });
  await expect(sessions).toHaveCount(2);
  await expect(others).toContainText('Chrome on Linux');
  await expect(others).toContainText(/127\.0\.0\.1|::1/);
  await ana.posts(others.getByRole('button', { name: 'Sign out Chrome on Linux' }));
  await expect(ana.page.locator('#toast')).toHaveText('That device was signed out');
  await expect(sessions).toHaveCount(1);
  await expectSignedOut(phone);

  for (const device of [phone, office]) await signsInAs(device, ana);
  await ana.goes('/account/security');
  await expect(sessions).toHaveCount(3);
  await ana.presses('Sign out everywhere else');
  await expect(sessions).toHaveCount(1);
  await expect(ana.page.getByRole('button', { name: 'Sign out everywhere else' })).toHaveCount(0);
  for (const device of [phone, office]) await expectSignedOut(device);
});

test.describe('two-factor', () => {
  test('is set up with an authenticator', async ({ person }) => {
    const ana = await person('Ana');
    await ana.goes('/account/security');
    await ana.presses('Set up two-factor authentication');
    await expect(ana.page.locator('.qr svg')).toBeVisible();
    const authenticator = new Authenticator(await ana.page.locator('#two-factor code').innerText());
    await ana.fills({ Code: 'abcdef' });
    expect(await ana.presses('Continue')).toBe(422);
    await expectFlaw(ana.page.getByLabel('Code'), 'Wrong code. Enter the one your app shows now.', 'abcdef');

    await ana.fills({ Code: authenticator.code() });
    await ana.presses('Continue');
    const codes = ana.page.locator('#recovery-codes').getByRole('listitem');
    await expect(codes).toHaveCount(10);
    const shown = await codes.allInnerTexts();
    expect(new Set(shown).size).toBe(10);
    for (const code of shown) expect(code).toMatch(/^(\w{4}-){3}\w{4}$/);
    const download = ana.page.waitForEvent('download');
    await ana.page.getByRole('link', { name: 'Download' }).click();
    expect(await readFile(await (await download).path(), 'utf8')).toBe(shown.join('\n'));
    await ana.presses('I saved them, turn it on');
    await expect(ana.page.locator('#two-factor')).toContainText('10 recovery codes are left.');
    await ana.goes('/account/security');
    await expect(codes, 'they are shown once').toHaveCount(0);
    await expect(ana.page.locator('#two-factor')).toContainText('Two-factor authentication has been on since');
    await expect(ana.page.locator('.qr')).toHaveCount(0);
  });

  test('is not set up when one thinks better of it', async ({ person }) => {
    const ana = await person('Ana');
    await ana.goes('/account/security');
    await ana.presses('Set up two-factor authentication');
    await ana.presses('Cancel');
    await expect(ana.page.getByRole('button', { name: 'Set up two-factor authentication' })).toBeVisible();
    await expect(ana.page.locator('.qr')).toHaveCount(0);
  });

  test('is asked for at the door, and a code is good once', async ({ person, visitor }) => {
    const [ana, elsewhere] = [await person('Ana'), await visitor('Ana')];
    const authenticator = await ana.hasTwoFactor();
    const wanted = await ana.hasOrganization(unique('Acme'));
    await elsewhere.goes(`/${wanted}/settings/members`);
    await elsewhere.fills({ Email: ana.email, Password: ana.password });
    await elsewhere.presses('Sign in');
    await expect(elsewhere.page).toHaveURL(`${elsewhere.at.url}/sign-in/code`);
    // The password alone opens nothing.
    await expectSignedOut(elsewhere);

    await elsewhere.goes('/sign-in/code');
    await elsewhere.fills({ Code: 'abcdef' });
    expect(await elsewhere.presses('Sign in')).toBe(422);
    await expectFlaw(elsewhere.page.getByLabel('Code'), 'Wrong code', 'abcdef');
    const code = authenticator.code();
    await elsewhere.fills({ Code: code });
    await elsewhere.presses('Sign in');
    await expect(elsewhere.page, 'where one wanted to go').toHaveURL(`${elsewhere.at.url}/${wanted}/settings/members`);

    const thief = await visitor('Ana');
    await signsInAs(thief, ana);
    await thief.fills({ Code: code });
    expect(await thief.presses('Sign in')).toBe(422);
    await expectFlaw(thief.page.getByLabel('Code'), 'was already used', code);
  });

  test('a recovery code stands in for a lost authenticator, once', async ({ person, visitor }) => {
    const ana = await person('Ana');
    await ana.hasTwoFactor();
    await ana.goes('/account/security');
    await ana.presses('Create new recovery codes');
    const codes = await ana.page.locator('#recovery-codes').getByRole('listitem').allInnerTexts();
    const phone = await visitor('Ana');
    await signsInAs(phone, ana);
    // As people type it.
    await phone.fills({ Code: ` ${codes[0]!.toUpperCase().replaceAll('-', ' ')}` });
    await phone.presses('Sign in');
    await expectIn(phone);

    const other = await visitor('Ana');
    await signsInAs(other, ana);
    await other.fills({ Code: codes[0]! });
    expect(await other.presses('Sign in')).toBe(422);
    await expectFlaw(other.page.getByLabel('Code'), 'was already used');
    await other.fills({ Code: codes[1]! });
    await other.presses('Sign in');
    await expectIn(other);
    await ana.goes('/account/security');
    await expect(ana.page.locator('#two-factor')).toContainText('8 recovery codes are left.');
  });

  test('is turned off', async ({ person, visitor }) => {
    const [ana, elsewhere] = [await person('Ana'), await visitor('Ana')];
    await ana.hasTwoFactor();
    await ana.goes('/account/security');
    await ana.presses('Turn off two-factor authentication');
    await expect(ana.page.locator('#toast')).toHaveText('Two-factor authentication is off');
    await expect(ana.page.getByRole('button', { name: 'Set up two-factor authentication' })).toBeVisible();
    await signsInAs(elsewhere, ana);
    await expectIn(elsewhere);
  });

  test('a workspace that asks for it opens to who has it', async ({ person }) => {
    const [ana, bo] = [await person('Ana'), await person('Bo')];
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    await ana.hasAdmitted(slug, bo, 'Editor');
    await ana.hasTwoFactor();
    await ana.sends('organizations/set_access', { org: slug, two_factor: 'true' });

    await bo.goes(`/${slug}`);
    await expect(bo.page, 'this is where to set it up').toHaveURL(/\/account\/security$/);
    await bo.goes('/account/organizations');
    const row = bo.page.locator('#workspaces').getByRole('listitem').filter({ hasText: name });
    await expect(row).toContainText('Requires two-factor');
    await bo.hasTwoFactor();
    expect(await bo.goes(`/${slug}`)).toBe(200);
    await expect(bo.page.getByRole('heading', { level: 1 })).toHaveText(name);

    await bo.goes('/account/security');
    expect(await bo.presses('Turn off two-factor authentication')).toBe(409);
    await expect(bo.page.locator('#two-factor').getByRole('alert')).toContainText(`${name} requires two-factor authentication. Leave it first.`);
  });
});

test('an account is deleted, once nobody is left alone by it', async ({ person, visitor, studio }) => {
  const [ana, bo] = [await person('Ana Novak'), await person('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  await ana.hasAdmitted(slug, bo, 'Editor');
  await ana.goes('/account/closure');
  await expect(ana.page.getByRole('heading', { name: "You're the only Owner of an organization" })).toBeVisible();
  await expect(ana.page.getByRole('main').getByRole('listitem')).toHaveText([name]);
  await expect(ana.page.getByRole('button', { name: 'Delete my account' })).toHaveCount(0);

  await ana.sends('members/set_role', { org: slug, user: await ana.idOf(slug, bo.email), role: 'owner', agreed: '0' });
  await ana.goes('/account/closure');
  await ana.fills({ 'Your email': bo.email });
  expect(await ana.presses('Delete my account')).toBe(422);
  await expectFlaw(ana.page.getByLabel('Your email'), "This doesn't match your email.", bo.email);
  await ana.fills({ 'Your email': ana.email });
  await ana.presses('Delete my account');
  await expect(ana.page).toHaveURL(`${ana.at.url}/sign-in`);
  await expect(ana.page.locator('#toast')).toHaveText('Your account was deleted');
  expect((await studio.mail.next(ana.email)).subject).toBe('Your account was deleted');

  const elsewhere = await visitor('Ana');
  await signsInAs(elsewhere, ana);
  await expectFlaw(elsewhere.page.getByLabel('Password'), 'Wrong email or password', '');
  await bo.goes(`/${slug}/settings/members`);
  await expect(bo.row('Bo')).toHaveCount(1);
  await expect(bo.page.getByRole('main')).not.toContainText('Ana');
  expect(await bo.goes('/ana-novak'), 'her own workspace is gone').toBe(404);
});

/** Signs in at another browser, with the password of somebody. */
async function signsInAs(device: Person, person: Person): Promise<void> {
  await device.goes('/sign-in');
  await device.fills({ Email: person.email, Password: person.password });
  await device.presses('Sign in');
}
