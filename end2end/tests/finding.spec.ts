import { makeLibrary } from '../support/library.ts';
import { expect, test, unique } from '../support/studio.ts';

test('anything is found by a few letters', async ({ person }) => {
  const ana = await person('Ana');
  const { page } = ana;
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  await makeLibrary(ana, slug);
  await ana.goes(`/${slug}`);
  await page.keyboard.press('ControlOrMeta+k');
  const palette = page.getByRole('dialog', { name: 'Search' });
  const links = palette.getByRole('link');
  await expect(palette.getByRole('searchbox')).toBeFocused();
  await expect(links.filter({ hasText: 'New prompt' })).toBeVisible();
  // What changed last comes first.
  await expect(links.first()).toHaveText(/A prompt with a rather long name/);
  await page.keyboard.type('triage');
  await expect(links.first()).toHaveText(/Triage/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Triage');
  await ana.settles();

  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('mem');
  await expect(links).toHaveText([/Members/]);
  await page.keyboard.press('ArrowDown');
  await expect(links.first()).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(palette.getByRole('searchbox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();

  await page.getByRole('link', { name: 'Search', exact: true }).click();
  await palette.getByRole('searchbox').fill('nothing is called this');
  await expect(palette.getByText('No results.')).toBeVisible();
  await ana.goes(`/${slug}/find?q=new+pro`);
  await expect(page.locator('#found').getByRole('link')).toHaveText([/New prompt/]);
});

test('the theme is changed and the keys are told from the list', async ({ person }) => {
  const ana = await person('Ana');
  const { page } = ana;
  const { name, slug } = unique('Acme');
  await ana.hasOrganization({ name, slug });
  await ana.goes(`/${slug}/deployments?q=x`);
  await page.keyboard.press('ControlOrMeta+k');
  const palette = page.getByRole('dialog', { name: 'Search' });
  await page.keyboard.type('dark');
  await expect(palette.getByRole('button')).toHaveText([/Dark theme/]);
  await page.keyboard.press('ArrowDown');
  await expect(palette.getByRole('button')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page).toHaveURL(new RegExp(`/${slug}/deployments\\?q=x$`));
  await ana.settles();
  await page.getByRole('searchbox', { name: 'Path' }).press('?');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Deployments');
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('?');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Keyboard shortcuts');
  await expect(page.getByRole('navigation', { name: 'Breadcrumb' })).toHaveText('Keyboard shortcuts');
});
