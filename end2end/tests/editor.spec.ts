import { makeLibrary } from '../support/library.ts';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Ana at a chat of hers, whose last message asks for a ticket. */
const test = base.extend<{ at: { ana: Person; slug: string; triage: string } }>({
  at: async ({ person }, use) => {
    const ana = await person('Ana');
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    const { triage } = await makeLibrary(ana, slug);
    await ana.goes(`/${slug}/prompts/${triage}`);
    await expect(ana.page.locator('#editor')).toHaveAttribute('data-marked');
    await use({ ana, slug, triage });
  },
});

const SAVE = '**/api/prompts/save_draft';
const text = ({ page }: Person, n: number) => page.getByLabel(`Message ${n}`, { exact: true });
const status = ({ page }: Person) => page.locator('#draft-status');

test('the draft is kept while one types', async ({ at: { ana } }) => {
  const { page } = ana;
  await text(ana, 3).fill('About {{ ticket }} and {{ topic }}');
  await expect(status(ana)).toHaveText('Saved');
  await expect(page.locator('#preview')).toContainText('Missing values: history, ticket, topic');
  await expect(page.getByRole('button', { name: 'Declare topic' })).toBeVisible();
  await page.getByRole('textbox', { name: 'history' }).fill('[]');
  await page.getByRole('textbox', { name: 'ticket' }).fill('my bill');
  await page.getByRole('textbox', { name: 'topic' }).fill('money');
  await expect(page.locator('#preview')).toContainText('About my bill and money');
  await text(ana, 3).pressSequentially('!');
  await expect(page.locator('#preview')).toContainText('About my bill and money!');
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('About {{ ticket }} and {{ topic }}!');
  await page.getByRole('button', { name: 'Declare topic' }).click();
  await expect(page.getByLabel('Name of variable 3')).toHaveValue('topic');
  await expect(text(ana, 3)).toHaveValue('About {{ ticket }} and {{ topic }}!');
});

test('what the server did not get is not lost', async ({ at: { ana } }) => {
  const { page } = ana;
  await page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('Written on a train');
  await expect(status(ana)).toContainText('Offline. Your changes');
  await page.unroute(SAVE);
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('Written on a train');
  await expect(status(ana)).toHaveText('Restored your unsaved changes.');
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('Written on a train');
  await expect(status(ana)).toBeEmpty();
});

test('nobody finds on this computer what somebody typed and did not save', async ({ at: { ana } }) => {
  const { page } = ana;
  await page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('A secret');
  await expect(status(ana)).toContainText('Offline. Your changes');
  const kept = () => page.evaluate(() => JSON.stringify(localStorage));
  expect(await kept()).toContain('secret');
  await ana.signsOut();
  expect(await kept()).toBe('{}');
});

test('what was typed and what somebody else wrote meet', async ({ at: { ana, slug, triage }, person }) => {
  const { page } = ana;
  const ben = await person('Ben');
  await ana.hasAdmitted(slug, ben, 'Editor');
  await page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('From Ana');
  await expect(status(ana)).toContainText('Offline. Your changes');
  await ben.goes(`/${slug}/prompts/${triage}`);
  await text(ben, 3).fill('From Ben');
  await expect(status(ben)).toHaveText('Saved');
  await page.unroute(SAVE);
  await page.reload();
  await expect(page.getByText('Ben edited this draft while you were editing it.')).toBeVisible();
  await expect(text(ana, 3)).toHaveValue('From Ana');
  await page.getByRole('link', { name: 'Use theirs' }).click();
  await expect(text(ana, 3)).toHaveValue('From Ben');
  await expect(page.getByText('while you were editing')).toHaveCount(0);
});

