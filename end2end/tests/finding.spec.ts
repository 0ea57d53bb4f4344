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
