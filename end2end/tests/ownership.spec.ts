import type { Locator } from '@playwright/test';
import { expectFlaw } from '../support/flaws.ts';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Ana, who owns an organization, at its danger zone, and Bo, an Editor of it. */
const test = base.extend<{ team: { ana: Person; bo: Person; name: string; slug: string; zone: string } }>({
  team: async ({ person }, use) => {
    const [ana, bo] = [await person('Ana'), await person('Bo')];
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    await ana.hasAdmitted(slug, bo, 'Editor');
    const zone = `/${slug}/settings/danger-zone`;
    await ana.goes(zone);
    await use({ ana, bo, name, slug, zone });
  },
});

function title({ page }: Person): Locator {
  return page.getByRole('heading', { level: 1 });
}

async function offers(ana: Person, to: Person): Promise<void> {
  await ana.page.getByLabel('New Owner').selectOption(to.email);
  expect(await ana.presses('Send transfer offer')).toBe(303);
  await expect(ana.page.locator('#toast')).toHaveText('Offer sent');
}

test.describe('handing over', () => {
  test('an Owner offers, a member accepts from the letter', async ({ team: { ana, bo, name, slug, zone }, studio }) => {
    await offers(ana, bo);
    await expect(ana.page.getByRole('main')).toContainText(`Offered to Bo (${bo.email}) by Ana. The offer expires in 7 days`);

    const letter = await studio.mail.next(bo.email);
    expect(letter.subject).toBe(`Ana wants to transfer ${name} to you`);
    expect(letter.link).toBe(`${studio.url}/${slug}/transfer`);
    await bo.goes(letter.link);
    await expect(title(bo)).toHaveText(`Ana wants to transfer ${name} to you`);
    await bo.presses(`Become Owner of ${name}`);
    await expect(bo.page).toHaveURL(`${bo.at.url}/${slug}/settings/members`);
    await expect(bo.page.locator('#toast')).toHaveText("You're now an Owner");
    await expect(bo.page.getByLabel('Role of Bo', { exact: true })).toHaveValue('owner');
    await expect(bo.page.getByLabel('Role of Ana', { exact: true })).toHaveValue('admin');
    expect((await studio.mail.next(ana.email)).subject).toBe(`Bo is now an Owner of ${name}`);

    expect(await ana.goes(zone), 'the zone is the new Owner’s').toBe(403);
    expect(await bo.goes(`/${slug}/transfer`), 'an offer is taken once').toBe(404);
  });

  test('the dashboard says so, and the offer can be declined', async ({ team: { ana, bo, name, slug, zone } }) => {
    await offers(ana, bo);
    await ana.goes(`/${slug}`);
    await expect(ana.page.getByText('wants to transfer this organization to you')).toHaveCount(0);
    await bo.goes(`/${slug}`);
    await expect(bo.page.getByText('Ana wants to transfer this organization to you')).toBeVisible();
    await bo.page.getByRole('link', { name: 'View offer' }).click();
    await bo.page.waitForURL(`**/${slug}/transfer`);
    await bo.settles();
    await bo.presses('Decline');
    await expect(bo.page.locator('#toast')).toHaveText('Offer closed');
    await expect(title(bo)).toHaveText(name);
    await expect(bo.page.getByText('wants to transfer this organization to you')).toHaveCount(0);
    await ana.goes(zone);
    await expect(ana.page.getByRole('button', { name: 'Send transfer offer' })).toBeVisible();
  });

  test('an offer is taken back', async ({ team: { ana, bo, name, slug }, studio }) => {
    await offers(ana, bo);
    const { link } = await studio.mail.next(bo.email);
    expect(await bo.goes(link)).toBe(200);
    await ana.presses('Cancel offer');
    await expect(ana.page.locator('#toast')).toHaveText('Offer closed');
    await expect(ana.page.getByLabel('New Owner')).toHaveValue('');
    // Bo has the page still.
    expect(await bo.presses(`Become Owner of ${name}`)).toBeGreaterThanOrEqual(400);
    await expect(bo.page.getByRole('main')).not.toContainText('Your role: Owner');
    expect(await bo.goes(link)).toBe(404);
    await bo.goes(`/${slug}/settings/members`);
    await expect(bo.row(bo.email)).toContainText('Editor');
  });

  test('only another member, who is chosen', async ({ team: { ana, bo } }) => {
    const member = ana.page.getByLabel('New Owner');
    await expect(member.getByRole('option')).toHaveText(['Choose a member', `Bo (${bo.email})`]);
    expect(await ana.presses('Send transfer offer')).toBe(422);
    await expectFlaw(member, 'Choose a member.', '');
  });
});

