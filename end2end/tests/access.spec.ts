import { appears, says, saysNot, watches } from '../support/live.ts';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

const STATUS = '#live-status';

/** Ana, who owns an organization, and Bo, an Admin of it, who has its members page open. */
const test = base.extend<{ team: { ana: Person; bo: Person; slug: string } }>({
  team: async ({ person, studio }, use) => {
    const [ana, bo] = [await person('Ana'), await person('Bo', studio.second)];
    const slug = await ana.hasOrganization(unique('Acme'));
    await ana.hasAdmitted(slug, bo, 'Admin');
    await watches(bo, `/${slug}/settings/members`);
    await use({ ana, bo, slug });
  },
});

test.describe('the page says at once', () => {
  test('that one was removed', async ({ team: { ana, bo, slug } }) => {
    await ana.goes(`/${slug}/settings/members`);
    const menu = await ana.opensRowMenu('Bo');
    await appears('removed → the page says so', bo.page, () => ana.presses('Remove Bo', menu), says, [STATUS, "You're no longer a member"]);
    await expect(bo.page.locator(STATUS)).toHaveRole('status');

    // Nothing more comes: what happens now is not for Bo.
    const late = `late@${slug}.test`;
    await ana.hasInvited(slug, late);
    await bo.page.waitForTimeout(500);
    await expect(bo.page.getByText('Pending invitations')).toHaveCount(0);
  });

  test('that one may do less, by doing less', async ({ team: { ana, bo, slug } }) => {
    await expect(bo.page.getByRole('link', { name: 'Invite people' })).toBeVisible();
    await ana.goes(`/${slug}/settings/members`);
    const demote = () => ana.setsRole('Bo', 'Viewer');
    await appears('demoted → the page narrows', bo.page, demote, saysNot, ['.page-actions', 'Invite people']);
    await expect(bo.page.getByRole('navigation', { name: 'Settings' }).getByRole('link')).toHaveText(['General', 'Members']);
    await expect(bo.page.locator('tbody select')).toHaveCount(0);
  });

  test('that one may do more', async ({ team: { ana, bo, slug } }) => {
    await ana.goes(`/${slug}/settings/members`);
    await ana.setsRole('Bo', 'Viewer');
    await expect(bo.page.getByRole('link', { name: 'Invite people' })).toHaveCount(0);
    const promote = () => ana.setsRole('Bo', 'Admin');
    await appears('promoted → the page widens', bo.page, promote, says, ['.page-actions', 'Invite people']);
    await bo.page.getByRole('link', { name: 'Invite people' }).click();
    await expect(bo.page.getByRole('dialog', { name: 'Invite people' })).toBeVisible();
  });

  test('that a page is not for one any more', async ({ team: { ana, bo, slug } }) => {
    await watches(bo, `/${slug}/settings/invitations`);
    await ana.goes(`/${slug}/settings/members`);
    const demote = () => ana.setsRole('Bo', 'Viewer');
    await demote();
    const title = bo.page.getByRole('heading', { level: 1 });
    await expect(title).toHaveText("Your role doesn't allow this", { timeout: 1500 });
    await expect(bo.page.getByRole('alert')).toHaveText('Ana changed your role to Viewer. This page is for Admins and Owners.');
    await expect(bo.page.getByRole('navigation', { name: 'Organization' })).toBeVisible();
    // What the browser read again by itself is held against nobody.
    await ana.goes(`/${slug}/settings/audit-log`);
    await expect(ana.row('changed the role of')).toHaveCount(1);
    await expect(ana.row('was denied access')).toHaveCount(0);
  });

  test('that one signed out in another tab', async ({ team: { bo, slug } }) => {
    const tab = await bo.page.context().newPage();
    await tab.goto(`${bo.at.url}/${slug}`);
    await tab.locator('.account-button').click();
    const signOut = () => tab.getByRole('button', { name: 'Sign out' }).click();
    await appears('signed out → the other tab says so', bo.page, signOut, says, [STATUS, "You're signed out"]);
  });

  test('that the password was set anew', async ({ team: { ana, bo }, studio }) => {
    await ana.sends('accounts/forgot_password', { email: bo.email });
    const token = (await studio.mail.next(bo.email)).link.split('/').at(-1)!;
    const reset = () => ana.page.context().request.post(`${studio.url}/api/accounts/reset_password`, {
      form: { token, password: 'seven purple kites' },
      headers: { accept: 'text/html' },
      maxRedirects: 0,
    });
    await appears('password reset → other sessions end', bo.page, reset, says, [STATUS, "You're signed out"]);
  });
});

