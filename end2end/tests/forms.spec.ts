import { expectFlaw, expectFocusWhereItIsWrong } from '../support/flaws.ts';
import { expect, test, unique } from '../support/studio.ts';

const BLANK = '   ';
const COMMON = 'password';
const NO_ADDRESS = 'ana@localhost';
const GUESSED = 'harder to guess';

test.describe('signing up and in', () => {
  test('sign-up says everything that is wrong at once', async ({ visitor }) => {
    const ana = await visitor('Ana');
    const { page } = ana;
    await ana.goes('/sign-up?next=/new');
    await ana.fills({ Name: BLANK, Email: NO_ADDRESS, Password: COMMON });
    expect(await ana.presses('Create account')).toBe(422);

    await expectFlaw(page.getByLabel('Name'), 'Enter a name.', BLANK);
    await expectFlaw(page.getByLabel('Email'), 'Enter an email', NO_ADDRESS);
    await expectFlaw(page.getByLabel('Password'), GUESSED, '');

    // The same page goes on from there, and still knows where it leads.
    await ana.fills({ Name: ana.name, Email: ana.email, Password: ana.password });
    expect(await ana.presses('Create account')).toBe(303);
    const { link } = await ana.studio.mail.next(ana.email);
    await ana.goes(link);
    await ana.presses('Confirm and sign in');
    await expect(page).toHaveURL(/\/new$/);
  });

  test('sign-up with a taken address looks the same; the letter tells', async ({ person, visitor, studio }) => {
    const ana = await person('Ana');
    const other = await visitor('Somebody');
    await other.goes('/sign-up');
    await other.fills({ Name: other.name, Email: ` ${ana.email.toUpperCase()} `, Password: other.password });
    await other.presses('Create account');
    await expect(other.page.getByRole('heading', { name: 'Check your email' })).toBeVisible();
    const letter = await studio.mail.next(ana.email);
    expect(letter.subject).toBe('You already have an account');
    expect(letter.link).toBe(`${studio.url}/sign-in`);
  });

  test('sign-in tells neither whether the address nor the password was wrong', async ({ person, visitor }) => {
    const ana = await person('Ana');
    const other = await visitor('Ana');
    for (const email of [ana.email, 'nobody@people.test']) {
      await other.goes('/sign-in');
      await other.fills({ Email: email, Password: 'some other words' });
      expect(await other.presses('Sign in')).toBe(422);
      await expectFlaw(other.page.getByLabel('Password'), 'Wrong email or password', '');
      await expect(other.page.getByLabel('Email')).toHaveValue(email);
    }
  });

  test('signing out, and back in where one was', async ({ person }) => {
    const ana = await person('Ana');
    await ana.goes('/');
    const members = `${new URL(ana.page.url()).pathname}/settings/members?sort=-joined&role=owner`;
    await ana.signsOut();
    await expect(ana.page).toHaveURL(`${ana.at.url}/sign-in`);
    await expect(ana.page.locator('#toast')).toHaveText("You're signed out");

    await ana.goes(members);
    await expect(ana.page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
    await ana.fills({ Email: ana.email, Password: 'some other words' });
    await ana.presses('Sign in');
    await ana.fills({ Password: ana.password });
    await ana.presses('Sign in');
    await expect(ana.page).toHaveURL(ana.at.url + members);
  });

  test('what was typed after the session had ended is there again after signing in', async ({ person }) => {
    const ana = await person('Ana');
    const { name, slug } = unique('Kept');
    await ana.goes('/new');
    await ana.fills({ Name: name, URL: slug });
    await ana.page.context().clearCookies({ name: 'studio' });
    await ana.presses('Create organization');
    await expect(ana.page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
    await ana.fills({ Email: ana.email, Password: ana.password });
    await ana.presses('Sign in');
    await expect(ana.page.getByText('You were signed out, so nothing was saved.')).toBeVisible();
    await expect(ana.page.getByLabel('Name')).toHaveValue(name);
    await ana.presses('Create organization');
    await expect(ana.page).toHaveURL(`${ana.at.url}/${slug}`);
  });

  test('a forgotten password is set anew from the letter, which ends other sessions', async ({ person, visitor, studio }) => {
    const [ana, elsewhere] = [await person('Ana'), await visitor('Ana')];
    await elsewhere.goes('/sign-in');
    await elsewhere.page.getByRole('link', { name: 'Forgot your password?' }).click();
    await elsewhere.page.waitForURL('**/forgot-password');
    await elsewhere.fills({ Email: NO_ADDRESS });
    expect(await elsewhere.presses('Send reset link')).toBe(422);
    await expectFlaw(elsewhere.page.getByLabel('Email'), 'Enter an email', NO_ADDRESS);
    await elsewhere.fills({ Email: ana.email });
    await elsewhere.presses('Send reset link');
    await expect(elsewhere.page.getByRole('heading', { name: 'Check your email' })).toBeVisible();

    const letter = await studio.mail.next(ana.email);
    expect(letter.subject).toBe('Reset your password');
    expect(letter.html).toContain(`href="${letter.link}"`);
    await elsewhere.goes(letter.link);
    await elsewhere.fills({ Password: COMMON });
    expect(await elsewhere.presses('Set password and sign in')).toBe(422);
    await expectFlaw(elsewhere.page.getByLabel('Password'), GUESSED, '');
    await elsewhere.fills({ Password: 'seven purple kites' });
    await elsewhere.presses('Set password and sign in');
    await expect(elsewhere.page.getByRole('heading', { level: 1 })).toHaveText('Ana');

    await ana.goes('/');
    await expect(ana.page, 'the other session is over').toHaveURL(/\/sign-in/);
    await ana.signsIn();
    await expectFlaw(ana.page.getByLabel('Password'), 'Wrong email or password', '');
    ana.password = 'seven purple kites';
    await ana.signsIn();
    await expect(ana.page.getByRole('heading', { level: 1 })).toHaveText('Ana');
    expect(await ana.goes(letter.link), 'the link works once').toBe(410);
  });

  test('a forgotten password of nobody looks the same; the letter tells', async ({ visitor, studio }) => {
    const nobody = await visitor('Nobody');
    await nobody.goes('/forgot-password');
    await nobody.fills({ Email: nobody.email });
    await nobody.presses('Send reset link');
    await expect(nobody.page.getByRole('heading', { name: 'Check your email' })).toBeVisible();
    expect((await studio.mail.next(nobody.email)).subject).toBe('No account with this email');
  });
});

test.describe('organizations', () => {
  test('a new one says what is wrong with its name and address', async ({ person }) => {
    const ana = await person('Ana');
    const { page } = ana;
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    await ana.goes('/new');
    await ana.fills({ Name: BLANK, URL: 'Acme!' });
    expect(await ana.presses('Create organization')).toBe(422);
    await expectFlaw(page.getByLabel('Name'), 'Enter a name.', BLANK);
    await expectFlaw(page.getByLabel('URL'), /./, 'Acme!');

    for (const [taken, says] of [[slug, `The URL ${slug} is already taken. Choose another one.`], ['settings', /./]] as const) {
      await ana.fills({ Name: 'Second', URL: taken });
      expect(await ana.presses('Create organization')).toBe(422);
      await expectFlaw(page.getByLabel('URL'), says, taken);
      await expect(page.getByLabel('Name')).toHaveValue('Second');
    }
    const free = unique('second');
    await ana.fills({ URL: free.slug });
    expect(await ana.presses('Create organization')).toBe(303);
    await expect(page).toHaveURL(`${ana.at.url}/${free.slug}`);
  });

  test('settings keep what was typed, and say when they are saved', async ({ person }) => {
    const ana = await person('Ana');
    const { page } = ana;
    const slug = await ana.hasOrganization(unique('Acme'));
    await ana.goes(`/${slug}/settings/general`);
    await ana.fills({ Name: BLANK, Description: 'Prompts of support.' });
    await page.getByLabel('Allowed email domains').fill('acme.test');
    expect(await ana.presses('Save profile')).toBe(422);
    await expectFlaw(page.getByLabel('Name'), 'Enter a name.', BLANK);
    await expectFocusWhereItIsWrong(ana, page.getByLabel('Name'));
    await expect(page.getByLabel('Description'), 'the rest of the form is kept').toHaveValue('Prompts of support.');

    await ana.fills({ Name: 'Acme & Søn' });
    expect(await ana.presses('Save profile')).toBe(303);
    await expect(page.locator('#toast')).toHaveText('Saved');
    await expect(page.getByLabel('Name')).toHaveValue('Acme & Søn');
    await expect(page.getByLabel('Name')).not.toHaveAttribute('aria-invalid');
    await expect(page.getByLabel('Description')).toHaveValue('Prompts of support.');
    await expect(page.locator('.switcher-name')).toHaveText('Acme & Søn');
    // Answered in place, a form leaves the others alone.
    if (ana.hasScript) await expect(page.getByLabel('Allowed email domains')).toHaveValue('acme.test');
  });

  test('an organization keeps its last Owner', async ({ person }) => {
    const ana = await person('Ana');
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    await ana.goes(`/${slug}/settings/members`);
    const role = ana.page.getByLabel('Role of Ana', { exact: true });
    await role.selectOption('Viewer');
    const status = await ana.posts(ana.page.getByRole('button', { name: 'Save role of Ana' }), async () => {
      // By keyboard: where the button can be reached by mouse is the affair of another test.
      await role.press('Tab');
      await ana.page.keyboard.press('Enter');
    });
    expect(status).toBe(409);
    await expect(ana.page.getByRole('alert')).toContainText('Owner');
    await expect(role).toHaveValue('owner');

    await ana.presses(`Leave ${name}`, await ana.opensRowMenu('Ana'));
    await expect(ana.page.getByRole('alert')).toContainText('Owner');
    expect(await ana.goes(`/${slug}`)).toBe(200);
  });
});

test.describe('inviting', () => {
  test('what is too long is said at the form, and stays there', async ({ person }) => {
    const ana = await person('Ana');
    const slug = await ana.hasOrganization(unique('Acme'));
    const form = await ana.opensInviteForm(slug);
    const emails = form.getByLabel('Emails');
    const types = (kib: number): Promise<string> =>
      emails.evaluate((field, size) => ((field as HTMLTextAreaElement).value = 'x'.repeat(size)), kib * 1024);
    const typed = await types(300);
    expect(await ana.sendsInvitations(form)).toBe(413);
    await expect(form.getByRole('alert')).toContainText('at most 256 KiB of text. Nothing was saved.');
    await expect(emails).toHaveValue(typed);
    if (!ana.hasScript) return;
    // So much is not even read.
    const longer = await types(600);
    expect(await ana.sendsInvitations(form)).toBe(413);
    await expect(ana.page.locator('#toast')).toHaveText('This form can hold at most 256 KiB of text. Nothing was saved.');
    await expect(emails).toHaveValue(longer);
  });

  test('bad addresses are said at the field when none is good', async ({ person }) => {
    const ana = await person('Ana');
    const slug = await ana.hasOrganization(unique('Acme'));
    const form = await ana.opensInviteForm(slug);
    const emails = form.getByLabel('Emails');
    await form.getByRole('radio', { name: 'Admin' }).check();
    for (const [typed, says] of [['nonsense', 'Enter an email'], [',', 'at least one'], [ana.email, 'is already a member']] as const) {
      await emails.fill(typed);
      expect(await ana.sendsInvitations(form)).toBe(422);
      await expectFlaw(emails, says, typed);
      await expectFocusWhereItIsWrong(ana, emails);
      await expect(form.getByRole('radio', { name: 'Admin' }), 'the role chosen is kept').toBeChecked();
    }
  });

  test('of many addresses each is answered for itself', async ({ person, studio }) => {
    const ana = await person('Ana');
    const slug = await ana.hasOrganization(unique('Acme'));
    const good = `bo@${slug}.test`;
    const results = await ana.invites(slug, [good, 'nonsense', ana.email], 'Editor');
    await expect(results.getByRole('listitem').nth(0)).toContainText('Invited as Editor');
    await expect(results.getByRole('listitem').nth(1)).toContainText('Enter an email');
    await expect(results.getByRole('listitem').nth(2)).toContainText('is already a member');
    expect((await studio.mail.next(good)).to).toBe(good);
  });

  test('an address is not flooded with letters', async ({ person }) => {
    const ana = await person('Ana');
    const slug = await ana.hasOrganization(unique('Acme'));
    const email = `bo@${slug}.test`;
    for (let n = 0; n < 10; n += 1) await ana.hasInvited(slug, email);
    const form = await ana.opensInviteForm(slug);
    await form.getByLabel('Emails').fill(email);
    expect(await ana.sendsInvitations(form)).toBe(429);
    await expect(form.getByRole('alert')).toContainText(`${email} already got 10 emails in the last hour`);
    await expect(form.getByLabel('Emails')).toHaveValue(email);
  });

  test('sending again kills the old links; revoking kills the new ones', async ({ person, visitor, studio }) => {
    const [ana, bo] = [await person('Ana'), await visitor('Bo')];
    const slug = await ana.hasOrganization(unique('Acme'));
    const old = await ana.hasInvited(slug, bo.email);
    await ana.goes(`/${slug}/settings/invitations`);
    await ana.presses('Send again', await ana.opensRowMenu(bo.email));
    await expect(ana.page.getByRole('list', { name: 'Invitations sent' })).toContainText('Sent again');
    const { link } = await studio.mail.next(bo.email);
    expect(await bo.goes(old)).toBe(404);
    expect(await bo.goes(link)).toBe(200);

    await ana.goes(`/${slug}/settings/invitations`);
    await ana.presses('Revoke invitation', await ana.opensRowMenu(bo.email));
    await expect(ana.row(bo.email)).toContainText('Revoked');
    await expect(ana.page.locator('#toast')).toHaveText('Invitation revoked');
    expect(await bo.goes(link)).toBe(410);
    await expect(bo.page.getByRole('heading', { level: 1 })).toHaveText('This invitation was revoked');
  });
});

test.describe('posting', () => {
  test('a form that failed stays at its page', async ({ person }) => {
    const ana = await person('Ana');
    const { page } = ana;
    const slug = await ana.hasOrganization(unique('Acme'));
    await ana.goes(`/${slug}/prompts/new`);
    await ana.fills({ Name: 'a/b' });
    expect(await ana.presses('Create prompt')).toBe(422);
    expect(new URL(page.url()).pathname).toBe(`/${slug}/prompts/new`);
    await page.reload();
    await expect(page.getByLabel('Name')).toHaveValue('a/b');
    await expect(page.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
    await ana.fills({ Name: 'Fine' });
    await ana.presses('Create prompt');
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Fine');
    await page.goBack();
    await expect(page.getByLabel('Name')).toBeVisible();
  });

  test('pressed twice, it makes one', async ({ person }) => {
    const ana = await person('Ana');
    const { page } = ana;
    const slug = await ana.hasOrganization(unique('Acme'));
    await ana.goes(`/${slug}/prompts/new`);
    await ana.fills({ Name: 'Triage' });
    await page.getByRole('button', { name: 'Create prompt' }).dblclick();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Triage');
    await expect(page.getByText('Choose another name')).toHaveCount(0);
    await ana.goes(`/${slug}/prompts`);
    await expect(page.locator('#contents').getByText('Triage')).toHaveCount(1);
  });

  test('what a proxy answers while the server restarts is told, and what was typed stays', async ({ person }) => {
    const ana = await person('Ana');
    const { page } = ana;
    test.skip(!ana.hasScript, 'without script the browser shows the answer');
    const slug = await ana.hasOrganization(unique('Acme'));
    await ana.goes(`/${slug}/settings/general`);
    const title = await page.title();
    await page.route('**/api/organizations/update_settings', (route) =>
      route.fulfill({ status: 502, contentType: 'text/html', body: '<title>Bad Gateway</title><h1>Bad Gateway</h1>' }),
    );
    await ana.fills({ Description: 'What we do' });
    expect(await ana.presses('Save profile')).toBe(502);
    await expect(page.locator('#toast')).toContainText('your changes might not be saved');
    await expect(page).toHaveTitle(title);
    await expect(page.getByLabel('Description')).toHaveValue('What we do');
    await page.unroute('**/api/organizations/update_settings');
    expect(await ana.presses('Save profile')).toBe(303);
    await page.reload();
    await expect(page.getByLabel('Description')).toHaveValue('What we do');
  });
});
