import type { Locator, Page } from '@playwright/test';
import { looksRight } from '../support/looks.ts';
import { Server } from '../support/server.ts';
import { expect, test as base } from '../support/studio.ts';
import { makeWorld, type World } from '../support/world.ts';

const test = base.extend<{}, { world: World }>({
  world: [async ({ browser, studio }, use) => use(await makeWorld(browser, studio)), { scope: 'worker', timeout: 60_000 }],
});

// Each test looks at one page, and needs no other.
test.describe.configure({ mode: 'parallel' });
test.use({ screenshot: 'off' });

type Who = 'ana' | 'eve' | 'bo' | 'kim' | 'gil' | 'nobody';

interface Sight {
  who: Who;
  path: string | ((world: World) => string);
  status?: number;
  /** What is done on the page before it is looked at. */
  then?(page: Page, width: number, world: World): Promise<unknown>;
  windowOnly?: boolean;
}

const NARROW = 900;
const drawer = async (page: Page, width: number) => {
  if (width < NARROW) await page.getByRole('button', { name: 'Menu' }).click();
};
const submit = async (form: Page | Locator, name: string) => {
  const page = 'page' in form ? form.page() : form;
  const button = form.getByRole('button', { name, exact: true });
  const staysHere = await button.evaluate((element) => (element as HTMLButtonElement).form!.hasAttribute('data-in-place'));
  const answer = page.waitForResponse((response) => response.request().method() === 'POST');
  // A form that failed leads back to its page.
  const loaded = staysHere ? undefined : page.waitForEvent('load');
  await button.click();
  await answer;
  await loaded;
};
const password = 'password';

const SIGNED_OUT: Record<string, Sight> = {
  'sign-in': { who: 'nobody', path: '/sign-in' },
  'sign-in-wrong': {
    who: 'nobody',
    path: '/sign-in',
    then: async (page) => {
      await page.getByLabel('Email').fill('ana@acme.test');
      await page.getByLabel('Password').fill(password);
      await submit(page, 'Sign in');
    },
  },
  'api-docs': { who: 'nobody', path: '/api/docs' },
  'api-docs-open': {
    who: 'nobody',
    path: '/api/docs',
    then: async (page) => {
      await page.locator('#fetch_a_prompt > summary').click();
      await page.locator('#deploy > summary').click();
    },
  },
  'sign-up': { who: 'nobody', path: '/sign-up' },
  'sign-up-wrong': {
    who: 'nobody',
    path: '/sign-up',
    then: async (page) => {
      await page.getByLabel('Name').fill('  ');
      await page.getByLabel('Email').fill('ana@localhost');
      await page.getByLabel('Password').fill(password);
      await submit(page, 'Create account');
    },
  },
  'sign-up-sent': { who: 'nobody', path: '/sign-up/sent' },
  'link-gone': { who: 'nobody', path: `/confirm/${'A'.repeat(43)}`, status: 410 },
  'forgot-password': { who: 'nobody', path: '/forgot-password' },
  'forgot-password-sent': { who: 'nobody', path: '/forgot-password/sent' },
  'invitation-stranger': { who: 'nobody', path: (world) => world.links.stranger },
  'invitation-has-account': { who: 'nobody', path: (world) => world.links.bo },
  'invitation-copied-link': { who: 'nobody', path: (world) => world.copied },
  'invitation-welcome': { who: 'bo', path: (world) => world.links.bo },
  'invitation-other-account': { who: 'eve', path: (world) => world.links.bo },
  'invitation-expired': { who: 'nobody', path: (world) => world.links.expired, status: 410 },
  'invitation-used': { who: 'nobody', path: (world) => world.links.used, status: 410 },
  'invitation-revoked': { who: 'nobody', path: (world) => world.links.revoked, status: 410 },
  'invitation-declined': { who: 'nobody', path: (world) => world.links.declined, status: 410 },
  'invitation-unknown': { who: 'nobody', path: `/invite/${'A'.repeat(43)}`, status: 404 },
  'sign-in-code': {
    who: 'nobody',
    path: '/sign-in',
    then: async (page, _, { kim }) => {
      await page.getByLabel('Email').fill(kim.email);
      await page.getByLabel('Password').fill(kim.password);
      await submit(page, 'Sign in');
      await page.getByRole('heading', { name: 'Enter your code' }).waitFor();
    },
  },
  'not-found': { who: 'nobody', path: '/no/such/page', status: 404 },
};

