import { expect, test, unique } from '../support/studio.ts';
import { slugOf } from '../support/person.ts';

test('a person signs up, confirms from the letter, and is in a workspace of their own', async ({ visitor, studio }) => {
  const ana = await visitor('Ana Novak');
  await ana.signsUp();

  const letter = await studio.mail.next(ana.email);
  expect(letter.subject).toBe('Confirm your email');
  expect(letter.parts).toEqual(['multipart/alternative', 'text/plain', 'text/html']);
  expect(letter.header('Auto-Submitted')).toBe('auto-generated');
  expect(letter.link).toMatch(new RegExp(`^${studio.url}/confirm/[\\w-]{43}$`));
  expect(letter.html).toContain(`href="${letter.link}"`);

  expect(await ana.goes(letter.link)).toBe(200);
  await expect(ana.page.getByText(ana.email)).toBeVisible();
  await ana.presses('Confirm and sign in');
  await expect(ana.page).toHaveURL(/\/ana-novak(-\w+)?$/);
  await expect(ana.page.getByRole('heading', { level: 1 })).toHaveText('Ana Novak');
  await expect(ana.page.getByText('Your role: Owner (')).toBeVisible();
});

test('opening the letter changes nothing, and in another browser it asks for the password', async ({ visitor, studio }) => {
  const ana = await visitor('Ana');
  await ana.signsUp();
  const { link } = await studio.mail.next(ana.email);

  const elsewhere = await visitor('Ana');
  await elsewhere.goes(link);
  await elsewhere.goes(link);
  await elsewhere.fills({ Password: 'not the password' });
  expect(await elsewhere.presses('Confirm and sign in')).toBe(422);
  await expect(elsewhere.page.getByRole('alert')).toContainText('Enter the password you chose when you signed up.');
  await elsewhere.fills({ Password: ana.password });
  expect(await elsewhere.presses('Confirm and sign in')).toBe(303);
  await expect(elsewhere.page.getByRole('heading', { level: 1 })).toHaveText('Ana');

  expect(await ana.goes(link)).toBe(410);
  await expect(ana.page.getByRole('heading', { level: 1 })).toHaveText('This link is no longer valid');
});

test('a person creates an organization from the account menu', async ({ person }) => {
  const ana = await person('Ana');
  const acme = unique('Acme Prompts');
  await ana.goes('/');
  await ana.createsOrganization(acme.name, acme.slug);

  await expect(ana.page).toHaveURL(`${ana.at.url}/${acme.slug}`);
  await expect(ana.page.getByRole('heading', { level: 1 })).toHaveText(acme.name);
  await expect(ana.page.locator('#toast')).toHaveText('Organization created');
  const switcher = await ana.opensSwitcher();
  await expect(switcher.getByRole('listitem')).toHaveText([/^\W*A\s*Ana\s*Personal$/, new RegExp(`${acme.name}\\s*Owner$`)]);
  await expect(switcher.getByRole('link', { name: acme.name })).toHaveAttribute('aria-current', 'page');

  // The last one used is the one that `/` leads to, on other devices as well.
  await ana.goes('/');
  await expect(ana.page).toHaveURL(`${ana.at.url}/${acme.slug}`);
});

test('an owner invites two people at once', async ({ person, studio }) => {
  const ana = await person('Ana');
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  const [bo, ciro] = [`bo@${slug}.test`, `ciro@${slug}.test`];
  const results = await ana.invites(slug, [bo, ciro], 'Viewer');

  for (const [n, email] of [bo, ciro].entries()) {
    const result = results.getByRole('listitem').nth(n);
    await expect(result).toContainText(email);
    await expect(result).toContainText('Invited as Viewer');
    const link = await result.getByLabel('Invitation link').inputValue();
    expect(link).toMatch(new RegExp(`^${studio.url}/invite/[\\w-]{43}$`));

    const letter = await studio.mail.next(email);
    expect(letter.subject).toBe(`Ana invited you to ${name}`);
    expect(letter.text).toContain("You'll be a Viewer");
    expect(letter.parts).toEqual(['multipart/alternative', 'text/plain', 'text/html']);
    expect(letter.header('Auto-Submitted')).toBe('auto-generated');
    expect(letter.html).toContain(`href="${letter.link}"`);
    expect(letter.link).toMatch(new RegExp(`^${studio.url}/invite/[\\w-]{43}$`));
    expect(letter.link, 'the copyable link is not the mailed one').not.toBe(link);
  }

  await ana.goes(`/${slug}/settings/invitations`);
  for (const email of [bo, ciro]) await expect(ana.row(email)).toContainText(/Viewer.*Pending.*Ana.*just now/s);
  await ana.goes(`/${slug}/settings/members`);
  await expect(ana.page.getByText('Pending invitations (2)')).toBeVisible();
});

