import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test as base, unique } from '../support/studio.ts';

/** Serves one page to a browser, from another place than the studio. */
const test = base.extend<{ attacker: (page: string) => Promise<number> }>({
  attacker: async ({}, use) => {
    const servers: HttpServer[] = [];
    await use(async (page) => {
      const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(`<!doctype html>${page}`));
      servers.push(server);
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      return (server.address() as AddressInfo).port;
    });
    for (const server of servers) server.close();
  },
});

/** Of another site no cookie comes along; of another port of the same host it does. */
const PLACES = ['127.0.0.1', 'localhost'];

test('the cookie of a session is out of reach of scripts and other sites', async ({ person }) => {
  const ana = await person('Ana');
  await ana.goes('/');
  const cookies = await ana.page.context().cookies();
  const session = cookies.find((cookie) => cookie.name === 'studio');
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', domain: 'localhost' });
  expect(session!.value.length).toBeGreaterThanOrEqual(22);
  for (const cookie of cookies) expect(cookie, cookie.name).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
  expect(await ana.page.evaluate(() => document.cookie)).toBe('');
});

test('the cookie changes when somebody signs in and is dead when they sign out', async ({ person }) => {
  const ana = await person('Ana');
  const slug = await ana.hasOrganization(unique('Acme'));
  const session = async () => (await ana.page.context().cookies()).find((cookie) => cookie.name === 'studio')?.value;
  const before = await session();
  await ana.goes(`/${slug}`);
  await ana.signsOut();
  expect(await session()).toBeUndefined();
  const stolen = await fetch(`${ana.at.url}/${slug}`, { headers: { cookie: `studio=${before}`, accept: 'text/html' }, redirect: 'manual' });
  expect(stolen.status).toBe(302);
  expect(stolen.headers.get('location')).toContain('/sign-in');
  await ana.signsIn();
  expect(await session()).not.toBe(before);
});

for (const place of PLACES) {
  test(`a page at ${place} cannot post a form that acts`, async ({ person, attacker }) => {
    const ana = await person('Ana');
    const { slug } = unique('Stolen');
    const port = await attacker(`<form method="post" action="${ana.at.url}/api/organizations/create">
      <input name="name" value="Stolen"><input name="slug" value="${slug}"><button>Win a prize</button></form>`);
    await ana.page.goto(`http://${place}:${port}`);
    const answer = ana.page.waitForResponse((response) => response.request().method() === 'POST');
    await ana.page.getByRole('button').click();
    expect((await answer).status()).toBe(403);
    expect(await ana.goes(`/${slug}`)).toBe(404);
  });

  test(`a script at ${place} can neither act nor read`, async ({ person, attacker }) => {
    const ana = await person('Ana');
    const { slug } = unique('Stolen');
    const org = await ana.hasOrganization(unique('Acme'));
    await ana.page.goto(`http://${place}:${await attacker('<h1>Kittens</h1>')}`);
    const tried = await ana.page.evaluate(
      async ([studio, slug, org]) => {
        const body = new URLSearchParams({ name: 'Stolen', slug: slug! });
        const outcome = (answer: Promise<Response>) => answer.then((read) => read.type, () => 'refused');
        return {
          act: await outcome(fetch(`${studio}/api/organizations/create`, { method: 'POST', mode: 'no-cors', credentials: 'include', body })),
          read: await outcome(fetch(`${studio}/${org}`, { credentials: 'include' })),
          stream: await new Promise((resolve) => {
            const stream = new EventSource(`${studio}/${org}/events`, { withCredentials: true });
            stream.onopen = () => resolve('open');
            stream.onerror = () => resolve('refused');
          }),
        };
      },
      [ana.at.url, slug, org],
    );
    expect(tried.read).toBe('refused');
    expect(tried.stream).toBe('refused');
    expect(await ana.goes(`/${slug}`), 'nothing was made').toBe(404);
  });

  test(`a page at ${place} cannot frame pages`, async ({ person, attacker }) => {
    const ana = await person('Ana');
    const org = await ana.hasOrganization(unique('Acme'));
    const port = await attacker(`<iframe src="${ana.at.url}/${org}"></iframe><iframe src="${ana.at.url}/sign-in"></iframe>`);
    await ana.page.goto(`http://${place}:${port}`);
    const frames = ana.page.frames().slice(1);
    expect(frames).toHaveLength(2);
    for (const frame of frames) {
      await expect.poll(() => frame.url()).toMatch(/^chrome-error:/);
      expect(await frame.content()).not.toContain('Prompt Studio');
    }
  });
}

test('the stream of an organization is for its members', async ({ person, visitor }) => {
  const [ana, bo, nobody] = [await person('Ana'), await person('Bo'), await visitor('Nobody')];
  const org = await ana.hasOrganization(unique('Acme'));
  const ask = (who: typeof ana, org: string) => who.page.request.get(`${who.at.url}/${org}/events`);
  const [other, none] = [await ask(bo, org), await ask(bo, 'no-such-place')];
  expect([other.status(), none.status()], 'as one that does not exist').toEqual([404, 404]);
  expect(await other.text()).toBe(await none.text());
  expect((await ask(nobody, org)).status()).toBeGreaterThanOrEqual(401);
});

test('what people type is text, everywhere it is shown', async ({ person, visitor }) => {
  const nasty = '<img src=x onerror="document.title=1">"\'&';
  const ana = await visitor(nasty);
  await ana.hasAccount();
  const org = await ana.hasOrganization({ name: nasty, slug: unique('nasty').slug });
  const bo = await person('Bo');
  const link = await ana.hasInvited(org, bo.email);
  for (const path of [`/${org}`, `/${org}/settings/general`, `/${org}/settings/members`, `/${org}/settings/invitations`]) {
    await ana.goes(path);
    await expect(ana.page.locator('body')).toContainText(nasty);
    await expect(ana.page.locator('img[src=x]')).toHaveCount(0);
  }
  await bo.goes(link);
  await expect(bo.page.getByRole('heading', { level: 1 })).toHaveText(`${nasty} invited you to ${nasty}`);
  await expect(bo.page.locator('img[src=x]')).toHaveCount(0);
});
