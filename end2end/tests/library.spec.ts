import { makeLibrary } from '../support/library.ts';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Ana, who owns an organization, at its library. */
const test = base.extend<{ at: { ana: Person; slug: string } }>({
  at: async ({ person }, use) => {
    const ana = await person('Ana');
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    await ana.goes(`/${slug}/prompts`);
    await use({ ana, slug });
  },
});

async function expectStatus({ page }: Person, status: string): Promise<void> {
  await expect(page.locator('#version-status')).toHaveText(status);
}

test('a prompt from nothing to its second version', async ({ at: { ana } }) => {
  const { page } = ana;
  await page.getByRole('link', { name: 'New folder' }).click();
  await ana.fills({ Name: 'a/b' });
  expect(await ana.presses('Create folder')).toBe(422);
  await expect(page.getByText("Names can't contain")).toBeVisible();
  await ana.fills({ Name: 'Support' });
  await ana.presses('Create folder');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Support');
  await page.getByRole('link', { name: 'New prompt' }).first().click();
  await ana.fills({ Name: 'Triage' });
  await page.getByRole('radio', { name: /^Text/ }).check();
  await ana.presses('Create prompt');
  await expectStatus(ana, 'Draft');

  await page.getByLabel('Text', { exact: true }).fill('\nSort {{ ticket }}.\n');
  expect(await ana.presses('Save draft')).toBe(303);
  await expect(page.locator('#preview')).toContainText('Missing values: ticket');
  await expect(page.getByLabel('Text', { exact: true })).toHaveValue('\nSort {{ ticket }}.\n');
  await page.getByRole('textbox', { name: 'ticket' }).fill('{{ inert }} <b>');
  await ana.presses('Preview');
  await expect(page.locator('#preview pre')).toHaveText('\nSort {{ inert }} <b>.\n', { useInnerText: true });

  await ana.posts(page.getByRole('button', { name: 'Save version…' }));
  await expect(page).toHaveURL(/\/save$/);
  await ana.fills({ Message: 'The first' });
  await ana.presses('Save version 1');
  await expectStatus(ana, 'v1');
  await expect(page.locator('#toast')).toContainText('Version saved');
  await expect(page.locator('#toast').getByRole('link')).toHaveText('Deploy to development…');
  await expect(page.locator('.version')).toContainText('The first');

  await page.getByRole('link', { name: 'Prompt', exact: true }).click();
  await page.getByLabel('Text', { exact: true }).fill('\nSort {{ ticket }} kindly.\n');
  await ana.posts(page.getByRole('button', { name: 'Save version…' }));
  await expect(page).toHaveURL(/\/save$/);
  await expect(page.locator('mark')).toHaveText(' kindly');
  await ana.presses('Save version 2');
  await ana.presses('Restore version 1');
  await expect(page.locator('#toast')).toContainText('Version restored to the draft');
  await expect(page.getByLabel('Text', { exact: true })).toHaveValue('\nSort {{ ticket }}.\n');
  await ana.presses('Discard draft');
  await expect(page.locator('#toast')).toContainText('Draft discarded');
  await expect(page.getByLabel('Text', { exact: true })).toHaveValue('\nSort {{ ticket }} kindly.\n');
  await expect(page.getByRole('button', { name: 'Discard draft' })).toHaveCount(0);
  await ana.presses('Undo');
  await expect(page.getByLabel('Text', { exact: true })).toHaveValue('\nSort {{ ticket }}.\n');
  await ana.posts(page.getByRole('button', { name: 'Save version…' }));
  await ana.presses('Save version 3');
  await expectStatus(ana, 'v3');
  await page.locator('#toast').getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Deploy version 3 of Support/Triage to development');
});