test('somebody new joins from the letter, with the address fixed', async ({ person, visitor }) => {
  const ana = await person('Ana');
  const bo = await visitor('Bo Lind');
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  const link = await ana.hasInvited(slug, bo.email, 'Editor');

  await bo.goes(link);
  await expect(bo.page.getByRole('heading', { level: 1 })).toHaveText(`Ana invited you to ${name}`);
  await expect(bo.page.getByText("You'll be an Editor")).toBeVisible();
  await expect(bo.page.locator('output')).toHaveText(bo.email);
  await expect(bo.page.locator('input[name=email]')).toHaveCount(0);
  await bo.fills({ 'Your name': bo.name, Password: bo.password });
  await bo.presses(`Create account and join ${name}`);

  await expect(bo.page).toHaveURL(`${bo.at.url}/${slug}`);
  await expect(bo.page.locator('#toast')).toHaveText('You joined the organization');
  await expect(bo.page.getByText('Your role: Editor (')).toBeVisible();
  const switcher = await bo.opensSwitcher();
  await expect(switcher.getByRole('listitem')).toHaveText([/Bo Lind\s*Personal$/, new RegExp(`${name}\\s*Editor$`)]);

  // The letter proved the address: the account is an ordinary one.
  await bo.page.keyboard.press('Escape');
  await bo.signsOut();
  await bo.signsIn();
  await expect(bo.page).toHaveURL(`${bo.at.url}/${slug}`);
});

