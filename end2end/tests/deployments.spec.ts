import { makeLibrary, saves, writes } from '../support/library.ts';
import { watches } from '../support/live.ts';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Ana, who owns an organization with a library; and Ed, who may edit it. */
const test = base.extend<{ at: { ana: Person; slug: string; tone: string }; ed: Person }>({
  at: async ({ person }, use) => {
    const ana = await person('Ana');
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    const { tone } = await makeLibrary(ana, slug);
    await use({ ana, slug, tone });
  },
  ed: async ({ at: { ana, slug }, person }, use) => {
    const ed = await person('Ed');
    await ana.hasAdmitted(slug, ed, 'Editor');
    await use(ed);
  },
});

/** Goes from the board to a prompt in an environment. */
async function opens({ page }: Person, at: string): Promise<void> {
  await page.getByRole('link', { name: `${at}: ` }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(at.split('/')[1]!);
}

test('a version goes through the environments and back', async ({ at: { ana, slug, tone } }) => {
  const { page } = ana;
  await ana.goes(`/${slug}`);
  await page.getByRole('link', { name: 'Deployments', exact: true }).click();
  await opens(ana, 'Support/Tone in development');
  await page.getByRole('link', { name: 'Deploy v1…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Deploy version 1 of Support/Tone to development');
  await ana.fills({ Reason: 'It is good' });
  expect(await ana.presses('Deploy')).toBe(303);
  await expect(page.getByText('Version 1 is live (latest).')).toBeVisible();
  await expect(page.locator('#history')).toContainText('It is good');
  await page.getByRole('link', { name: 'Promote v1 to staging…' }).click();
  await ana.presses('Promote');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Tone in staging');
  await writes(ana, slug, tone, { kind: 'text', text: 'Be kind.' });
  await saves(ana, slug, tone, '');
  await ana.goes(`/${slug}/deployments`);
  await expect(page.getByRole('link', { name: 'Support/Tone in development' })).toContainText('v1, 1 behind');
  await opens(ana, 'Support/Tone in development');
  await page.getByRole('link', { name: 'Deploy v2…' }).click();
  await expect(page.locator('.difference')).toContainText('Be kind and brief.');
  await ana.presses('Deploy');
  await page.getByRole('link', { name: 'Roll back…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Roll Support/Tone in development back to version 1');
  await ana.presses('Roll back');
  await expect(page.getByText('Version 1 is live, 1 version behind the latest.')).toBeVisible();
  await page.getByRole('link', { name: 'Undeploy…' }).click();
  await ana.presses('Undeploy');
  await expect(page.getByText('Nothing is live here.')).toBeVisible();
  await expect(page.locator('#history li')).toHaveCount(4);
});

test('production wants somebody else to agree', async ({ at: { ana, slug }, ed }) => {
  await ed.goes(`/${slug}/deployments`);
  // Whoever deploys sees it at every width: in the head of a table, or in each line.
  for (const [width, where] of [[360, 'tbody tr:first-child'], [700, 'tbody tr:first-child'], [1280, 'thead']] as const) {
    await ed.page.setViewportSize({ width, height: 900 });
    await expect(ed.page.locator(`.board ${where}`).getByText('Protected')).toBeVisible();
  }
  await opens(ed, 'Support/Tone in production');
  await ed.page.getByRole('link', { name: 'Deploy v1…' }).click();
  await ed.fills({ Reason: 'Customers wait' });
  expect(await ed.presses('Request approval')).toBe(303);
  await expect(ed.page.getByText('Nothing is live here.')).toBeVisible();
  await ed.goes(`/${slug}/deployments`);
  const waiting = (who: Person) => who.page.locator('#waiting');
  await expect(waiting(ed)).toContainText('0 of 1 approved');
  await expect(waiting(ed).getByRole('button', { name: 'Approve' })).toHaveCount(0);
  await ana.goes(`/${slug}/deployments`);
  await expect(waiting(ana)).toContainText('Customers wait');
  await expect(waiting(ana).getByRole('button')).toHaveCount(0);
  await ana.page.getByRole('link', { name: 'Review Support/Tone' }).click();
  await expect(ana.page.locator('.difference')).toBeVisible();
  expect(await ana.presses('Approve and deploy')).toBe(303);
  await expect(waiting(ana)).toBeEmpty();
  await expect(ana.page.getByRole('link', { name: 'Support/Tone in production' })).toContainText('v1');
});

test('what waits shows by itself, and can be declined or withdrawn', async ({ at: { ana, slug }, ed }) => {
  await ana.goes(`/${slug}/deployments`);
  const waiting = ana.page.locator('#waiting');
  await expect(waiting).toBeEmpty();
  const asks = async () => {
    await ed.goes(`/${slug}/deployments`);
    await opens(ed, 'Support/Tone in production');
    await ed.page.getByRole('link', { name: 'Deploy v1…' }).click();
    await ed.presses('Request approval');
    await expect(ed.page.locator('#cell')).toContainText('Ed wants to deploy version 1 of Support/Tone to production');
  };
  await asks();
  if (ana.hasScript) await expect(waiting).toContainText('Ed wants to deploy');
  if (ana.hasScript) await expect(ana.page.locator('#nav-waiting')).toContainText('1');
  await ana.goes(`/${slug}`);
  await expect(waiting).toContainText('Ed wants to deploy');
  await ana.goes(`/${slug}/deployments`);
  await expect(ana.page.locator('#nav-waiting')).toContainText('1 request to approve');
  await expect(ana.page.getByRole('link', { name: 'Support/Tone in production' })).toContainText('v1 waiting for approval');
  await ana.page.getByRole('link', { name: 'Review Support/Tone' }).click();
  await ana.presses('Decline');
  await expect(waiting).toBeEmpty();
  await ed.goes(ed.page.url());
  await expect(ed.page.locator('#cell')).toContainText('Ana declined the request by Ed to deploy v1.');
  await asks();
  await ed.presses('Withdraw');
  await expect(ed.page.locator('#waiting')).toBeEmpty();
});

test('a history fills while one looks at it', async ({ at: { ana, slug, tone }, ed }) => {
  test.skip(!ana.hasScript, 'a page is read again by script');
  const html = await (await ana.page.request.get(`${ana.at.url}/${slug}/deployments/environments`)).text();
  const environment = html.match(/deployments\/environments\/([0-9a-f-]+)"/)![1]!;
  await watches(ana, `/${slug}/deployments/${environment}/${tone}`);
  const history = ana.page.locator('#history');
  await expect(history).toHaveText('Nothing deployed here yet.');
  await ed.sends('deployments/deploy', { org: slug, environment, prompt: tone, kind: 'deploy', version: '1', seen: '0', reason: '' });
  await expect(history).toContainText('Ed deployed v1');
  await expect(history).not.toContainText('Nothing deployed');
});

test('a cell has a menu, and any version can be deployed', async ({ at: { ana, slug, tone } }) => {
  const { page } = ana;
  await writes(ana, slug, tone, { kind: 'text', text: 'Be kind.' });
  await saves(ana, slug, tone, '');
  await ana.goes(`/${slug}/prompts/${tone}/versions/1`);
  await page.getByRole('link', { name: 'Deploy to development…' }).click();
  await ana.presses('Deploy');
  await ana.goes(`/${slug}/prompts/${tone}/versions`);
  await expect(page.locator('.version').last()).toContainText('Live in development');
  await ana.goes(`/${slug}/deployments`);
  await page.getByRole('button', { name: 'Actions for Support/Tone in development' }).click();
  await page.getByRole('link', { name: 'Promote v1 to staging…' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Promote version 1 of Support/Tone to staging');
});

test('the board is filtered, an empty cell deploys, an older version is chosen', async ({ at: { ana, slug, tone } }) => {
  const { page } = ana;
  await ana.goes(`/${slug}/deployments`);
  await expect(page.locator('#without-version')).toContainText('1 prompt has no version yet');
  await page.getByRole('link', { name: 'Deploy v2 of Support/Triage to development' }).click();
  await expect(page.locator('.difference')).toContainText('You sort support tickets');
  await page.goBack();
  await writes(ana, slug, tone, { kind: 'text', text: 'Be kind.' });
  await saves(ana, slug, tone, 'Shorter');
  await ana.goes(`/${slug}/deployments`);
  await page.getByRole('link', { name: 'Deploy v2 of Support/Tone to development' }).click();
  await page.getByLabel('Version', { exact: true }).selectOption({ label: 'Version 1: The first' });
  await page.getByRole('button', { name: 'Show this version' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Deploy version 1 of Support/Tone to development');
  await ana.presses('Deploy');
  await ana.goes(`/${slug}/deployments`);
  const paths = page.locator('.board tbody th');
  await expect(paths).toHaveText(['Support/Tone', 'Support/Triage']);
  await page.getByRole('link', { name: 'Not deployed 1' }).click();
  await expect(paths).toHaveText(['Support/Triage']);
  await page.getByRole('link', { name: 'Behind 1' }).click();
  await expect(paths).toHaveText(['Support/Tone']);
});

test('what would break is said before it is done', async ({ at: { ana, slug, tone } }) => {
  const { page } = ana;
  const order = { org: slug, kind: 'deploy', reason: '' };
  await ana.goes(`/${slug}/deployments`);
  const development = (await page.getByRole('link', { name: 'Support/Tone in development' }).getAttribute('href'))!.split('/').at(-2)!;
  const triage = (await page.getByRole('link', { name: 'Support/Triage in development' }).getAttribute('href'))!.split('/').at(-1)!;
  await ana.sends('deployments/deploy', { ...order, environment: development, prompt: tone, version: '1', seen: '0' });
  await ana.sends('deployments/deploy', { ...order, environment: development, prompt: triage, version: '2', seen: '0' });
  await writes(ana, slug, tone, { kind: 'text', text: 'Be {{ mood }}.' });
  await saves(ana, slug, tone, '');
  await ana.goes(`/${slug}/deployments/${development}/${tone}/review?kind=deploy&version=2`);
  await expect(page.getByText('Support/Triage in development would need a value for mood, but none is provided.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Deploy' })).toHaveCount(0);
});

test('environments are made, protected, ordered and deleted', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  await ana.goes(`/${slug}/deployments`);
  await page.getByRole('link', { name: 'Environments' }).click();
  await ana.fills({ Name: 'EU' });
  expect(await ana.presses('Create environment')).toBe(422);
  await expect(page.getByText('Use lowercase letters, digits and hyphens')).toBeVisible();
  await ana.fills({ Name: 'eu' });
  await ana.presses('Create environment');
  const names = page.locator('#environments tbody td:first-child');
  await expect(names).toHaveText(['development', 'staging', 'production', 'eu']);
  await ana.presses('Move up: eu');
  await expect(names).toHaveText(['development', 'staging', 'eu', 'production']);
  await page.getByRole('link', { name: 'eu', exact: true }).click();
  await page.getByLabel('Who can deploy').selectOption('2');
  await ana.presses('Save environment');
  await ana.goes(`/${slug}/deployments/environments`);
  await expect(page.getByRole('row', { name: /eu/ })).toContainText('Protected: 2 Admins approve, other than the requester');
  await page.getByRole('link', { name: 'eu', exact: true }).click();
  const ask = page.getByRole('button', { name: 'Delete eu' });
  await ask.first().click();
  await ana.posts(ask.last());
  await expect(names).toHaveText(['development', 'staging', 'production']);
});