test('a chat is put together', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  await ana.goes(`/${slug}/prompts/new`);
  await ana.fills({ Name: 'Chat' });
  await ana.presses('Create prompt');
  await ana.fills({ 'Message 1': 'Be kind.', 'Message 2': 'Hello' });
  await ana.posts(page.getByRole('button', { name: 'Assistant', exact: true }));
  await ana.fills({ 'Message 3': 'Hi' });
  await ana.posts(page.getByRole('button', { name: 'Move message 3 up' }));
  const texts = page.locator('.editor .message textarea');
  await expect(texts).toHaveCount(3);
  for (const [n, text] of ['Be kind.', 'Hi', 'Hello'].entries()) await expect(texts.nth(n)).toHaveValue(text);
  await ana.posts(page.getByRole('button', { name: 'Remove message 1' }));
  await expect(texts).toHaveCount(2);
  await page.locator('summary', { hasText: 'Variables' }).click();
  await page.getByLabel('Name of variable 1').fill('not a name');
  await texts.first().fill('Hi there');
  expect(await ana.presses('Save draft')).toBe(422);
  await expect(page.getByText('Start with a letter')).toBeVisible();
  await expect(texts.first(), 'nothing is lost').toHaveValue('Hi there');
});

test('two people at one draft', async ({ at: { ana, slug }, person }) => {
  const { triage } = await makeLibrary(ana, slug);
  const ben = await person('Ben');
  await ana.hasAdmitted(slug, ben, 'Editor');
  for (const one of [ana, ben]) await one.goes(`/${slug}/prompts/${triage}`);
  // Ana's network is slow: what she types does not arrive while Ben writes.
  await ana.page.route('**/api/prompts/save_draft', (route) => route.abort());
  await ana.page.getByLabel('Message 3', { exact: true }).fill('From Ana');
  await ben.page.getByLabel('Message 3', { exact: true }).fill('From Ben');
  expect(await ben.presses('Save draft')).toBe(303);
  await ana.page.unroute('**/api/prompts/save_draft');
  expect(await ana.presses('Save draft')).toBe(409);
  await expect(ana.page.getByText('Ben edited this draft while you were editing it.')).toBeVisible();
  await expect(ana.page.getByLabel('Message 3', { exact: true }), 'what she typed is kept').toHaveValue('From Ana');
  // Saving again is no decision.
  expect(await ana.presses('Save draft')).toBe(409);
  await ben.goes(`/${slug}/prompts/${triage}`);
  await expect(ben.page.getByLabel('Message 3', { exact: true })).toHaveValue('From Ben');
  const difference = ana.page.locator('#conflict .diff');
  await expect(difference).toContainText('From Ben');
  await expect(difference).toContainText('From Ana');
  expect(await ana.presses('Replace Ben’s draft')).toBe(303);
  await ben.goes(`/${slug}/prompts/${triage}`);
  await expect(ben.page.getByLabel('Message 3', { exact: true })).toHaveValue('From Ana');
  // What he wrote comes back.
  await ben.goes(`/${slug}/prompts/${triage}/drafts`);
  const replaced = ben.page.getByRole('listitem').filter({ hasText: 'Before it was replaced' }).first();
  await ben.posts(replaced.getByRole('button', { name: 'Restore' }));
  await expect(ben.page.getByLabel('Message 3', { exact: true })).toHaveValue('From Ben');
});

test('what is removed can be brought back', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  const { triage } = await makeLibrary(ana, slug);
  await ana.goes(`/${slug}/prompts/${triage}`);
  await page.getByLabel('Message 3', { exact: true }).fill('Typed just now');
  expect(await ana.presses('Remove message 3')).toBe(303);
  await expect(page.getByLabel('Message 3', { exact: true })).toHaveCount(0);
  await expect(page.locator('#toast')).toContainText('Message removed');
  await ana.presses('Undo');
  await expect(page.getByLabel('Message 3', { exact: true })).toHaveValue('Typed just now');
  await ana.goes(`/${slug}/prompts/${triage}/details`);
  const ask = page.getByRole('button', { name: 'Delete Triage' });
  await ask.first().click();
  await ana.posts(ask.last());
  await expect(page.locator('#toast')).toContainText('Moved to trash');
  await ana.presses('Undo');
  await expect(page.locator('#contents')).toContainText('Triage');
});