test.describe('when the connection is lost the page says so, and catches up', () => {
  const invite = (ana: Person, org: string) => ana.sends('invitations/invite', { org, emails: `ciro@${org}.test`, role: 'viewer' });

  test('offline and online', async ({ team: { ana, bo, slug } }) => {
    await bo.page.context().setOffline(true);
    await expect(bo.page.locator(STATUS)).toHaveText('Connection lost. Reconnecting…', { timeout: 10_000 });
    await invite(ana, slug);
    await bo.page.context().setOffline(false);
    await expect(bo.page.getByText('Pending invitations (1)')).toBeVisible({ timeout: 10_000 });
    await expect(bo.page.locator(STATUS)).toBeHidden();
  });

  test('the server starts anew', async ({ team: { ana, bo, slug }, studio }) => {
    await studio.second.kill();
    await expect(bo.page.locator(STATUS)).toHaveText('Connection lost. Reconnecting…', { timeout: 10_000 });
    await studio.second.run();
    await invite(ana, slug);
    await expect(bo.page.getByText('Pending invitations (1)')).toBeVisible({ timeout: 10_000 });
    await expect(bo.page.locator(STATUS)).toBeHidden();
  });

  test('a proxy answers while the server is away', async ({ team: { ana, bo, slug }, studio }) => {
    let asked = 0;
    await bo.page.route('**/events*', (route) => {
      asked += 1;
      return route.fulfill({ status: 502, contentType: 'text/html', body: 'Bad gateway' });
    });
    await studio.second.kill();
    await studio.second.run();
    await expect.poll(() => asked, { timeout: 10_000 }).toBeGreaterThan(0);
    await bo.page.unroute('**/events*');
    await invite(ana, slug);
    await expect(bo.page.getByText('Pending invitations (1)')).toBeVisible({ timeout: 15_000 });
    await expect(bo.page.locator(STATUS)).toBeHidden();
  });
});

test.describe('many tabs of one browser', () => {
  test('all load, and all are told', async ({ team: { ana, bo, slug } }) => {
    // A browser opens six connections to a server and no more; a stream takes one for as long as it is open.
    const tabs = [bo.page];
    for (let n = 2; n <= 8; n += 1) {
      const tab = await bo.page.context().newPage();
      await test.step(`tab ${n}`, () => tab.goto(`${bo.at.url}/${slug}/settings/members`, { timeout: 8000 }));
      await tab.locator('html.enhanced').waitFor({ state: 'attached' });
      tabs.push(tab);
    }
    const invite = () => ana.sends('invitations/invite', { org: slug, emails: `ciro@${slug}.test`, role: 'viewer' });
    await appears('invitation sent → another tab', tabs.at(-1)!, invite, says, ['.pending', 'Pending invitations (1)']);
    for (const tab of tabs) await expect(tab.getByText('Pending invitations (1)')).toBeVisible();
  });

  test('when one is closed the others go on', async ({ team: { ana, bo, slug } }) => {
    const tab = await bo.page.context().newPage();
    await tab.goto(`${bo.at.url}/${slug}/settings/members`);
    await tab.locator('html.enhanced').waitFor({ state: 'attached' });
    await bo.page.close();
    await ana.hasInvited(slug, `ciro@${slug}.test`);
    await expect(tab.getByText('Pending invitations (1)')).toBeVisible();
    await ana.hasInvited(slug, `dina@${slug}.test`);
    await expect(tab.getByText('Pending invitations (2)')).toBeVisible();
    await expect(tab.locator(STATUS)).toBeHidden();
  });
});