test('what others write shows where nobody writes', async ({ at: { ana, slug, triage }, person }) => {
  const ben = await person('Ben');
  await ana.hasAdmitted(slug, ben, 'Editor');
  await ben.goes(`/${slug}/prompts/${triage}`);
  await text(ben, 3).fill('From Ben');
  await expect(text(ana, 3)).toHaveValue('From Ben');
  // It was his, so it can be written on.
  await text(ana, 3).fill('From both');
  await expect(status(ana)).toHaveText('Saved');
  await expect(text(ben, 3)).toHaveValue('From both');
});

test('names are completed', async ({ at: { ana } }) => {
  const { page } = ana;
  const options = page.getByRole('option').filter({ visible: true });
  await text(ana, 3).fill('');
  await text(ana, 3).pressSequentially('Dear {{ aud');
  await expect(page.getByRole('listbox', { name: 'Variables' }).getByRole('option')).toHaveText(['audience']);
  await page.keyboard.press('Enter');
  await expect(text(ana, 3)).toHaveValue('Dear {{ audience }}');
  await text(ana, 3).pressSequentially('\nBe [[ton');
  await expect(page.getByRole('listbox', { name: 'Prompts' }).getByRole('option')).toHaveText(['Support/Tone']);
  await page.keyboard.press('Tab');
  await expect(text(ana, 3)).toHaveValue('Dear {{ audience }}\nBe [[ Support/Tone ]]');
  await text(ana, 3).pressSequentially(' {{');
  await expect(options.first()).toBeVisible();
  // Being saved in the meantime does not take the list away.
  await expect(status(ana)).toHaveText('Saved');
  await page.waitForTimeout(500);
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('#completion [aria-selected=true]')).toHaveText('company');
  await page.keyboard.press('Escape');
  await expect(page.locator('#completion')).toHaveCount(0);
  await expect(text(ana, 3)).toBeFocused();
});

test('what is more than text is marked', async ({ at: { ana } }) => {
  const { page } = ana;
  await text(ana, 3).fill('<b>{{ ticket }} {{ odd }} [[ Support/Tone ]] [[ Nowhere ]]');
  const marks = page.locator('.message').nth(2).locator('mark');
  await expect(marks).toHaveText(['{{ ticket }}', '{{ odd }}', '[[ Support/Tone ]]', '[[ Nowhere ]]']);
  await expect(marks.nth(0)).not.toHaveAttribute('data-unknown');
  await expect(marks.nth(1)).toHaveAttribute('data-unknown');
  await expect(status(ana)).toHaveText('Saved');
  await expect(marks.nth(3)).toHaveAttribute('data-unknown');
  await expect(marks.nth(2)).not.toHaveAttribute('data-unknown');
  // What lies behind covers what is typed to the pixel.
  const [behind, typed] = await Promise.all(
    ['.code > pre', '.code > textarea'].map((part) => page.locator('.message').nth(2).locator(part).boundingBox()),
  );
  expect(behind).toEqual(typed);
});

test('keys save, move and fold', async ({ at: { ana } }) => {
  const { page } = ana;
  await text(ana, 3).fill('Now');
  await page.keyboard.press('ControlOrMeta+s');
  await expect(status(ana)).toHaveText('Saved', { timeout: 1000 });
  await text(ana, 3).press('Alt+ArrowUp');
  await expect(text(ana, 2)).toHaveValue('Now');
  const fold = page.getByRole('button', { name: 'Show message 1' });
  await fold.click();
  await expect(text(ana, 1)).toBeHidden();
  await expect(fold).toHaveAttribute('aria-expanded', 'false');
  await fold.click();
  await expect(text(ana, 1)).toBeVisible();
});

test('a button pressed while another is answered has its turn', async ({ at: { ana, triage } }) => {
  const { page } = ana;
  await page.route('**/api/prompts/**', async (route) => {
    await new Promise((slept) => setTimeout(slept, 500));
    await route.continue();
  });
  await page.getByRole('button', { name: 'Save draft' }).click();
  await page.getByRole('button', { name: 'Save version…' }).click();
  await expect(page).toHaveURL(new RegExp(`/${triage}/save$`));
});
