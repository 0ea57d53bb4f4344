import { expect, test as base, type BrowserContext } from '@playwright/test';
import { freshPostgres, postgres, sqlite, type Database } from './database.ts';
import { sent } from './live.ts';
import { Mail } from './mail.ts';
import { Person, slugOf, type Scripting } from './person.ts';
import { newMasterKey, Server } from './server.ts';

export { expect };

/** What a project chooses. */
export interface StudioOptions {
  /** Whether the browser runs scripts, none, or all but WebAssembly. */
  scripting: Scripting;
}

/** What a worker chooses. */
export interface StudioWorkerOptions {
  /** What the server keeps its data in. */
  database: 'sqlite' | 'postgres';
}

/** The server under test with what stands around it. */
export interface Studio {
  server: Server;
  /** Another process on the same database, where the database allows it; the same process otherwise. */
  second: Server;
  mail: Mail;
  db: Database;
  url: string;
}

interface Fixtures {
  /** Opens a browser for somebody who is not signed in; only the name matters. */
  visitor(name: string, at?: Server): Promise<Person>;
  /** Opens a browser for somebody who has an account and is signed in. */
  person(name: string, at?: Server): Promise<Person>;
  serverLog: void;
}

export const test = base.extend<Fixtures & StudioOptions, StudioWorkerOptions & { studio: Studio }>({
  scripting: ['on', { option: true }],
  database: ['sqlite', { option: true, scope: 'worker' }],

  studio: [
    async ({ database }, use, { project, workerIndex }) => {
      const mail = await Mail.start();
      const name = `${project.name}-${workerIndex}`;
      const studio = database === 'postgres' ? await onPostgres(name, mail) : await onSqlite(name, mail);
      await use(studio);
      await studio.stop();
      await mail.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],

  baseURL: async ({ studio }, use) => use(studio.url),

  visitor: async ({ browser, studio, scripting }, use) => {
    const contexts: BrowserContext[] = [];
    const errors: string[] = [];
    await use(async (name, at = studio.server) => {
      const context = await browser.newContext({ baseURL: at.url, javaScriptEnabled: scripting !== 'off' });
      contexts.push(context);
      context.on('request', (request) => {
        if (request.method() === 'POST') sent.last = request;
      });
      if (scripting === 'no-wasm') await context.route('**/*.wasm', (route) => route.abort());
      else gatherErrors(context, at, errors);
      return new Person(studio, await context.newPage(), scripting, name, at);
    });
    for (const context of contexts) await context.close();
    expect([...new Set(errors)], 'what scripts failed with, and what the policy refused').toEqual([]);
  },

  person: async ({ visitor }, use) => {
    await use(async (name, at) => {
      const person = await visitor(name, at);
      await person.hasAccount();
      return person;
    });
  },

  serverLog: [
    async ({ studio }, use, info) => {
      await use();
      if (info.status === info.expectedStatus) return;
      for (const server of new Set([studio.server, studio.second])) {
        await info.attach(`server ${server.port}`, { path: server.log, contentType: 'text/plain' });
      }
    },
    { auto: true },
  ],
});

/** Gathers what scripts of the studio fail with, and what its policy refuses. */
function gatherErrors(context: BrowserContext, { url }: Server, errors: string[]): void {
  context.on('weberror', (error) => {
    // A test of its own, in `pages.spec.ts`, tells when this comes up.
    if (!error.error().message.startsWith('Transition was aborted')) errors.push(error.error().message);
  });
  context.on('console', (message) => {
    const isOurs = message.page()?.url().startsWith(url);
    if (isOurs && /content security policy/i.test(message.text())) errors.push(message.text());
  });
}

type Running = Studio & { stop(): Promise<void> };

async function onSqlite(name: string, mail: Mail): Promise<Running> {
  const server = await Server.start({ name, smtp: mail.url });
  const db = sqlite(server.dataDir);
  const stop = async () => {
    await db.close();
    await server.stop();
  };
  return { server, second: server, mail, db, url: server.url, stop };
}

async function onPostgres(name: string, mail: Mail): Promise<Running> {
  const [url, drop] = await freshPostgres(process.env.STUDIO_POSTGRES_URL!);
  const options = { smtp: mail.url, postgres: url, masterKey: newMasterKey() };
  const server = await Server.start({ ...options, name: `${name}-a` });
  const second = await Server.start({ ...options, name: `${name}-b` });
  const db = await postgres(url);
  const stop = async () => {
    await db.close();
    await Promise.all([server.stop(), second.stop()]);
    await drop();
  };
  return { server, second, mail, db, url: server.url, stop };
}

let serial = 0;

/** A name that no other test of this worker uses, and the slug that is suggested for it. */
export function unique(name: string): { name: string; slug: string } {
  serial += 1;
  const own = `${name} ${serial}`;
  return { name: own, slug: slugOf(own) };
}
