import { expect, type APIResponse, type Locator, type Page } from '@playwright/test';
import type { Server } from './server.ts';
import type { Studio } from './studio.ts';
import { Authenticator } from './totp.ts';

export type Scripting = 'on' | 'off' | 'no-wasm';
export type Role = 'Owner' | 'Admin' | 'Editor' | 'Viewer';

let serial = 0;

/** Somebody at a browser of their own. What they do is done by hand, on the page, unless it says otherwise. */
export class Person {
  readonly email: string;
  password = 'tall green hats';

  constructor(
    readonly studio: Studio,
    readonly page: Page,
    readonly scripting: Scripting,
    readonly name: string,
    readonly at: Server,
  ) {
    serial += 1;
    this.email = `${slugOf(name)}.${serial}@people.test`;
  }

  get hasScript(): boolean {
    return this.scripting === 'on';
  }

  /** Goes to a page and waits until it can be used; tells the status. */
  async goes(path: string): Promise<number> {
    const answer = await this.page.goto(path.startsWith('http') ? path : this.at.url + path);
    await this.settles();
    return answer?.status() ?? 0;
  }

  /** Waits until the page's islands are awake, if it has any. */
  async settles(): Promise<void> {
    if (this.hasScript && (await this.page.locator('leptos-island').count()) > 0) {
      await this.page.locator('html.enhanced').waitFor({ state: 'attached' });
    }
  }

  /** Presses a button that posts a form, waits for what comes of it, and tells the status. */
  async presses(name: string, within: Page | Locator = this.page): Promise<number> {
    return this.posts(within.getByRole('button', { name, exact: true }));
  }

  /** As `presses`, for a button that was found already, or another way of posting its form. */
  async posts(control: Locator, act: () => Promise<unknown> = () => control.click()): Promise<number> {
    const staysHere = (element: HTMLElement) => (element as HTMLButtonElement).form!.hasAttribute('data-in-place');
    const inPlace = this.hasScript && (await control.evaluate(staysHere));
    const posted = this.page.waitForResponse((answer) => answer.request().method() === 'POST');
    const loaded = inPlace ? undefined : this.page.waitForEvent('load');
    await act();
    const answer = await posted;
    await loaded;
    await this.settles();
    // A form that failed leads back to its page, which has the status.
    const isBack = answer.headers()['location']?.includes('posted=');
    const page = isBack ? await answer.request().redirectedTo()?.response() : undefined;
    return (page ?? answer).status();
  }

  async fills(fields: Record<string, string>, within: Page | Locator = this.page): Promise<void> {
    for (const [label, value] of Object.entries(fields)) await within.getByLabel(label, { exact: true }).fill(value);
  }

  // Accounts

  async signsUp(): Promise<void> {
    await this.goes('/sign-up');
    await this.fills({ Name: this.name, Email: this.email, Password: this.password });
    await this.presses('Create account');
    await expect(this.page.getByRole('heading', { name: 'Check your email' })).toBeVisible();
  }

  async signsIn(): Promise<void> {
    await this.goes('/sign-in');
    await this.fills({ Email: this.email, Password: this.password });
    await this.presses('Sign in');
  }

  async signsOut(): Promise<void> {
    await this.opensAccountMenu();
    await this.presses('Sign out');
  }

  /** Has an account and is signed in: by the same forms, without looking at the pages. */
  async hasAccount(): Promise<void> {
    await this.sends('accounts/sign_up', { name: this.name, email: this.email, password: this.password });
    const { link } = await this.studio.mail.next(this.email);
    await this.sends('accounts/confirm', { token: tokenOf(link) });
  }

  /** Has two-factor, without looking at the pages; tells the authenticator. */
  async hasTwoFactor(): Promise<Authenticator> {
    await this.sends('account/begin_two_factor', {});
    const page = await (await this.page.request.get(`${this.at.url}/account/security`)).text();
    const authenticator = new Authenticator(page.match(/Secret: .*?<code[^>]*>([A-Z2-7 ]+)</s)![1]!);
    await this.sends('account/confirm_two_factor', { code: authenticator.code() });
    await this.sends('account/finish_two_factor', {});
    // The email that says so is no other test's.
    await this.studio.mail.next(this.email);
    return authenticator;
  }

  // Menus

  async opensAccountMenu(): Promise<Locator> {
    await this.page.locator('.account-button').click();
    const menu = this.page.locator('#account');
    await expect(menu).toBeVisible();
    return menu;
  }

