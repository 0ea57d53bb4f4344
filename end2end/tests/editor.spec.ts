import { makeLibrary } from '../support/library.ts';
import type { Person } from '../support/person.ts';
import { expect, test as base, unique } from '../support/studio.ts';

/** Ana at a chat of hers, whose last message asks for a ticket; and Ben, who may edit it, too. */
const test = base.extend<{ at: { ana: Person; slug: string; triage: string }; ben: Person }>({
  at: async ({ person }, use) => {
    const ana = await person('Ana');
    const { name, slug } = unique('Acme');
    await ana.hasOrganization({ name, slug });
    const { triage } = await makeLibrary(ana, slug);
    await ana.goes(`/${slug}/prompts/${triage}`);
    await expect(ana.page.locator('#editor')).toHaveAttribute('data-marked');
    await use({ ana, slug, triage });
  },
  ben: async ({ at: { ana, slug }, person }, use) => {
    const ben = await person('Ben');
    await ana.hasAdmitted(slug, ben, 'Editor');
    await use(ben);
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

test('what is typed while a save is on its way stays', async ({ at: { ana } }) => {
  const { page } = ana;
  await text(ana, 1).fill('Before');
  await expect(status(ana)).toHaveText('Saved');
  await page.route(SAVE, async (route) => {
    await new Promise((slept) => setTimeout(slept, 2000));
    await route.continue();
  });
  await text(ana, 3).fill('Sent');
  const answered = page.waitForResponse((answer) => answer.url().endsWith('save_draft'));
  await page.getByRole('button', { name: 'Save draft', exact: true }).click();
  await text(ana, 3).press('End');
  await text(ana, 3).pressSequentially(' and more');
  await answered;
  await page.unroute(SAVE);
  await expect(status(ana)).toHaveText('Saved');
  await expect(page.locator('#conflict')).toBeEmpty();
  await expect(text(ana, 3)).toHaveValue('Sent and more');
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('Sent and more');
});

test('a draft is sent again to a server that restarts', async ({ at: { ana } }) => {
  const { page } = ana;
  await page.route(SAVE, (route) => route.fulfill({ status: 502, body: 'Bad Gateway' }));
  await text(ana, 3).fill('While it restarts');
  await expect(status(ana)).toContainText('the server is busy');
  await page.unroute(SAVE);
  await expect(status(ana)).toHaveText('Saved', { timeout: 10_000 });
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('While it restarts');
});

test('what the server did not get is not lost', async ({ at: { ana } }) => {
  const { page } = ana;
  await page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('Written on a train');
  await expect(status(ana)).toContainText('Offline');
  await page.unroute(SAVE);
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('Written on a train');
  await expect(status(ana)).toHaveText('Restored your unsaved changes.');
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('Written on a train');
  await expect(status(ana)).toBeEmpty();
});

test('what was typed before a restore is asked about', async ({ at: { ana, slug, triage } }) => {
  const { page } = ana;
  await page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('Typed before');
  // She leaves at once.
  await ana.goes(`/${slug}/prompts/${triage}/versions`);
  await page.unroute(SAVE);
  await ana.presses('Restore version 1');
  await expect(page.getByText('You replaced this draft after you typed the text below.')).toBeVisible();
  await expect(text(ana, 3)).toHaveValue('Typed before');
  await page.getByRole('button', { name: 'Use the other draft' }).click();
  await expect(page.locator('#conflict')).toBeEmpty();
  await expect(text(ana, 3)).toHaveValue('{{ ticket }}');
  await expect(page.getByLabel('Temperature')).toHaveValue('0.2');
  await page.reload();
  await expect(page.locator('#editor')).toHaveAttribute('data-marked');
  await expect(text(ana, 3)).toHaveValue('{{ ticket }}');
  await ana.goes(`/${slug}/prompts/${triage}/drafts`);
  await page.locator('#earlier a').first().click();
  await expect(page.locator('.reading').first()).toContainText('Typed before');
});

test('what was saved before a restore is not asked about', async ({ at: { ana, slug, triage } }) => {
  const { page } = ana;
  await text(ana, 3).fill('Saved before');
  await expect(status(ana)).toHaveText('Saved');
  // The copy of a page that never heard that it was saved.
  const copy = await page.evaluate(() => {
    const form = document.querySelector<HTMLFormElement>('#editor')!;
    const fields = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
    fields.set('revision', String(Number(fields.get('revision')) - 1));
    return [form.dataset['backup']!, fields.toString()] as const;
  });
  await ana.goes(`/${slug}/prompts/${triage}/versions`);
  await page.evaluate(([key, fields]) => localStorage.setItem(key, fields), copy);
  await ana.presses('Restore version 1');
  await expect.poll(() => page.evaluate((key) => localStorage.getItem(key), copy[0])).toBeNull();
  await expect(page.locator('#conflict')).toBeEmpty();
  await expect(text(ana, 3)).toHaveValue('{{ ticket }}');
  await expect(status(ana)).toBeEmpty();
});

test('nobody finds on this computer what somebody typed and did not save', async ({ at: { ana } }) => {
  const { page } = ana;
  await page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('A secret');
  await expect(status(ana)).toContainText('Offline');
  const kept = () => page.evaluate(() => JSON.stringify(localStorage));
  expect(await kept()).toContain('secret');
  await ana.signsOut();
  expect(await kept()).toBe('{}');
});

test('a page saves nothing in the name of who signs in next', async ({ at: { ana, slug, triage }, ben }) => {
  const { page } = ana;
  const session = async (person: Person) => (await person.page.context().cookies()).filter(({ name }) => name === 'studio');
  const [hers, his] = [await session(ana), await session(ben)];
  await page.context().addCookies(his);
  await text(ana, 3).fill('Typed by Ana');
  await expect(status(ana)).toContainText("Not saved. You're now signed in as Ben");
  await page.getByRole('button', { name: 'Save draft', exact: true }).click();
  await expect(page.locator('#toast')).toContainText("You're now signed in as Ben");
  await expect(text(ana, 3)).toHaveValue('Typed by Ana');
  await ben.goes(`/${slug}/prompts/${triage}`);
  await expect(text(ben, 3)).toHaveValue('{{ ticket }}');
  // It is there for her alone.
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('{{ ticket }}');
  await page.context().addCookies(hers);
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('Typed by Ana');
});

test('what was typed and what somebody else wrote meet', async ({ at: { ana, slug, triage }, ben }) => {
  const { page } = ana;
  await page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('From Ana');
  await expect(status(ana)).toContainText('Offline');
  await ben.goes(`/${slug}/prompts/${triage}`);
  await text(ben, 3).fill('From Ben');
  await expect(status(ben)).toHaveText('Saved');
  await page.unroute(SAVE);
  await page.reload();
  await expect(page.getByText('Ben edited this draft while you were editing it.')).toBeVisible();
  await expect(text(ana, 3)).toHaveValue('From Ana');
  // While it is not decided, what she types stays with her.
  await text(ana, 3).press('End');
  await text(ana, 3).pressSequentially('!');
  await expect(status(ana)).toHaveText('Not saved. Choose below which draft to keep.');
  await page.keyboard.press('ControlOrMeta+s');
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('From Ana!');
  await expect(text(ben, 3)).toHaveValue('From Ben');
  await page.getByRole('button', { name: 'Use Ben’s draft' }).click();
  await expect(text(ana, 3)).toHaveValue('From Ben');
  await expect(page.getByText('while you were')).toHaveCount(0);
  await expect(status(ana)).toBeEmpty();
  await text(ana, 3).fill('From both');
  await expect(status(ana)).toHaveText('Saved');
});

test('a tab that saves takes nothing from another one', async ({ at: { ana } }) => {
  const { page } = ana;
  const other = await page.context().newPage();
  await other.goto(page.url());
  await expect(other.locator('#editor')).toHaveAttribute('data-marked');
  await page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('In the first tab');
  await expect(status(ana)).toContainText('Offline');
  await other.getByLabel('Message 3', { exact: true }).fill('In the second tab');
  await expect(other.locator('#draft-status')).toHaveText('Saved');
  await page.unroute(SAVE);
  await page.reload();
  await expect(page.getByText('You edited this draft in another tab.')).toBeVisible();
  await expect(text(ana, 3)).toHaveValue('In the first tab');
});

test('a conflict while one types keeps both texts', async ({ at: { ana, slug, triage }, ben }) => {
  const { page } = ana;
  await ben.goes(`/${slug}/prompts/${triage}`);
  // She stands in the message, so what he writes does not come in.
  await text(ana, 3).press('End');
  const top = () => page.locator('#editor').evaluate((form) => form.getBoundingClientRect().top + window.scrollY);
  const before = await top();
  await text(ben, 3).fill('From Ben');
  await expect(status(ben)).toHaveText('Saved');
  await expect(status(ana)).toContainText('Ben changed this field');
  expect(await top(), 'what is said moves nothing that one is typing in').toBe(before);
  await text(ana, 3).pressSequentially(' from Ana');
  await expect(page.getByText('Ben edited this draft while you were editing it.')).toBeVisible();
  await text(ana, 3).pressSequentially(', again');
  await expect(text(ana, 3)).toHaveValue('{{ ticket }} from Ana, again');
  await expect(page.locator('#conflict .diff')).toContainText('From Ben');
  await page.getByRole('button', { name: 'Replace Ben’s draft' }).click();
  await expect(page.locator('#conflict')).toBeEmpty();
  await text(ben, 3).blur();
  await expect(text(ben, 3)).toHaveValue('{{ ticket }} from Ana, again');
});

test('a conflict that stands shows what both write by now', async ({ at: { ana, slug, triage }, ben }) => {
  const { page } = ana;
  await ben.goes(`/${slug}/prompts/${triage}`);
  await text(ana, 3).press('End');
  await text(ben, 3).fill('ByBen');
  await expect(status(ana)).toContainText('Ben changed this field');
  await text(ana, 3).pressSequentially(' ByAna');
  const conflict = page.locator('#conflict');
  const [difference, replace] = [conflict.locator('.diff'), conflict.getByRole('button', { name: 'Replace Ben’s draft' })];
  await expect(difference).toContainText('ByAna');
  await text(ana, 3).pressSequentially(' MoreByAna');
  await expect(difference).toContainText('MoreByAna');
  await text(ben, 3).fill('MoreByBen');
  await expect(difference).toContainText('MoreByBen');
  // What somebody is about to choose stays as they see it, and what they have not seen is not replaced.
  await replace.hover();
  const asked = page.waitForResponse((answer) => answer.url().endsWith('save_draft'));
  await text(ben, 3).fill('LastByBen');
  await expect(status(ben)).toHaveText('Saved');
  expect((await asked).status()).toBe(409);
  await expect(difference).toContainText('MoreByBen');
  await replace.click();
  await expect(conflict).toContainText('Ben edited it again, so nothing was replaced.');
  await expect(difference).toContainText('LastByBen');
  await expect(text(ben, 3)).toHaveValue('LastByBen');
  await expect(text(ana, 3)).toHaveValue('{{ ticket }} ByAna MoreByAna');
  await replace.click();
  await expect(conflict).toBeEmpty();
  await text(ben, 3).blur();
  await expect(text(ben, 3)).toHaveValue('{{ ticket }} ByAna MoreByAna');
});

test('what others changed in a field is said no more once theirs is taken', async ({ at: { ana, slug, triage }, ben }) => {
  const { page } = ana;
  await ben.goes(`/${slug}/prompts/${triage}`);
  await text(ana, 3).focus();
  await text(ben, 3).fill('From Ben');
  await expect(status(ana)).toContainText('Ben changed this field');
  await text(ana, 3).press('End');
  await text(ana, 3).pressSequentially(' from Ana');
  await expect(page.getByText('Ben edited this draft while you were editing it.')).toBeVisible();
  await expect(status(ana)).toHaveText('Not saved. Choose below which draft to keep.');
  // What Ben goes on to write is heard while she waits for the answer.
  await page.route(SAVE, async (route) => {
    await new Promise((slept) => setTimeout(slept, 800));
    await route.continue();
  });
  const taken = ana.presses('Use Ben’s draft');
  await text(ben, 1).fill('Also from Ben');
  await expect(status(ben)).toHaveText('Saved');
  await taken;
  await expect(text(ana, 3)).toHaveValue('From Ben');
  await expect(status(ana)).toBeEmpty();
});

test('the preview follows what others write', async ({ at: { ana, slug, triage }, ben }) => {
  const { page } = ana;
  await ben.goes(`/${slug}/prompts/${triage}`);
  await text(ben, 1).fill('From Ben to {{ audience }}');
  await expect(text(ana, 1)).toHaveValue('From Ben to {{ audience }}');
  await expect(page.locator('#preview')).toContainText('From Ben to colleagues');
  // With values of hers, and with a variable that is new.
  await page.getByRole('textbox', { name: 'history' }).fill('[]');
  await page.getByRole('textbox', { name: 'ticket' }).fill('my bill');
  await expect(page.locator('#preview')).toContainText('my bill');
  await text(ben, 1).fill('Again from Ben: {{ a_new_one }}');
  await expect(page.locator('#preview')).toContainText('Again from Ben');
  await expect(page.locator('#preview')).toContainText('my bill');
  await expect(page.locator('#preview')).toContainText('Missing values: a_new_one');
  await page.getByRole('textbox', { name: 'a_new_one' }).fill('here');
  await expect(page.locator('#preview')).toContainText('Again from Ben: here');
  // And when hers is merged with his.
  await page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('About {{ ticket }}');
  await expect(status(ana)).toContainText('Offline');
  await text(ben, 1).fill('Merged');
  await expect(status(ben)).toHaveText('Saved');
  await page.unroute(SAVE);
  await text(ana, 3).press('End');
  await text(ana, 3).pressSequentially('!');
  await expect(status(ana)).toHaveText('Saved');
  await expect(page.locator('#preview')).toContainText('Merged');
  await expect(page.locator('#preview')).toContainText('About my bill!');
});

test('test values stay while the tab is open', async ({ at: { ana } }) => {
  const { page } = ana;
  const [ticket, preview] = [page.getByRole('textbox', { name: 'ticket' }), page.locator('#preview')];
  await page.getByRole('textbox', { name: 'history' }).fill('[]');
  await ticket.fill('my bill\nand more');
  await expect(preview).toContainText('my bill');
  await page.reload();
  await expect(ticket).toHaveValue('my bill\nand more');
  await expect(preview).toContainText('my bill');
  // Fields that come and go around it take nothing along.
  await text(ana, 3).fill('{{ about }} {{ ticket }} {{ urgent }}');
  await expect(page.getByRole('textbox', { name: 'about' })).toBeVisible();
  await expect(ticket).toHaveValue('my bill\nand more');
  await text(ana, 3).fill('Nothing');
  await expect(ticket).toHaveCount(0);
  await text(ana, 3).fill('{{ ticket }}');
  await expect(ticket).toHaveValue('my bill\nand more');
  // What is typed while an answer is on its way stays, too.
  for (const [action, button] of [['save_draft', 'Save draft'], ['preview', 'Preview']] as const) {
    const url = `**/api/prompts/${action}`;
    await page.route(url, async (route) => {
      await new Promise((slept) => setTimeout(slept, 500));
      await route.continue();
    });
    const answered = page.waitForResponse((answer) => answer.url().endsWith(action));
    await page.getByRole('button', { name: button, exact: true }).click();
    await ticket.fill(`typed during ${button}`);
    await answered;
    await expect(preview).toContainText(`typed during ${button}`);
    await expect(ticket).toHaveValue(`typed during ${button}`);
    await page.unroute(url);
  }
  await ticket.fill('');
  await expect(preview).toContainText('Missing values: ticket');
  await page.reload();
  await expect(ticket).toBeEmpty();
  await ticket.fill('A secret');
  await ana.signsOut();
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).toBe('{}');
});

test('test values stay for those who may only read, and show in what others write', async ({ at: { ana, slug, triage }, person }) => {
  const vic = await person('Vic');
  await ana.hasAdmitted(slug, vic, 'Viewer');
  await vic.goes(`/${slug}/prompts/${triage}`);
  const [ticket, preview] = [vic.page.getByRole('textbox', { name: 'ticket' }), vic.page.locator('#preview')];
  await expect(preview).toContainText('Missing values: history, ticket');
  await vic.page.getByRole('textbox', { name: 'history' }).fill('[]');
  await ticket.fill('my bill');
  await expect(preview).toContainText('my bill');
  await vic.page.reload();
  await expect(ticket).toHaveValue('my bill');
  await expect(preview).toContainText('my bill');
  await text(ana, 3).fill('About {{ ticket }}');
  await expect(preview).toContainText('About my bill');
});

test('what was just typed is saved though the preview is answered first', async ({ at: { ana } }) => {
  const { page } = ana;
  await page.getByRole('textbox', { name: 'ticket' }).fill('my bill');
  await text(ana, 3).fill('Just typed');
  expect(await ana.presses('Preview')).toBe(200);
  await expect(status(ana)).toHaveText('Saved');
  await page.reload();
  await expect(text(ana, 3)).toHaveValue('Just typed');
});

test('who may edit no more is told so, and keeps the text', async ({ at: { ana, slug, triage }, ben }) => {
  await ben.goes(`/${slug}/prompts/${triage}`);
  await expect(ben.page.locator('#editor')).toHaveAttribute('data-marked');
  await ben.page.route(SAVE, (route) => route.abort());
  await text(ben, 3).fill('From Ben');
  await expect(status(ben)).toContainText('Offline');
  await ana.sends('members/set_role', { org: slug, user: await ana.idOf(slug, ben.email), role: 'viewer', agreed: '0' });
  await expect(ben.page.getByRole('button', { name: 'Save version…' })).toHaveCount(0);
  await expect(text(ben, 3)).toHaveValue('From Ben');
  await ben.page.unroute(SAVE);
  await text(ben, 3).press('End');
  await text(ben, 3).pressSequentially('!');
  await expect(status(ben)).toHaveText('Your role no longer allows edits here. Copy your text before you leave.');
  await expect(text(ben, 3)).toHaveValue('From Ben!');
});

test('why a draft is not saved is said plainly', async ({ at: { ana, slug, triage }, ben }) => {
  await ben.goes(`/${slug}/prompts/${triage}`);
  await expect(ben.page.locator('#editor')).toHaveAttribute('data-marked');
  await ana.page.context().clearCookies();
  await text(ana, 3).fill('Written when the session had ended');
  await expect(status(ana)).toContainText("Not saved: you're signed out. Sign in again in another tab.");
  await ben.sends('prompts/trash', { org: slug, prompt: triage });
  await text(ben, 3).fill('Written when it was gone');
  await expect(status(ben)).toHaveText('This prompt was deleted. Copy your text before you leave.');
  await expect(text(ben, 3)).toHaveValue('Written when it was gone');
});

test('the focus goes along with what is moved, and stays near what goes away', async ({ at: { ana } }) => {
  const { page } = ana;
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await button('Move message 1 down').press('Enter');
  await expect(button('Move message 2 down')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(button('Move message 3 up'), 'it goes no further').toBeFocused();
  await expect(text(ana, 3)).toHaveValue(/^You sort support tickets/);
  await button('Remove message 3').press('Enter');
  await expect(text(ana, 2)).toBeFocused();
  await button('Undo').press('Enter');
  await expect(text(ana, 3)).toHaveValue(/^You sort support tickets/);
  await expect(page.locator('#main')).toBeFocused();
});

test('a draft is discarded with what was just typed, and comes back', async ({ at: { ana } }) => {
  const { page } = ana;
  const discard = page.getByRole('button', { name: 'Discard draft' });
  await expect(text(ana, 1)).toHaveValue(/one {2}word only/);
  await text(ana, 3).fill('Just typed');
  expect(await ana.presses('Discard draft')).toBe(303);
  await expect(page.locator('#toast')).toContainText('Draft discarded');
  await expect(text(ana, 1)).not.toHaveValue(/one {2}word only/);
  await expect(text(ana, 3)).toHaveValue('Ticket:\n{{ ticket }}');
  await expect(discard).toHaveCount(0);
  await ana.presses('Undo');
  await expect(text(ana, 1)).toHaveValue(/one {2}word only/);
  await expect(text(ana, 3)).toHaveValue('Just typed');
  await ana.presses('Discard draft');
  await expect(discard).toHaveCount(0);
  // Once something is typed there is something to discard.
  await text(ana, 3).fill('More');
  await expect(status(ana)).toHaveText('Saved');
  await expect(discard).toBeVisible();
});

test('what two write in different messages is put together', async ({ at: { ana, slug, triage }, ben }) => {
  await ben.goes(`/${slug}/prompts/${triage}`);
  await ana.page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('From Ana');
  await expect(status(ana)).toContainText('Offline');
  await text(ben, 1).fill('From Ben');
  await expect(status(ben)).toHaveText('Saved');
  await ana.page.unroute(SAVE);
  await text(ana, 3).pressSequentially('!');
  await expect(status(ana)).toHaveText('Saved');
  await expect(text(ana, 1)).toHaveValue('From Ben');
  await expect(text(ben, 3)).toHaveValue('From Ana!');
  await expect(text(ben, 1)).toHaveValue('From Ben');
});

test('what others write in the field one stands in waits until one leaves', async ({ at: { ana, slug, triage }, ben }) => {
  await ben.goes(`/${slug}/prompts/${triage}`);
  await text(ana, 3).focus();
  await text(ben, 3).fill('From Ben');
  await expect(status(ana)).toContainText('Ben changed this field. Leave it to see the change.');
  await expect(text(ana, 3)).toHaveValue('{{ ticket }}');
  await text(ana, 1).focus();
  await expect(text(ana, 3)).toHaveValue('From Ben');
});

test('one person in two tabs is told so', async ({ at: { ana } }) => {
  const other = await ana.page.context().newPage();
  await other.goto(ana.page.url());
  await expect(other.locator('#editor')).toHaveAttribute('data-marked');
  await ana.page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('One');
  await expect(status(ana)).toContainText('Offline');
  await other.getByLabel('Message 3', { exact: true }).fill('Other');
  await expect(other.locator('#draft-status')).toHaveText('Saved');
  await ana.page.unroute(SAVE);
  await text(ana, 3).pressSequentially('!');
  await expect(ana.page.getByText('You edited this draft in another tab.')).toBeVisible();
  await ana.page.getByRole('button', { name: 'Keep this draft' }).click();
  await expect(ana.page.locator('#conflict')).toBeEmpty();
  await expect(text(ana, 3)).toHaveValue('One!');
});

test('completing a name can be undone', async ({ at: { ana } }) => {
  const { page } = ana;
  await text(ana, 3).fill('');
  await text(ana, 3).pressSequentially('Be [[Sup');
  await expect(page.getByRole('listbox', { name: 'Prompts' }).getByRole('option').first()).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(text(ana, 3)).toHaveValue('Be [[ Support/Tone ]]');
  await page.keyboard.press('ControlOrMeta+z');
  await expect(text(ana, 3)).not.toHaveValue('Be [[ Support/Tone ]]');
  for (let n = 0; n < 8; n += 1) await page.keyboard.press('ControlOrMeta+z');
  await expect(text(ana, 3)).not.toHaveValue(/Be/);
});

test('what others write shows where nobody writes', async ({ at: { ana, slug, triage }, ben }) => {
  await ben.goes(`/${slug}/prompts/${triage}`);
  await text(ben, 3).fill('From Ben');
  await expect(text(ana, 3)).toHaveValue('From Ben');
  // It was his, so it can be written on.
  await text(ana, 3).fill('From both');
  await expect(status(ana)).toHaveText('Saved');
  await text(ben, 3).blur();
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

test('what looks like a variable and is none is told', async ({ at: { ana } }) => {
  const { page } = ana;
  const message = page.locator('.message').nth(2);
  await text(ana, 3).fill('{{ ticket }}\n{{ bad name }} and {{ open');
  await expect(message.locator('mark[data-kind=malformed]')).toHaveText(['{{ bad name }}', '{{ open']);
  await text(ana, 1).fill('Be [[Support/Tone and brief');
  await expect(page.locator('.message').first().locator('mark[data-kind=malformed]')).toHaveText('[[Support/Tone');
  await expect(page.locator('.message').first().locator('.slips')).toContainText('Line 1: [[Support/Tone is never closed.');
  await expect(message.locator('.slips')).toContainText("Line 2: {{ bad name }} isn't a variable");
  await expect(message.locator('.slips')).toContainText('Line 2: {{ open is never closed.');
  await expect(status(ana)).toHaveText('Saved');
  await page.reload();
  await expect(message.locator('.slips')).toContainText('Line 2: {{ open is never closed.');
  await page.getByRole('button', { name: 'Save version…' }).click();
  await expect(page.getByText("Message 3, line 2: {{ bad name }} isn't a variable")).toBeVisible();
});

test('the variables of a Jinja template are marked and completed', async ({ at: { ana } }) => {
  const { page } = ana;
  // It has a model, so its settings are open.
  await page.getByLabel('Engine').selectOption('jinja');
  await text(ana, 3).fill('{% for one in items %}{{ one.name }} {{ max_items }}{% endfor %}');
  const marks = page.locator('.message').nth(2).locator('mark[data-kind=variable]');
  await expect(marks).toHaveText(['items', '{{ max_items }}']);
  await text(ana, 3).press('End');
  await text(ana, 3).pressSequentially('\n{% if max');
  const options = page.getByRole('listbox', { name: 'Variables' }).getByRole('option');
  await expect(options).toHaveText(['max_items', 'max_words']);
  await page.keyboard.press('Enter');
  await text(ana, 3).pressSequentially(' > 1 %}{{ tick');
  await expect(options).toHaveText(['ticket']);
  await page.keyboard.press('Enter');
  await expect(text(ana, 3)).toHaveValue(/\n\{% if max_items > 1 %\}\{\{ ticket \}\}$/);
});

test('an error in a line is shown at it', async ({ at: { ana } }) => {
  const { page } = ana;
  const message = page.locator('.message').nth(2);
  const wrong = message.locator('pre > [data-wrong]');
  await page.getByLabel('Engine').selectOption('jinja');
  await page.route(SAVE, (route) => route.abort());
  await text(ana, 3).fill('{{ ticket }}\n\n{% if ticket %}x{% endfi %}');
  // Where it is wrong is seen at once, and why as soon as it is saved.
  await expect(message.locator('mark[data-kind=malformed]')).toHaveText('{% endfi %}');
  await expect(status(ana)).toContainText('Offline');
  await page.unroute(SAVE);
  await page.keyboard.press('ControlOrMeta+s');
  await expect(wrong).toHaveText('{% if ticket %}x{% endfi %}');
  await expect(message.locator('.slips')).toContainText('Line 3: unknown statement');
  await expect(text(ana, 3)).toHaveAccessibleDescription(/^Line 3: unknown statement/);
  const rest = () => text(ana, 3).evaluate((field: HTMLTextAreaElement) => field.value.slice(field.selectionStart));
  for (const place of [message, page.locator('#preview')]) {
    await text(ana, 3).press('ControlOrMeta+Home');
    await text(ana, 1).focus();
    await place.getByRole('link', { name: 'Line 3' }).click();
    await expect(text(ana, 3)).toBeFocused();
    expect(await rest()).toBe('{% if ticket %}x{% endfi %}');
  }
  await page.reload();
  await expect(page.locator('#editor')).toHaveAttribute('data-marked');
  await expect(wrong).toHaveText('{% if ticket %}x{% endfi %}');
  // What goes wrong with values alone is at its line, too.
  await text(ana, 3).fill('{{ ticket }}\n{{ ticket | odd }}');
  await expect(wrong).toHaveCount(0);
  // The preview is of the saved draft.
  await expect(page.locator('#preview')).toContainText('{{ ticket | odd }}');
  await page.getByRole('textbox', { name: 'history' }).fill('[]');
  await page.getByRole('textbox', { name: 'ticket' }).fill('my bill');
  await expect(wrong).toHaveText('{{ ticket | odd }}');
  await expect(page.locator('#preview')).toContainText(/Message 3, Line 2: .*odd/);
});

test('only the lines that change are marked again', async ({ at: { ana } }) => {
  const { page } = ana;
  const lines = page.locator('.message').nth(2).locator('.code > pre > span');
  await text(ana, 3).fill('one\ntwo {{ ticket }}\nthree');
  await lines.nth(1).evaluate((line) => line.setAttribute('data-same', ''));
  await text(ana, 3).press('ControlOrMeta+End');
  await text(ana, 3).pressSequentially('!');
  await text(ana, 3).press('ControlOrMeta+Home');
  await text(ana, 3).pressSequentially('zero\n');
  await expect(lines).toHaveText(['zero', 'one', 'two {{ ticket }}', 'three!']);
  await expect(status(ana)).toHaveText('Saved');
  await expect(lines.nth(2)).toHaveAttribute('data-same');
  await text(ana, 3).press('ControlOrMeta+a');
  await text(ana, 3).pressSequentially('{{ ticket }}');
  await expect(lines).toHaveText(['{{ ticket }}']);
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