test('what is used stays; what is deleted comes back', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  const { tone, triage, folder } = await makeLibrary(ana, slug);
  await ana.goes(`/${slug}/prompts/${tone}/details`);
  await expect(page.getByText('v2 uses v1')).toBeVisible();
  const deletes = async (name: string) => {
    const ask = page.getByRole('button', { name: `Delete ${name}` });
    await ask.first().click();
    return ana.posts(ask.last());
  };
  await expect(page.getByText('Other prompts include Tone: Support/Triage. Change them before you delete it.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Delete Tone' })).toHaveCount(0);
  await ana.goes(`/${slug}/prompts/${triage}/details`);
  await deletes('Triage');
  await expect(page).toHaveURL(new RegExp(`${folder}$`));
  await expect(page.locator('#contents')).not.toContainText('Triage');
  await ana.goes(`/${slug}/prompts/trash`);
  await ana.presses('Restore Support/Triage');
  await ana.goes(`/${slug}/prompts/folders/${folder}`);
  await expect(page.locator('#contents')).toContainText('Triage');
});

test('a change of variables is undone', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  const { folder } = await makeLibrary(ana, slug);
  await ana.goes(`/${slug}/prompts/folders/${folder}`);
  await page.getByLabel('Name of variable 1').fill('');
  await page.getByLabel('Value of variable 1').fill('');
  await page.getByLabel('Value of variable 2').fill('');
  await ana.presses('Save variables');
  await expect(page.locator('#toast')).toContainText('Variables saved');
  await expect(page.getByLabel('Name of variable 1')).toHaveValue('max_words');
  await expect(page.getByLabel('Value of variable 1')).toHaveValue('');
  await ana.presses('Undo');
  await expect(page.locator('#toast')).toContainText('Variables restored');
  await expect(page.getByLabel('Name of variable 1')).toHaveValue('audience');
  await expect(page.getByLabel('Value of variable 1')).toHaveValue('colleagues');
  await expect(page.getByLabel('Value of variable 2')).toHaveValue('200');
});

test('a folder is moved, and its variables come along', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  const { folder, tone } = await makeLibrary(ana, slug);
  await ana.goes(`/${slug}/prompts/folders/${folder}`);
  await page.getByRole('link', { name: 'Move folder…' }).click();
  await page.getByLabel('Folder', { exact: true }).selectOption('Marketing');
  await ana.presses('Move folder');
  await expect(page.getByRole('navigation', { name: 'Breadcrumb' })).toHaveText(/Prompts\s*Marketing\s*Support/);
  await ana.goes(`/${slug}/prompts/${tone}`);
  await expect(page.locator('#preview pre')).toHaveText('Be kind and brief. You write to colleagues.');
  await ana.goes(`/${slug}/prompts/${tone}/details`);
  await page.getByRole('link', { name: 'Move prompt…' }).click();
  await page.getByLabel('Folder', { exact: true }).selectOption('Marketing/Support');
  await ana.presses('Move prompt');
  await expect(page.getByRole('navigation', { name: 'Breadcrumb' })).toHaveText(/Prompts\s*Marketing\s*Support\s*Tone/);
});

