import type { Library } from './library.ts';
import type { Person } from './person.ts';

/** What is deployed, and what waits. */
export interface Deployed {
  /** The ids of the environments. */
  development: string;
  staging: string;
  production: string;
  /** A request of an Editor. */
  request: string;
}

async function links(person: Person, page: string, pattern: RegExp): Promise<string[]> {
  const html = await (await person.page.request.get(`${person.at.url}${page}`)).text();
  return [...html.matchAll(pattern)].map((match) => match[1]!);
}

/** The request that waits. */
async function waiting(person: Person, org: string): Promise<string> {
  const [request] = await links(person, `/${org}/deployments`, /deployments\/requests\/([0-9a-f-]+)"/g);
  return request!;
}

/** Deploys what is in the library; for production the Owner asks and the Admin approves, then the Editor asks. */
export async function makeDeployments(owner: Person, admin: Person, editor: Person, org: string, library: Library): Promise<Deployed> {
  const ids = await links(owner, `/${org}/deployments/environments`, /deployments\/environments\/([0-9a-f-]+)"/g);
  const [development, staging, production] = ids as [string, string, string];
  const deploys = (who: Person, environment: string, prompt: string, version: number, seen: number, reason: string, kind = 'deploy') =>
    who.sends('deployments/deploy', { org, environment, prompt, kind, version: String(version), seen: String(seen), reason });
  await deploys(owner, development, library.tone, 1, 0, '');
  await deploys(owner, staging, library.tone, 1, 0, 'Tried for a week', 'promote');
  await deploys(owner, development, library.triage, 1, 0, '');
  await deploys(owner, development, library.triage, 2, 1, 'Says what the ticket is');
  await deploys(owner, development, library.triage, 1, 2, 'It answered with sentences', 'rollback');
  await deploys(owner, production, library.triage, 1, 0, 'Agreed with the support team');
  const asked = await waiting(owner, org);
  const [fingerprint] = await links(admin, `/${org}/deployments/requests/${asked}`, /name="fingerprint" value="([^"]+)"/g);
  await admin.sends('deployments/approve', { org, request: asked, fingerprint: fingerprint! });
  await deploys(editor, production, library.triage, 2, 1, 'Customers of the new plan wait for it');
  return { development, staging, production, request: await waiting(owner, org) };
}
