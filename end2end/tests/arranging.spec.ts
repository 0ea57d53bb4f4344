import { makeLibrary } from '../support/library.ts';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Ana at her library, with the tree beside it. */
const test = base.extend<{ at: { ana: Person; slug: string; folder: string; triage: string; tone: string } }>({
  at: async ({ person }, use) => {
    const ana = await person('Ana');
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    const { folder, triage, tone } = await makeLibrary(ana, slug);
    await ana.goes(`/${slug}/prompts/folders/${folder}`);
    await use({ ana, slug, folder, triage, tone });
  },
});

const tree = ({ page }: Person) => page.getByRole('navigation', { name: 'Library' });
const item = (ana: Person, name: string) => tree(ana).getByRole('link', { name, exact: true });
const names = (ana: Person) => tree(ana).locator('.tree-item');

test('a prompt is dragged into a folder, and out to the top', async ({ at: { ana } }) => {
  await item(ana, 'Tone').dragTo(item(ana, 'Marketing'));
  await expect(names(ana)).toHaveText(['All prompts', 'Support', 'Triage', 'Marketing', /A prompt/]);
  await item(ana, 'Triage').dragTo(item(ana, 'All prompts'));
  await expect(names(ana)).toHaveText(['All prompts', 'Support', 'Marketing', /A prompt/, 'Triage']);
  await item(ana, 'Marketing').dragTo(item(ana, 'Support'));
  await expect(tree(ana).locator('li li .tree-item')).toHaveText(['Marketing']);
  await item(ana, 'Marketing').click();
  await expect(ana.page.getByRole('navigation', { name: 'Breadcrumb' })).toHaveText(/Prompts\s*Support\s*Marketing/);
});

test('things are moved with the keys alone', async ({ at: { ana } }) => {
  await item(ana, 'Triage').press('Alt+ArrowUp');
  await expect(names(ana)).toHaveText(['All prompts', 'Support', 'Triage', 'Tone', 'Marketing', /A prompt/]);
  await expect(item(ana, 'Triage')).toBeFocused();
  await ana.page.keyboard.press('Alt+ArrowDown');
  await expect(names(ana)).toHaveText(['All prompts', 'Support', 'Tone', 'Triage', 'Marketing', /A prompt/]);
  await ana.page.keyboard.press('Alt+ArrowLeft');
  await expect(names(ana)).toHaveText(['All prompts', 'Support', 'Tone', 'Marketing', /A prompt/, 'Triage']);
  await item(ana, 'Marketing').press('Alt+ArrowUp');
  await expect(names(ana)).toHaveText(['All prompts', 'Marketing', 'Support', 'Tone', /A prompt/, 'Triage']);
  await item(ana, 'Support').press('Alt+ArrowRight');
  await expect(ana.page.getByRole('navigation', { name: 'Breadcrumb' })).toHaveText(/Prompts\s*Marketing\s*Support/);
});

test('a folder opens and closes where it is, and stays so', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  await ana.goes(`/${slug}/prompts`);
  const fold = tree(ana).getByRole('link', { name: 'Contents of Support' });
  await expect(fold).toHaveAttribute('aria-expanded', 'false');
  await fold.click();
  await expect(item(ana, 'Triage')).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/${slug}/prompts$`));
  // What somebody else does in it shows.
  await ana.sends('prompts/create', { org: slug, folder: (await page.locator('li:has(> .tree-row)').first().getAttribute('id'))!.replace('in-', ''), name: 'Fourth', kind: 'text' });
  await expect(item(ana, 'Fourth')).toBeVisible();
  await ana.goes(`/${slug}/prompts/trash`);
  await expect(item(ana, 'Triage')).toBeVisible();
  await fold.click();
  await expect(item(ana, 'Triage')).toBeHidden();
  await expect(fold).toHaveAttribute('aria-expanded', 'false');
  await ana.goes(`/${slug}/prompts`);
  await expect(item(ana, 'Triage')).toHaveCount(0);
  await expect(fold).toHaveAttribute('aria-expanded', 'false');
});

test('what cannot be moved says so', async ({ at: { ana, slug } }) => {
  await ana.sends('prompts/create', { org: slug, name: 'Tone', kind: 'text' });
  await expect(names(ana)).toHaveCount(7);
  await item(ana, 'Tone').first().press('Alt+ArrowLeft');
  await expect(ana.page.getByText("It can't be moved there")).toBeVisible();
});

test('a prompt dragged into a text becomes a reference', async ({ at: { ana, slug, triage } }) => {
  await ana.goes(`/${slug}/prompts/${triage}`);
  const text = ana.page.getByLabel('Message 3', { exact: true });
  await text.fill('');
  await item(ana, 'Tone').dragTo(text);
  await expect(text).toHaveValue('[[ Support/Tone ]]');
  await expect(ana.page.locator('#draft-status')).toHaveText('Saved');
});

test('deep folders: names can be read, and the way there fits a phone', async ({ at: { ana, slug } }) => {
  const { page } = ana;
  let folder = '';
  for (let level = 1; level <= 8; level += 1) {
    const answer = await ana.sends('folders/create', { org: slug, folder, name: `Level ${level} of the library` });
    folder = answer.headers()['location']!.split('/').at(-1)!;
  }
  await ana.goes(`/${slug}/prompts/folders/${folder}`);
  const spans = tree(ana).locator('.tree-item > span').filter({ hasText: /^Level/ });
  const widths = await spans.evaluateAll((all) => all.map((span) => span.getBoundingClientRect().width));
  expect(Math.min(...widths), `${widths}`).toBeGreaterThan(50);
  await expect(item(ana, 'Level 8 of the library')).toHaveAttribute('title', 'Level 8 of the library');
  await page.setViewportSize({ width: 360, height: 740 });
  const boxes = await page.locator('.topbar > *, .crumbs > *').evaluateAll((all) =>
    all.filter((one) => one.matches(':not(nav)') && one.checkVisibility()).map((one) => one.getBoundingClientRect().toJSON()),
  );
  for (const [n, box] of boxes.entries()) {
    expect(box.right, `${n}`).toBeLessThanOrEqual(361);
    const next = boxes[n + 1];
    if (next) expect(box.right, `${n} beside ${n + 1}`).toBeLessThanOrEqual(next.left + 1);
  }
});