test('a prompt is found by its words', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  await makeLibrary(ana, slug);
  await ana.goes(`/${slug}/prompts`);
  const looksFor = async (words: string) => {
    await page.getByRole('searchbox', { name: 'Search prompts' }).fill(words);
    await page.getByRole('searchbox', { name: 'Search prompts' }).press('Enter');
  };
  await looksFor('billing support');
  await expect(page.getByRole('status').filter({ hasText: '1 prompt' })).toBeVisible();
  // They stand in two lines: the first is shown.
  await expect(page.locator('.hits .hit-line')).toContainText('You sort support tickets');
  await expect(page.locator('.hits mark')).toHaveText(['support']);
  await looksFor('bug billing');
  await expect(page.locator('.hits mark')).toHaveText(['billing', 'bug']);
  await page.locator('.hits').getByRole('link', { name: 'Triage' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Triage');
});

test('a library goes out and comes in', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  await makeLibrary(ana, slug);
  const other = unique('Globex');
  await ana.hasOrganization(other);
  await ana.goes(`/${slug}/prompts`);
  const file = await (await page.request.get(await page.getByRole('link', { name: 'Export all' }).getAttribute('href').then((url) => ana.at.url + url!))).body();
  const takes = async (name: string, bytes: Buffer) => {
    await ana.goes(`/${other.slug}/prompts`);
    await page.getByRole('link', { name: 'Import' }).click();
    await page.getByLabel('File').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: bytes });
    return ana.presses('Preview import');
  };
  expect(await takes('x.json', Buffer.from('{}'))).toBe(422);
  await expect(page.getByText("This file isn't a Prompt Studio export")).toBeVisible();
  expect(await takes('prompts.json', file)).toBe(303);
  await expect(page.getByText('5 new', { exact: true })).toBeVisible();
  await expect(page.getByRole('row', { name: /Support\/Triage/ })).toContainText('Prompt with 2 versions');
  await ana.posts(page.getByRole('main').getByRole('button', { name: 'Import' }));
  await expect(page).toHaveURL(new RegExp(`/${other.slug}/prompts$`));
  await expect(page.locator('#contents')).toContainText('Support');
  expect(await takes('again.json', file)).toBe(303);
  await expect(page.getByText('Nothing to import: everything already exists')).toBeVisible();
  await expect(page.getByRole('main').getByRole('button', { name: 'Import' })).toHaveCount(0);
  expect(await takes('Be kind.txt', Buffer.from('To {{ whom }}.\n'))).toBe(303);
  await expect(page.getByRole('row', { name: /Be kind/ })).toContainText('New');
  expect(await takes('promptfoo.yaml', Buffer.from('prompts: [a]\nproviders: [b]\n'))).toBe(422);
  await expect(page.getByText('This looks like a promptfoo configuration')).toBeVisible();
  expect(await takes('one.md', Buffer.from('---\npath: Notes/One\n---\nBe {{ kind }}.\n'))).toBe(303);
  await expect(page.getByRole('row', { name: /Notes\/One/ })).toContainText('New');
});

test('names are text wherever they stand', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  const text = '"><img src=x onerror="window.attacked=1">{{ x }}</textarea><script>window.attacked=1</script>';
  const prompt = await ana.sends('prompts/create', { org: slug, name: 'It’s & "quoted" \'n’ 50%', kind: 'text' });
  const path = prompt.headers()['location']!;
  await ana.goes(path);
  await page.getByLabel('Text', { exact: true }).fill(text);
  await page.locator('summary', { hasText: 'Variables' }).click();
  await ana.fills({ 'Name of variable 1': 'x', 'Default of variable 1': text, 'Description of variable 1': text });
  expect(await ana.presses('Save draft')).toBe(303);
  await ana.posts(page.getByRole('button', { name: 'Save version…' }));
  await ana.fills({ Message: text });
  await ana.presses('Save version 1');
  for (const place of ['', '/versions', '/versions/1', '/details', '/compare?from=1&to=draft', '/save']) {
    await ana.goes(path + place);
    expect(await page.evaluate(() => 'attacked' in window), place).toBe(false);
  }
});

test('a new team is led from the samples to what a service fetches', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  await ana.goes(`/${slug}`);
  expect(await ana.presses('Add sample prompts')).toBe(303);
  await expect(page.getByText('curl --get')).toContainText('Extract%20receipt');
  await page.getByRole('link', { name: 'Deploy version 1' }).click();
  await expect(page.locator('.difference')).toContainText('You read receipts');
  await ana.presses('Deploy');
  await ana.goes(`/${slug}`);
  await expect(page.getByRole('link', { name: 'Deploy version 1' })).toHaveCount(0);
  await expect(page.getByText('curl --get')).toBeVisible();
});
