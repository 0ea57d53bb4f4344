import type { Browser } from '@playwright/test';
import { addMembers, expireInvitations, forgetProofs } from './database.ts';
import { makeDeployments, type Deployed } from './deployments.ts';
import { makeLibrary, type Library } from './library.ts';
import { squarePng } from './pictures.ts';
import { Person, tokenOf } from './person.ts';
import type { Studio } from './studio.ts';

/** Organizations and links as they are after some weeks of use. */
export interface World {
  /** Owns all organizations below, and enough others that the switcher has a search. */
  ana: Person;
  /** Is a Viewer of `acme` and of nothing else. */
  eve: Person;
  /** Has an account, is invited to `acme`, and is offered `offered`. */
  bo: Person;
  /** Has two-factor, and is an Admin of `acme`. */
  kim: Person;
  /** Entered his password long ago, is setting two-factor up, and changes his address. */
  gil: Person;
  /** Is signed out. */
  nobody: Person;
  /** Twelve people and invitations of all states. */
  acme: string;
  /** Nobody but Ana, and no invitations. */
  fresh: string;
  /** 120 people. */
  big: string;
  /** Has a picture, and is offered to Bo. */
  offered: string;
  /** Gil's own. */
  gils: string;
  /** What is in the library of `acme`. */
  library: Library;
  /** What is deployed of it. */
  deployed: Deployed;
  /** The id of a key. */
  key: string;
  /** The mailed link that makes Gil's new address his. */
  address: string;
  /** Mailed links of invitations to `acme`, by state. */
  links: Record<'stranger' | 'bo' | 'expired' | 'used' | 'revoked' | 'declined', string>;
  /** The copyable link of an invitation. */
  copied: string;
}

const LONG = 'maximiliana-theodora.von-und-zu-hohenlohe-langenburg@a-rather-long-company-name.example';

export async function makeWorld(browser: Browser, studio: Studio): Promise<World> {
  const somebody = async (name: string) => {
    const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC' });
    return new Person(studio, await context.newPage(), 'on', name, studio.server);
  };
  const [ana, eve, bo, nobody] = [await somebody('Ana Novak'), await somebody('Eve'), await somebody('Bo Lind'), await somebody('Nobody')];
  const [kim, gil, ed] = [await somebody('Kim Sato'), await somebody('Gil'), await somebody('Ed Park')];
  for (const person of [ana, eve, bo, kim, gil, ed]) await person.hasAccount();

  const acme = await ana.hasOrganization({ name: 'Acme Prompts', slug: 'acme-prompts' });
  await addMembers(studio.db, acme, 10);
  const used = await ana.hasInvited(acme, eve.email, 'Viewer');
  await eve.sends('invitations/accept', { token: tokenOf(used) });
  const links = {
    used,
    stranger: await ana.hasInvited(acme, 'new@client.test', 'Editor'),
    bo: await ana.hasInvited(acme, bo.email, 'Admin'),
    expired: await ana.hasInvited(acme, 'late@client.test', 'Viewer'),
    revoked: await ana.hasInvited(acme, 'revoked@client.test', 'Viewer'),
    declined: await ana.hasInvited(acme, 'declined@client.test', 'Viewer'),
  };
  await ana.hasInvited(acme, LONG, 'Owner');
  await nobody.sends('invitations/decline', { token: tokenOf(links.declined) });
  await revoke(ana, acme, 'revoked@client.test');
  await expireInvitations(studio.db, 'late@client.test');
  await ana.sends('organizations/update_settings', { org: acme, name: 'Acme Prompts', description: 'Prompts of the support team.\nAsk Ana before changing those in production.' });
  await ana.sends('organizations/set_invitation_rules', {
    org: acme, default_role: 'viewer', invitation_hours: '336', allowed_domains: 'client.test\npeople.test\na-rather-long-company-name.example',
  });

  const fresh = await ana.hasOrganization({ name: 'Fresh Start', slug: 'fresh-start' });
  const big = await ana.hasOrganization({ name: 'Big Corporation of Many People and a Long Name', slug: 'big-corporation' });
  await addMembers(studio.db, big, 119);
  for (const name of ['Client A', 'Client B', 'Client C', 'Research', 'Support']) {
    await ana.hasOrganization({ name, slug: `${name.toLowerCase().replace(' ', '-')}-team` });
  }
  const form = { org: acme, emails: 'copied@client.test', role: 'editor', page: `/${acme}/settings/invitations/new` };
  const sent = await ana.sends('invitations/invite', form);
  const copied = (await sent.text()).match(/value="([^"]*\/invite\/[^"]+)"/)![1]!;

  const offered = 'client-a-team';
  await ana.hasAdmitted(offered, bo, 'Admin');
  const picture = { name: 'logo.png', mimeType: 'image/png', buffer: squarePng(96) };
  await ana.page.request.post(`${ana.at.url}/api/organizations/set_avatar`, { multipart: { org: offered, image: picture } });
  await ana.sends('transfers/offer', { org: offered, email: bo.email });
  await ana.sends('organizations/delete', { org: 'research-team', slug: 'research-team' });

  await kim.hasTwoFactor();
  const gils = await gil.hasOrganization({ name: 'Gil & Sons', slug: 'gil-and-sons' });
  await gil.sends('account/begin_two_factor', {});
  await gil.sends('account/change_address', { email: 'gilbert@people.test' });
  const address = (await studio.mail.next('gilbert@people.test')).link;
  await forgetProofs(studio.db, gil.email);
  const library = await makeLibrary(ana, acme);
  await ana.hasAdmitted(acme, ed, 'Editor');
  await ana.hasAdmitted(acme, kim, 'Admin');
  const deployed = await makeDeployments(ana, kim, ed, acme, library);
  const keys = [{ name: 'Checkout service', preset: 'runtime', expires: '90' }, { name: 'Old pipeline', preset: 'ci-cd', expires: 'never' }];
  const [key, old] = [await keyOf(ana, acme, keys[0]!), await keyOf(ana, acme, keys[1]!)];
  await ana.sends('api_keys/revoke', { org: acme, key: old });
  return { key, ana, eve, bo, nobody, kim, gil, acme, library, deployed, fresh, big, offered, gils, address, links, copied };
}

async function revoke(owner: Person, org: string, email: string): Promise<void> {
  const list = await (await owner.page.request.get(`${owner.at.url}/${org}/settings/invitations`)).text();
  const row = list.split('<tr').find((text) => text.includes(email))!;
  const invitation = row.match(/name="invitation" value="([^"]+)"/)![1]!;
  await owner.sends('invitations/revoke', { org, invitation });
}

async function keyOf(owner: Person, org: string, fields: Record<string, string>): Promise<string> {
  const answer = await owner.page.request.post(`${owner.at.url}/api/api_keys/create`, { form: { org, ...fields }, headers: { accept: 'application/json' } });
  return ((await answer.json()) as { id: string }).id;
}