  async opensSwitcher(): Promise<Locator> {
    await this.page.locator('.switcher-button').click();
    const menu = this.page.locator('#orgs');
    await expect(menu).toBeVisible();
    return menu;
  }

  async opensRowMenu(of: string): Promise<Locator> {
    await this.page.getByRole('button', { name: `More for ${of}` }).click();
    const menu = this.row(of).locator('[popover]');
    await expect(menu).toBeVisible();
    return menu;
  }

  row(of: string): Locator {
    return this.page.locator('tbody tr').filter({ hasText: of });
  }

  /** Gives a member another role on the members page; tells the status. */
  async setsRole(of: string, role: Role): Promise<number> {
    await this.page.getByLabel(`Role of ${of}`, { exact: true }).selectOption(role);
    return this.posts(this.page.getByRole('button', { name: `Save role of ${of}` }));
  }

  // Organizations

  async createsOrganization(name: string, slug: string): Promise<void> {
    const menu = await this.opensAccountMenu();
    await menu.getByRole('link', { name: 'New organization' }).click();
    await this.page.waitForURL('**/new');
    await this.settles();
    await this.fills({ Name: name, URL: slug });
    await this.presses('Create organization');
  }

  /** Makes an organization without looking at the pages. */
  async hasOrganization({ name, slug }: { name: string; slug: string }): Promise<string> {
    await this.sends('organizations/create', { name, slug });
    return slug;
  }

  // Invitations

  /** Opens the form that invites people: a dialog, or a page of its own without script. */
  async opensInviteForm(org: string): Promise<Locator> {
    await this.goes(`/${org}/settings/members`);
    await this.page.getByRole('link', { name: 'Invite people' }).click();
    if (this.hasScript) {
      const dialog = this.page.getByRole('dialog', { name: 'Invite people' });
      await expect(dialog).toBeVisible();
      return dialog;
    }
    await this.page.waitForURL('**/settings/invitations/new');
    await expect(this.page.getByRole('heading', { name: 'Invite people' })).toBeVisible();
    return this.page.getByRole('main');
  }

  async invites(org: string, emails: string[], role: Role): Promise<Locator> {
    const form = await this.opensInviteForm(org);
    await form.getByLabel('Emails').fill(emails.join('\n'));
    await form.getByRole('radio', { name: role }).check();
    await this.sendsInvitations(form);
    const results = form.getByRole('list', { name: 'Invitations sent' });
    await expect(results.getByRole('listitem')).toHaveCount(emails.length);
    return results;
  }

  /** Presses the button that sends invitations: with script it says how many. */
  async sendsInvitations(form: Locator): Promise<number> {
    return this.posts(form.getByRole('button', { name: /^Send (\d+ )?invitations?$/ }));
  }

  /** Invites somebody and tells the mailed link, without looking at the pages. */
  async hasInvited(org: string, email: string, role: Role = 'Editor'): Promise<string> {
    await this.sends('invitations/invite', { org, emails: email, role: role.toLowerCase() });
    // They may have been told of other things before.
    for (;;) {
      const { link } = await this.studio.mail.next(email);
      if (link.includes('/invite/')) return link;
    }
  }

  /** Takes somebody with an account into an organization, without looking at the pages. */
  async hasAdmitted(org: string, person: Person, role: Role): Promise<void> {
    const link = await this.hasInvited(org, person.email, role);
    await person.sends('invitations/accept', { token: tokenOf(link) });
  }

  /** The id of a member, by name or address, as it stands in the forms of the members page. */
  async idOf(org: string, member: string): Promise<string> {
    const answer = await this.page.request.get(`${this.at.url}/${org}/settings/members?search=${encodeURIComponent(member)}`);
    return (await answer.text()).match(/<input type="hidden" name="user" value="([^"]+)"/)![1]!;
  }

  /** Posts a form the way a browser without script does, and insists that it is accepted. */
  async sends(action: string, form: Record<string, string>): Promise<APIResponse> {
    const headers = { accept: 'text/html', 'x-in-place': '1' };
    const answer = await this.page.request.post(`${this.at.url}/api/${action}`, { form, headers, maxRedirects: 0 });
    expect(answer.status(), `${action}: ${await answer.text()}`).toBeLessThan(400);
    return answer;
  }
}

export function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
}

/** The last part of a letter's link. */
export function tokenOf(link: string): string {
  return new URL(link).pathname.split('/').at(-1)!;
}