test('somebody with an account joins, signed in', async ({ person }) => {
  const [ana, bo] = [await person('Ana'), await person('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  await bo.goes(await ana.hasInvited(slug, bo.email, 'Admin'));
  await bo.presses(`Join ${name}`);
  await expect(bo.page).toHaveURL(`${bo.at.url}/${slug}`);
  await expect(bo.page.getByText('Your role: Admin (')).toBeVisible();
});

test('somebody with an account joins, signed out', async ({ person, visitor }) => {
  const [ana, bo] = [await person('Ana'), await person('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  const link = await ana.hasInvited(slug, bo.email, 'Viewer');

  const elsewhere = await visitor('Bo');
  await elsewhere.goes(link);
  await expect(elsewhere.page.locator('output')).toHaveText(bo.email);
  await elsewhere.fills({ Password: bo.password });
  await elsewhere.presses('Sign in');
  await expect(elsewhere.page).toHaveURL(link);
  await elsewhere.presses(`Join ${name}`);
  await expect(elsewhere.page).toHaveURL(`${elsewhere.at.url}/${slug}`);
  await expect(elsewhere.page.getByText('Your role: Viewer (')).toBeVisible();
});

test('the copyable link admits an account whose address is proven', async ({ person, visitor, studio }) => {
  const [ana, bo] = [await person('Ana'), await person('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  const results = await ana.invites(slug, [bo.email], 'Editor');
  const link = await results.getByLabel('Invitation link').inputValue();
  await studio.mail.next(bo.email);

  const stranger = await visitor('Somebody');
  await stranger.goes(link);
  await expect(stranger.page.getByText(bo.email)).toHaveCount(0);
  await expect(stranger.page.getByRole('link', { name: 'Sign in' })).toBeVisible();
  await expect(stranger.page.getByRole('link', { name: 'Create an account' })).toBeVisible();

  await bo.goes(link);
  await bo.presses(`Join ${name}`);
  await expect(bo.page).toHaveURL(`${bo.at.url}/${slug}`);
});

test('a changed role bites on the next page', async ({ person }) => {
  const [ana, bo] = [await person('Ana'), await person('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  await ana.hasAdmitted(slug, bo, 'Admin');
  await bo.goes(`/${slug}/settings/members`);
  await expect(bo.page.getByRole('link', { name: 'Invite people' })).toBeVisible();

  await ana.goes(`/${slug}/settings/members`);
  const role = ana.page.getByLabel('Role of Bo', { exact: true });
  const save = ana.page.getByRole('button', { name: 'Save role of Bo' });
  // Choosing changes nothing: a button does.
  await expect(save).toHaveCSS('opacity', '0');
  await role.selectOption('Editor');
  await expect(save).toHaveCSS('opacity', '1');
  await expect(ana.row(bo.email).locator('.role-says'), 'it is of the role they have').toBeHidden();
  await bo.page.reload();
  await expect(bo.page.getByRole('link', { name: 'Invite people' })).toBeVisible();
  expect(await ana.posts(save)).toBe(303);
  const toast = ana.page.locator('#toast');
  await expect(toast).toContainText('Bo is now an Editor');
  await expect(save).toHaveCSS('opacity', '0');
  await ana.posts(toast.getByRole('button', { name: 'Undo' }));
  await expect(toast).toContainText('Bo is now an Admin');
  await ana.setsRole('Bo', 'Editor');
  await expect(toast).toContainText('Bo is now an Editor');
  await expect(role).toHaveValue('editor');
  await expect(ana.row('Bo')).toContainText('Can create and edit content');

  await bo.goes(`/${slug}/settings/members`);
  await expect(bo.page.getByRole('link', { name: 'Invite people' })).toHaveCount(0);
  await expect(bo.page.getByLabel('Role of Ana', { exact: true })).toHaveCount(0);
  await expect(bo.page.getByRole('navigation', { name: 'Settings' }).getByRole('link')).toHaveText(['General', 'Members']);
  await bo.goes(`/${slug}/settings/general`);
  await expect(bo.page.getByRole('button', { name: 'Save profile' })).toHaveCount(0);
  await expect(bo.page.getByRole('main')).toContainText('Only Owners and Admins can change these settings.');
  expect(await bo.goes(`/${slug}/settings/invitations`)).toBe(403);
  await expect(bo.page.getByRole('heading', { level: 1 })).toHaveText("Your role doesn't allow this");
});

test('an Owner is made on purpose, and it is said which invitations end', async ({ person }) => {
  const [ana, bo] = [await person('Ana'), await person('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  await ana.hasAdmitted(slug, bo, 'Admin');
  await bo.hasInvited(slug, `ciro@${slug}.test`, 'Viewer');

  await ana.goes(`/${slug}/settings/members`);
  const title = ana.page.getByRole('heading', { level: 1 });
  const becomes = async (role: 'Owner' | 'Viewer', question: string) => {
    await ana.page.getByLabel('Role of Bo', { exact: true }).selectOption(role);
    await ana.page.getByRole('button', { name: 'Save role of Bo' }).click();
    await expect(title).toHaveText(question);
    await ana.settles();
  };
  await becomes('Owner', 'Make Bo an Owner?');
  await ana.page.getByRole('link', { name: 'Cancel' }).click();
  await expect(title).toHaveText('Members');
  await ana.settles();
  await expect(ana.page.getByLabel('Role of Bo', { exact: true })).toHaveValue('admin');
  await becomes('Owner', 'Make Bo an Owner?');
  await ana.presses('Make Bo an Owner');
  await expect(ana.page.locator('#toast')).toContainText('Bo is now an Owner');

  await becomes('Viewer', 'Make Bo a Viewer?');
  await expect(ana.page.getByRole('main')).toContainText('1 invitation that they sent will be revoked.');
  await ana.page.getByRole('radio', { name: 'Take them over' }).check();
  await ana.presses('Make Bo a Viewer');
  await expect(ana.page.locator('#toast')).toContainText('Bo is now a Viewer');
  await expect(ana.page.getByText('Pending invitations (1)')).toBeVisible();
});

test('a removed person is out at once', async ({ person }) => {
  const [ana, bo] = [await person('Ana'), await person('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  await ana.hasAdmitted(slug, bo, 'Editor');
  await bo.goes(`/${slug}`);

  await ana.goes(`/${slug}/settings/members`);
  const menu = await ana.opensRowMenu('Bo');
  await expect(menu).toContainText(`Remove Bo from ${name}?`);
  expect(await ana.presses('Remove Bo', menu)).toBe(303);
  await expect(ana.row('Bo')).toHaveCount(0);
  await expect(ana.page.getByText('1 person')).toBeVisible();
  await expect(ana.page.locator('#toast')).toHaveText('Member removed');

  expect(await bo.goes(`/${slug}`)).toBe(404);
  await expect(bo.page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
  expect(await bo.goes(`/${slugOf('no such place')}`), 'as one that does not exist').toBe(404);
  await bo.goes('/');
  await expect(bo.page.getByRole('heading', { level: 1 })).toHaveText('Bo');
});

test('a member leaves', async ({ person }) => {
  const [ana, bo] = [await person('Ana'), await person('Bo')];
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  await ana.hasAdmitted(slug, bo, 'Viewer');
  await bo.goes(`/${slug}/settings/members`);
  const menu = await bo.opensRowMenu('Bo');
  await bo.presses(`Leave ${name}`, menu);
  await expect(bo.page.locator('#toast')).toHaveText('You left the organization');
  await expect(bo.page.getByRole('heading', { level: 1 })).toHaveText('Bo');
  expect(await bo.goes(`/${slug}`)).toBe(404);
});