const SIGNED_IN: Record<string, Sight> = {
  'not-found-signed-in': { who: 'eve', path: (world) => `/${world.fresh}`, status: 404 },
  forbidden: { who: 'eve', path: (world) => `/${world.acme}/settings/invitations`, status: 403 },
  'new-organization': { who: 'ana', path: '/new' },
  'new-organization-taken': {
    who: 'ana',
    path: '/new',
    then: async (page, _, world) => {
      await page.getByLabel('URL').fill(world.acme);
      await page.getByText('This URL is taken').waitFor();
    },
  },
  'dashboard-personal': { who: 'ana', path: '/ana-novak' },
  'dashboard-empty': { who: 'ana', path: (world) => `/${world.fresh}` },
  'dashboard-full': { who: 'ana', path: (world) => `/${world.acme}` },
  'dashboard-viewer': { who: 'eve', path: (world) => `/${world.acme}` },
  'library-empty': { who: 'ana', path: (world) => `/${world.fresh}/prompts` },
  library: { who: 'ana', path: (world) => `/${world.acme}/prompts` },
  'library-sample': { who: 'ana', path: '/ana-novak/prompts' },
  'library-search': { who: 'ana', path: (world) => `/${world.acme}/prompts/search?q=tickets` },
  'library-search-none': { who: 'ana', path: (world) => `/${world.acme}/prompts/search?q=zzz` },
  'library-viewer': { who: 'eve', path: (world) => `/${world.acme}/prompts` },
  'library-folder': { who: 'ana', path: (world) => `/${world.acme}/prompts/folders/${world.library.folder}` },
  'library-folder-viewer': { who: 'eve', path: (world) => `/${world.acme}/prompts/folders/${world.library.folder}` },
  'library-folder-wrong': {
    who: 'ana',
    path: (world) => `/${world.acme}/prompts/folders/${world.library.folder}`,
    then: async (page) => {
      await page.getByLabel('Name of variable 3').fill('not a name');
      await submit(page, 'Save variables');
      await page.locator('[aria-invalid=true]').waitFor();
    },
  },
  'library-delete-folder': {
    who: 'ana',
    path: (world) => `/${world.acme}/prompts/folders/${world.library.folder}`,
    then: (page) => page.getByRole('button', { name: 'Delete Support' }).first().click(),
    windowOnly: true,
  },
  'library-variables': { who: 'ana', path: (world) => `/${world.acme}/prompts/variables` },
  'library-trash': { who: 'ana', path: (world) => `/${world.acme}/prompts/trash` },
  'library-trash-empty': { who: 'ana', path: (world) => `/${world.fresh}/prompts/trash` },
  find: { who: 'ana', path: (world) => `/${world.acme}/find?q=t` },
  palette: {
    who: 'ana',
    path: (world) => `/${world.acme}`,
    then: async (page) => {
      await page.getByRole('link', { name: 'Search', exact: true }).click();
      await page.getByRole('dialog', { name: 'Search' }).getByRole('searchbox').fill('t');
      await page.getByRole('dialog', { name: 'Search' }).getByText('Trash').waitFor();
    },
    windowOnly: true,
  },
  'library-move-folder': { who: 'ana', path: (world) => `/${world.acme}/prompts/folders/${world.library.folder}?move=1` },
  'library-import': { who: 'ana', path: (world) => `/${world.acme}/prompts/import` },
  'library-import-wrong': {
    who: 'ana',
    path: (world) => `/${world.acme}/prompts/import`,
    then: async (page) => {
      await page.getByLabel('Or paste its text').fill('{}');
      await submit(page, 'Preview import');
      await page.locator('[aria-invalid=true]').waitFor();
    },
  },
  'library-import-preview': {
    who: 'ana',
    path: (world) => `/${world.acme}/prompts/import`,
    then: async (page) => {
      const content = { body: { text: 'Be kind.' } };
      const versions = [{ number: 1, created_at: '2026-01-31T12:00:00Z', content }];
      const broken = [{ number: 1, created_at: 'yesterday', content }];
      const prompts = [{ path: 'Guides/Tone', versions }, { path: 'Support/Tone', versions }, { path: 'Support/Broken', versions: broken }];
      const file = { format: 'prompt-studio/library/1', folders: [{ path: 'Guides' }, { path: 'Support' }], prompts };
      await page.getByLabel('Or paste its text').fill(JSON.stringify(file));
      await page.getByRole('button', { name: 'Preview import' }).click();
      await page.getByText('Import preview').waitFor();
    },
  },
  'new-prompt': { who: 'ana', path: (world) => `/${world.acme}/prompts/new?folder=${world.library.folder}` },
  'new-folder': { who: 'ana', path: (world) => `/${world.acme}/prompts/folders/new` },
  prompt: { who: 'ana', path: (world) => `/${world.acme}/prompts/${world.library.triage}` },
  'prompt-text': { who: 'ana', path: (world) => `/${world.acme}/prompts/${world.library.tone}` },
  'prompt-fresh': { who: 'ana', path: (world) => `/${world.acme}/prompts/${world.library.fresh}` },
  'prompt-viewer': { who: 'eve', path: (world) => `/${world.acme}/prompts/${world.library.triage}` },
  'prompt-preview': {
    who: 'ana',
    path: (world) => `/${world.acme}/prompts/${world.library.triage}`,
    then: async (page) => {
      await page.getByRole('textbox', { name: 'ticket', exact: true }).fill('My invoice is wrong.');
      await page.getByRole('textbox', { name: 'history', exact: true }).fill('[{"role": "user", "content": "Hello"}]');
      await submit(page, 'Preview');
      await page.locator('#preview').getByText('My invoice is wrong.').waitFor();
    },
  },
  'prompt-completion': {
    who: 'ana',
    path: (world) => `/${world.acme}/prompts/new`,
    then: async (page) => {
      // A prompt of its own, since what is typed is kept.
      await page.getByLabel('Name', { exact: true }).fill(`Completed ${Math.random().toString(36).slice(2, 8)}`);
      await page.getByRole('radio', { name: /^Text/ }).check();
      await page.getByRole('button', { name: 'Create prompt' }).click();
      await page.locator('#editor[data-marked]').waitFor();
      await page.getByLabel('Text', { exact: true }).pressSequentially('Dear {{ reader }}, [[ nowhere ]] {{ re');
      await page.getByRole('listbox').waitFor();
      // Kept, and what follows from that read again.
      await page.locator('#draft-status').getByText('Saved').waitFor();
      await page.waitForTimeout(1000);
    },
    windowOnly: true,
  },
  'prompt-wrong': {
    who: 'ana',
    path: (world) => `/${world.acme}/prompts/${world.library.triage}`,
    then: async (page) => {
      await page.getByLabel('Name of variable 3').fill('not a name');
      await page.getByLabel('Temperature').fill('hot');
      await submit(page, 'Save draft');
      await page.locator('[aria-invalid=true]').first().waitFor();
    },
  },
  'prompt-save': { who: 'ana', path: (world) => `/${world.acme}/prompts/${world.library.triage}/save` },
  'prompt-versions': { who: 'ana', path: (world) => `/${world.acme}/prompts/${world.library.triage}/versions` },
  'prompt-versions-none': { who: 'eve', path: (world) => `/${world.acme}/prompts/${world.library.fresh}/versions` },
  'prompt-drafts': { who: 'ana', path: (world) => `/${world.acme}/prompts/${world.library.triage}/drafts` },
  'prompt-version': { who: 'ana', path: (world) => `/${world.acme}/prompts/${world.library.triage}/versions/1` },
  'prompt-compare': { who: 'ana', path: (world) => `/${world.acme}/prompts/${world.library.triage}/compare?from=1&to=2` },
  'prompt-compare-split': { who: 'ana', path: (world) => `/${world.acme}/prompts/${world.library.triage}/compare?from=1&to=draft&view=split` },
  'prompt-details': { who: 'ana', path: (world) => `/${world.acme}/prompts/${world.library.tone}/details` },
  board: { who: 'ana', path: (world) => `/${world.acme}/deployments` },
  'board-viewer': { who: 'eve', path: (world) => `/${world.acme}/deployments` },
  'board-empty': { who: 'ana', path: (world) => `/${world.fresh}/deployments` },
  'board-cell': { who: 'ana', path: (world) => `/${world.acme}/deployments/${world.deployed.development}/${world.library.triage}` },
  'board-cell-viewer': { who: 'eve', path: (world) => `/${world.acme}/deployments/${world.deployed.staging}/${world.library.triage}` },
  'board-review': { who: 'ana', path: (world) => `/${world.acme}/deployments/${world.deployed.development}/${world.library.triage}/review?kind=deploy&version=2` },
  'board-review-undeploy': { who: 'ana', path: (world) => `/${world.acme}/deployments/${world.deployed.staging}/${world.library.tone}/review?kind=undeploy` },
  'board-request': { who: 'ana', path: (world) => `/${world.acme}/deployments/requests/${world.deployed.request}` },
  'prompt-history': { who: 'ana', path: (world) => `/${world.acme}/deployments/prompts/${world.library.triage}` },
  'environment-history': { who: 'ana', path: (world) => `/${world.acme}/deployments/${world.deployed.development}` },
  'api-keys-none': { who: 'ana', path: (world) => `/${world.fresh}/settings/api-keys` },
  'api-keys': { who: 'ana', path: (world) => `/${world.acme}/settings/api-keys` },
  'api-keys-ended': { who: 'ana', path: (world) => `/${world.acme}/settings/api-keys?ended=yes` },
  'api-key': { who: 'ana', path: (world) => `/${world.acme}/settings/api-keys/${world.key}` },
  'api-key-new': { who: 'ana', path: (world) => `/${world.acme}/settings/api-keys/new` },
  'api-key-wrong': {
    who: 'ana',
    path: (world) => `/${world.acme}/settings/api-keys/new`,
    then: async (page) => {
      await page.getByLabel('Name').fill('Sample');
      await page.getByRole('textbox', { name: 'Folders' }).fill('Nowhere');
      await submit(page, 'Create API key');
    },
  },
  'api-key-shown': {
    who: 'ana',
    path: (world) => `/${world.acme}/settings/api-keys/new`,
    then: async (page) => {
      await page.getByLabel('Name').fill('Sample');
      await submit(page, 'Create API key');
    },
  },
  environments: { who: 'ana', path: (world) => `/${world.acme}/deployments/environments` },
  environment: { who: 'ana', path: (world) => `/${world.acme}/deployments/environments/${world.deployed.production}` },
  'prompt-details-viewer': { who: 'eve', path: (world) => `/${world.acme}/prompts/${world.library.tone}/details` },
  'general-owner': { who: 'ana', path: (world) => `/${world.acme}/settings/general` },
  'general-viewer': { who: 'eve', path: (world) => `/${world.acme}/settings/general` },
  'general-wrong': {
    who: 'ana',
    path: (world) => `/${world.fresh}/settings/general`,
    then: async (page) => {
      await page.getByLabel('Name', { exact: true }).fill('  ');
      await submit(page, 'Save profile');
      await page.locator('[aria-invalid=true]').waitFor();
    },
  },
  'general-picture': { who: 'ana', path: (world) => `/${world.offered}/settings/general` },
  'general-wrong-everywhere': {
    who: 'ana',
    path: (world) => `/${world.fresh}/settings/general`,
    then: async (page) => {
      await page.getByLabel('Allowed email domains').fill('localhost');
      await submit(page, 'Save invitation settings');
      await page.locator('[aria-invalid=true]').waitFor();
      await page.getByLabel('Image', { exact: true }).setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
      await submit(page, 'Save avatar');
      await page.locator('[type=file][aria-invalid=true]').waitFor();
    },
  },
  'members-1': { who: 'ana', path: (world) => `/${world.fresh}/settings/members` },
  'members-12': { who: 'ana', path: (world) => `/${world.acme}/settings/members` },
  'members-120': { who: 'ana', path: (world) => `/${world.big}/settings/members?sort=-joined`, windowOnly: true },
  'members-120-end': {
    who: 'ana',
    path: (world) => `/${world.big}/settings/members`,
    then: (page) => page.getByRole('link', { name: 'Next page' }).click(),
  },
  'members-none-found': { who: 'ana', path: (world) => `/${world.acme}/settings/members?search=zzz` },
  'members-viewer': { who: 'eve', path: (world) => `/${world.acme}/settings/members` },
  'members-row-menu': {
    who: 'ana',
    path: (world) => `/${world.acme}/settings/members`,
    then: (page) => page.getByRole('button', { name: 'More for Bo Dvořák' }).click(),
    windowOnly: true,
  },
  'members-refused': {
    who: 'ana',
    path: (world) => `/${world.fresh}/settings/members`,
    then: async (page) => {
      await page.getByLabel('Role of Ana Novak', { exact: true }).selectOption('Viewer');
      await page.getByRole('button', { name: 'Save role of Ana Novak' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  'invitations-empty': { who: 'ana', path: (world) => `/${world.fresh}/settings/invitations` },
  'invitations-full': { who: 'ana', path: (world) => `/${world.acme}/settings/invitations` },
  'invitations-row-menu': {
    who: 'ana',
    path: (world) => `/${world.acme}/settings/invitations`,
    then: (page) => page.getByRole('button', { name: 'More for new@client.test' }).click(),
    windowOnly: true,
  },
  'members-invited-menu': {
    who: 'ana',
    path: (world) => `/${world.acme}/settings/members?search=client`,
    then: (page) => page.getByRole('button', { name: 'More for new@client.test' }).click(),
    windowOnly: true,
  },
  'audit-log': { who: 'ana', path: (world) => `/${world.acme}/settings/audit-log` },
  'audit-log-filtered': {
    who: 'ana',
    path: (world) => `/${world.acme}/settings/audit-log?actor=Ana+Novak&action=organization.updated&from=2026-01-01`,
  },
  'audit-log-nothing-found': { who: 'ana', path: (world) => `/${world.acme}/settings/audit-log?actor=Mallory` },
  'danger-zone': { who: 'ana', path: (world) => `/${world.acme}/settings/danger-zone` },
  'danger-zone-wrong': {
    who: 'ana',
    path: (world) => `/${world.acme}/settings/danger-zone`,
    then: async (page) => {
      await page.getByLabel('URL of the organization').fill('acme');
      await submit(page, 'Delete Acme Prompts');
      await page.locator('[aria-invalid=true]').waitFor();
    },
  },
  'danger-zone-password': { who: 'gil', path: (world) => `/${world.gils}/settings/danger-zone` },
  'danger-zone-personal': { who: 'ana', path: '/ana-novak/settings/danger-zone' },
  'danger-zone-offered': { who: 'ana', path: (world) => `/${world.offered}/settings/danger-zone` },
  'transfer-offer': { who: 'bo', path: (world) => `/${world.offered}/transfer` },
  'dashboard-offered': { who: 'bo', path: (world) => `/${world.offered}` },
  'account-profile': { who: 'eve', path: '/account' },
  'account-profile-waiting': { who: 'gil', path: '/account' },
  'account-address': { who: 'gil', path: (world) => world.address },
  'account-address-other': { who: 'eve', path: (world) => world.address, status: 410 },
  'account-security-off': { who: 'eve', path: '/account/security' },
  'account-security-wrong': {
    who: 'eve',
    path: '/account/security',
    then: async (page) => {
      await page.getByLabel('Current password').fill('not this one');
      await page.getByLabel('New password').fill('seven purple kites');
      await submit(page, 'Change password');
      await page.locator('[aria-invalid=true]').waitFor();
    },
  },
  'account-security-waiting': { who: 'gil', path: '/account/security' },
  'account-security-on': {
    who: 'kim',
    path: '/account/security',
    then: async (page) => {
      await submit(page, 'Create new recovery codes');
      await page.locator('#recovery-codes').waitFor();
    },
  },
  'account-organizations': { who: 'ana', path: '/account/organizations' },
  'account-organizations-menu': {
    who: 'ana',
    path: '/account/organizations',
    then: (page) => page.getByRole('button', { name: 'More for Acme Prompts' }).click(),
    windowOnly: true,
  },
  'account-closure-refused': { who: 'ana', path: '/account/closure' },
  'account-closure': { who: 'eve', path: '/account/closure' },
  'invite-page': { who: 'ana', path: (world) => `/${world.acme}/settings/invitations/new` },
  'invite-dialog': {
    who: 'ana',
    path: (world) => `/${world.acme}/settings/members`,
    then: (page) => page.getByRole('link', { name: 'Invite people' }).click(),
    windowOnly: true,
  },
  'invite-dialog-results': {
    who: 'ana',
    path: (world) => `/${world.big}/settings/members`,
    then: async (page) => {
      await page.getByRole('link', { name: 'Invite people' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Emails').fill('gil@client.test, nonsense');
      await submit(dialog, 'Send 1 invitation');
      await dialog.getByRole('listitem').first().waitFor();
    },
    windowOnly: true,
  },
  'switcher-open': {
    who: 'ana',
    path: (world) => `/${world.acme}`,
    then: async (page, width) => {
      await drawer(page, width);
      await page.locator('.switcher-button').click();
    },
    windowOnly: true,
  },
  'account-menu-open': {
    who: 'ana',
    path: (world) => `/${world.acme}`,
    then: async (page, width) => {
      await drawer(page, width);
      await page.locator('.account-button').click();
    },
    windowOnly: true,
  },
  'live-status': {
    who: 'ana',
    path: (world) => `/${world.acme}/settings/members`,
    // What it looks like; that it is said is the affair of other tests.
    then: (page) =>
      page.locator('#live-status').evaluate((status: HTMLElement) => {
        status.textContent = 'Connection lost. Reconnecting…';
        status.dataset.state = 'offline';
        status.hidden = false;
      }),
    windowOnly: true,
  },
};

for (const [name, { who, path, then, status, windowOnly }] of Object.entries({ ...SIGNED_OUT, ...SIGNED_IN })) {
  test(name, async ({ world }) => {
    const person = world[who];
    const open = async (width: number) => {
      const answer = await person.goes(typeof path === 'string' ? path : path(world));
      await then?.(person.page, width, world);
      await person.settles();
      return answer;
    };
    await looksRight(person.page, { name, open, status: status ?? 200, windowOnly });
  });
}

test('coming into the app for the first time is smooth', async ({ person, visitor }) => {
  const [ana, arriving] = [await person('Ana'), await visitor('Ana')];
  const errors: string[] = [];
  arriving.page.on('pageerror', (error) => errors.push(error.message));
  await arriving.page.route('**/prompt-studio.css', async (route) => {
    await new Promise((passed) => setTimeout(passed, 300));
    await route.continue();
  });
  await arriving.goes('/sign-in');
  await arriving.fills({ Email: ana.email, Password: ana.password });
  await arriving.presses('Sign in');
  await expect(arriving.page.getByRole('heading', { level: 1 })).toHaveText('Ana');
  await arriving.page.waitForTimeout(300);
  expect(errors).toEqual([]);
});

test('confirm and reset', async ({ visitor, studio }) => {
  const [ana, elsewhere] = [await visitor('Ana'), await visitor('Ana')];
  await ana.signsUp();
  const { link } = await studio.mail.next(ana.email);
  await looksRight(ana.page, { name: 'confirm', open: () => ana.goes(link), status: 200 });
  await looksRight(elsewhere.page, { name: 'confirm-elsewhere', open: () => elsewhere.goes(link), status: 200 });
  await ana.goes(link);
  await ana.presses('Confirm and sign in');
  await elsewhere.sends('accounts/forgot_password', { email: ana.email });
  const reset = (await studio.mail.next(ana.email)).link;
  await looksRight(elsewhere.page, { name: 'reset-password', open: () => elsewhere.goes(reset), status: 200 });
});

test('the mailbox of development', async ({ visitor }) => {
  const server = await Server.start({ name: 'mailbox' });
  try {
    const ana = await visitor('Ana', server);
    await looksRight(ana.page, { name: 'mailbox-empty', open: () => ana.goes('/dev/mailbox'), status: 200 });
    await ana.signsUp();
    await looksRight(ana.page, { name: 'sign-up-sent-mailbox', open: () => ana.goes('/sign-up/sent'), status: 200 });
    const list = async () => {
      const status = await ana.goes('/dev/mailbox');
      await ana.page.getByRole('link', { name: 'Confirm your email' }).waitFor();
      return status;
    };
    await looksRight(ana.page, { name: 'mailbox', open: list, status: 200 });
    const letter = async () => {
      const status = await list();
      await ana.page.getByRole('link', { name: 'Confirm your email' }).click();
      await ana.page.waitForURL('**/dev/mailbox/*');
      return status;
    };
    await looksRight(ana.page, { name: 'mailbox-letter', open: letter, status: 200 });
  } finally {
    await server.stop();
  }
});
