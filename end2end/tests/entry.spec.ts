import { expireInvitations, expireLinks } from '../support/database.ts';
import { expectFlaw } from '../support/flaws.ts';
import { expect, test, unique } from '../support/studio.ts';

test('joining as somebody new says what is wrong and keeps the rest', async ({ person, visitor }) => {
  const [ana, bo] = [await person('Ana'), await visitor('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  await bo.goes(await ana.hasInvited(slug, bo.email));
  await bo.fills({ 'Your name': '   ', Password: 'password' });
  expect(await bo.presses(`Create account and join ${name}`)).toBe(422);
  await expectFlaw(bo.page.getByLabel('Your name'), 'Enter a name.', '   ');
  await expectFlaw(bo.page.getByLabel('Password'), 'harder to guess', '');
  await bo.fills({ 'Your name': 'Bo', Password: 'password' });
  await bo.presses(`Create account and join ${name}`);
  await expect(bo.page.getByLabel('Your name')).toHaveValue('Bo');
  await bo.fills({ Password: bo.password });
  expect(await bo.presses(`Create account and join ${name}`)).toBe(303);
  await expect(bo.page).toHaveURL(`${bo.at.url}/${slug}`);
});

test('a wrong password is said on the page of the invitation', async ({ person, visitor }) => {
  const [ana, bo, elsewhere] = [await person('Ana'), await person('Bo'), await visitor('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  const link = await ana.hasInvited(slug, bo.email);
  await elsewhere.goes(link);
  await elsewhere.fills({ Password: 'some other words' });
  expect(await elsewhere.presses('Sign in')).toBe(422);
  await expect(elsewhere.page.getByRole('heading', { level: 1 })).toHaveText(`Ana invited you to ${name}`);
  await expectFlaw(elsewhere.page.getByLabel('Password'), 'Wrong email or password', '');
  await elsewhere.fills({ Password: bo.password });
  await elsewhere.presses('Sign in');
  await expect(elsewhere.page).toHaveURL(link);
});

test('an invitation for somebody else offers to switch the account', async ({ person }) => {
  const [ana, bo, ciro] = [await person('Ana'), await person('Bo'), await person('Ciro')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  const link = await ana.hasInvited(slug, bo.email);

  await ciro.goes(link);
  const says = ciro.page.getByRole('main');
  await expect(says).toContainText(`You're signed in as Ciro (${ciro.email}).`);
  await expect(says).toContainText('This invitation is for b•••@people.test.');
  await expect(ciro.page.getByRole('button', { name: `Join ${name}` })).toHaveCount(0);
  await ciro.presses('Switch account');
  await expect(ciro.page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
  await ciro.fills({ Email: bo.email, Password: bo.password });
  await ciro.presses('Sign in');
  await expect(ciro.page).toHaveURL(link);
  await ciro.presses(`Join ${name}`);
  await expect(ciro.page).toHaveURL(`${ciro.at.url}/${slug}`);
  await expect(ciro.page.locator('.account-button')).toContainText('Bo');
});

test('an invitation can be declined', async ({ person, visitor }) => {
  const [ana, bo] = [await person('Ana'), await visitor('Bo')];
  const slug = await ana.hasOrganization(unique('Acme'));
  const link = await ana.hasInvited(slug, bo.email);
  await bo.goes(link);
  await bo.presses('Decline');
  await expect(bo.page.locator('#toast')).toHaveText('Invitation declined');
  await expect(bo.page.getByRole('heading', { level: 1 })).toHaveText('This invitation was declined');
  await ana.goes(`/${slug}/settings/invitations`);
  await expect(ana.row(bo.email)).toContainText('Declined');
  await expect(ana.page.getByRole('button', { name: `More for ${bo.email}` })).toHaveCount(0);
});

test('links that are used, expired or made up say so', async ({ person, visitor, studio }) => {
  const [ana, bo] = [await person('Ana'), await visitor('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  const title = bo.page.getByRole('heading', { level: 1 });

  const late = await ana.hasInvited(slug, bo.email);
  await expireInvitations(studio.db, bo.email);
  expect(await bo.goes(late)).toBe(410);
  await expect(title).toHaveText('This invitation has expired');
  await ana.goes(`/${slug}/settings/invitations`);
  await expect(ana.row(bo.email)).toContainText('Expired');

  const used = await ana.hasInvited(slug, bo.email);
  await bo.goes(used);
  await bo.fills({ 'Your name': bo.name, Password: bo.password });
  await bo.presses(`Create account and join ${name}`);
  expect(await bo.goes(used), 'it leads its member in').toBe(200);
  await expect(title).toHaveText(`You're already in ${name}`);
  const stranger = await visitor('Somebody');
  expect(await stranger.goes(used)).toBe(410);
  await expect(stranger.page.getByRole('heading', { level: 1 })).toHaveText('This invitation was used');

  const made = 'A'.repeat(43);
  expect(await bo.goes(`/invite/${made}`)).toBe(404);
  await expect(title).toHaveText("This link isn't valid");
  for (const path of [`/confirm/${made}`, `/reset-password/${made}`, '/confirm/%00', '/reset-password/ä']) {
    expect(await bo.goes(path), path).toBe(410);
    await expect(title).toHaveText('This link is no longer valid');
  }

  const dina = await visitor('Dina');
  await dina.signsUp();
  const confirm = (await studio.mail.next(dina.email)).link;
  await expireLinks(studio.db, 'sign_ups');
  expect(await dina.goes(confirm)).toBe(410);
  await dina.sends('accounts/forgot_password', { email: ana.email });
  const reset = (await studio.mail.next(ana.email)).link;
  await expireLinks(studio.db, 'password_resets');
  expect(await dina.goes(reset)).toBe(410);
  await expect(dina.page.getByRole('link', { name: 'Request a new link' })).toBeVisible();
});

test('an invitation dies with the right of who sent it', async ({ person, visitor }) => {
  const [ana, bo, ciro] = [await person('Ana'), await person('Bo'), await visitor('Ciro')];
  const slug = await ana.hasOrganization(unique('Acme'));
  await ana.hasAdmitted(slug, bo, 'Admin');
  const link = await bo.hasInvited(slug, ciro.email, 'Admin');
  await ana.goes(`/${slug}/settings/members`);
  await ana.presses('Remove Bo', await ana.opensRowMenu('Bo'));
  await expect(ana.page.getByRole('main')).toContainText('1 invitation that they sent will be revoked.');
  expect(await ciro.goes(link), 'asked first').toBe(200);
  await ana.presses('Remove Bo');
  await expect(ana.page.locator('#toast')).toContainText('Member removed');
  expect(await ciro.goes(link)).toBe(410);
  await ana.goes(`/${slug}/settings/invitations`);
  await expect(ana.row(ciro.email)).toContainText('Revoked');
});
