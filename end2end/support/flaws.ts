import { expect, type Locator } from '@playwright/test';
import type { Person } from './person.ts';

/** A field that says what is wrong with it, to eyes and screen readers, and keeps what was typed. */
export async function expectFlaw(field: Locator, message: string | RegExp, kept?: string): Promise<void> {
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  const ids = ((await field.getAttribute('aria-describedby')) ?? '').split(' ');
  const page = field.page();
  for (const id of ids) await expect(page.locator(`[id="${id}"]`), `#${id}, which describes the field`).toHaveCount(1);
  const error = page.locator(`[id="${ids[0]}"]`);
  await expect(error).toBeVisible();
  await expect(error).toContainText(message);
  await expect(error).toHaveRole('alert');
  if (kept !== undefined) await expect(field).toHaveValue(kept);
}

/** After a form was answered in place, the first field to be corrected has the focus. */
export async function expectFocusWhereItIsWrong(person: Person, field: Locator): Promise<void> {
  if (person.hasScript) await expect(field).toBeFocused();
}