test.describe('deleting', () => {
  test('it takes the address; it can be restored', async ({ team: { ana, bo, name, slug }, studio }) => {
    const typed = ana.page.getByLabel('URL of the organization');
    await typed.fill('acme');
    expect(await ana.presses(`Delete ${name}`)).toBe(422);
    await expectFlaw(typed, "This doesn't match the URL.", 'acme');
    expect(await bo.goes(`/${slug}`)).toBe(200);

    await typed.fill(slug);
    await ana.presses(`Delete ${name}`);
    await expect(ana.page).toHaveURL(`${ana.at.url}/account/organizations`);
    await expect(ana.page.locator('#toast')).toHaveText('Organization deleted');
    await expect(ana.page.locator('#workspaces')).not.toContainText(name);
    await expect(ana.page.locator('#deleted')).toContainText(name);
    expect((await studio.mail.next(ana.email)).subject).toBe(`${name} was deleted`);
    expect(await bo.goes(`/${slug}`)).toBe(404);
    expect(await ana.goes(`/${slug}`)).toBe(404);
    await bo.goes('/account/organizations');
    await expect(bo.page.getByText(name), 'only Owners restore').toHaveCount(0);

    await ana.goes('/account/organizations');
    await ana.presses(`Restore ${name}`);
    await expect(ana.page).toHaveURL(`${ana.at.url}/${slug}`);
    await expect(ana.page.locator('#toast')).toHaveText('Organization restored');
    await expect(title(ana)).toHaveText(name);
    expect(await bo.goes(`/${slug}`)).toBe(200);
    await ana.goes('/account/organizations');
    await expect(ana.page.locator('#deleted')).toHaveCount(0);
  });

  test('is for Owners', async ({ team: { ana, bo, slug, zone } }) => {
    const { page } = ana;
    await expect(page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Danger zone' })).toBeVisible();
    await ana.sends('members/set_role', { org: slug, user: await ana.idOf(slug, bo.email), role: 'admin' });
    expect(await bo.goes(zone)).toBe(403);
    await expect(title(bo)).toHaveText("Your role doesn't allow this");
    await bo.goes(`/${slug}/settings/general`);
    const tabs = bo.page.getByRole('navigation', { name: 'Settings' }).getByRole('link');
    await expect(tabs).toHaveText(['General', 'Members', 'Invitations', 'API keys', 'Audit log']);
  });

  test('is nothing for a personal workspace', async ({ person }) => {
    const ana = await person('Ana');
    await ana.goes('/');
    await ana.goes(`${new URL(ana.page.url()).pathname}/settings/danger-zone`);
    await expect(ana.page.getByRole('main')).toContainText("It can't be transferred, and it's deleted together with your account.");
    await expect(ana.page.getByRole('main').getByRole('button')).toHaveCount(0);
  });
});

test.describe('leaving, from the list of one’s workspaces', () => {
  test('a member leaves', async ({ team: { bo, name, slug } }) => {
    await bo.goes('/account/organizations');
    const row = bo.page.locator('#workspaces').getByRole('listitem').filter({ hasText: name });
    await expect(row).toContainText('Editor');
    await row.getByRole('button', { name: `More for ${name}` }).click();
    await bo.presses(`Leave ${name}`, row);
    await expect(bo.page.locator('#toast')).toHaveText('You left the organization');
    await expect(title(bo)).toHaveText('Bo');
    expect(await bo.goes(`/${slug}`)).toBe(404);
    await bo.goes('/account/organizations');
    await expect(row).toHaveCount(0);
  });

  test('the last Owner does not', async ({ team: { ana, name, slug } }) => {
    await ana.goes('/account/organizations');
    await ana.page.getByRole('button', { name: `More for ${name}` }).click();
    await expect(ana.page.locator('#workspaces')).toContainText("You're its only Owner. Make someone else Owner first.");
    await expect(ana.page.getByRole('button', { name: `Leave ${name}` })).toHaveCount(0);
    await ana.page.getByRole('link', { name: 'Open members' }).click();
    await expect(title(ana)).toHaveText('Members');
    await expect(ana.page).toHaveURL(new RegExp(`/${slug}/settings/members$`));
  });
});
