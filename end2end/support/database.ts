import { randomBytes } from 'node:crypto';
import path from 'node:path';
import Sqlite from 'libsql';
import { Client } from 'pg';

/** What tests do to the database behind the server's back: only what takes days or hundreds of clicks otherwise. */
export interface Database {
  /** Runs a statement; `?` stands for a value. */
  run(sql: string, ...values: Value[]): Promise<Row[]>;
  close(): Promise<void>;
}

type Value = string | number | Buffer;
type Row = Record<string, unknown>;

/** The file that the server has open; SQLite's locks keep the two apart. */
export function sqlite(dataDir: string): Database {
  const file = new Sqlite(path.join(dataDir, 'studio.db'));
  file.pragma('busy_timeout = 5000');
  return {
    async run(sql, ...values) {
      const statement = file.prepare(sql);
      if (statement.reader) return statement.all(...values) as Row[];
      statement.run(...values);
      return [];
    },
    async close() {
      file.close();
    },
  };
}

export async function postgres(url: string): Promise<Database> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    async run(sql, ...values) {
      let n = 0;
      const numbered = sql.replaceAll('?', () => `$${(n += 1)}`);
      const plain = values.map((value) => (Buffer.isBuffer(value) ? value.toString('hex') : value));
      return (await client.query(numbered, plain)).rows as Row[];
    },
    close: () => client.end(),
  };
}

/** Makes an empty database beside the one of `url`; the second function drops it. */
export async function freshPostgres(url: string): Promise<[string, () => Promise<void>]> {
  const name = `end2end_${randomBytes(6).toString('hex')}`;
  const admin = async (sql: string) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await admin(`CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return [own.href, () => admin(`DROP DATABASE ${name} WITH (FORCE)`)];
}

const GIVEN = ['Ana', 'Bo', 'Ciro', 'Dina', 'Emre', 'Fay', 'Gil', 'Hana', 'Ivo', 'Jun', 'Kaya', 'Lea', 'Miro', 'Noor', 'Oda'];
const FAMILY = ['Abara', 'Berg', 'Castillo', 'Dvořák', 'Eriksen', 'Fournier', 'Grünwald', 'Haddad'];
const ROLES = ['admin', 'editor', 'editor', 'viewer'];

/** Adds `n` members to an organization, who joined a day after the other; they cannot sign in. */
export async function addMembers(db: Database, slug: string, n: number): Promise<string[]> {
  const [org] = await db.run('SELECT id FROM organizations WHERE slug = ?', slug);
  const names: string[] = [];
  for (let i = 0; i < n; i += 1) {
    const [user, day] = [uuid(), Date.now() - (i + 1) * 86_400_000];
    const [given, family] = [GIVEN[i % GIVEN.length]!, FAMILY[(i * 3) % FAMILY.length]!];
    const name = n > GIVEN.length ? `${given} ${family} ${i + 1}` : `${given} ${family}`;
    const email = `${given.toLowerCase()}.${i + 1}@${slug}.test`;
    await db.run('INSERT INTO users (id, name, email, password_hash, verified_at, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      user, name, email, '!', day, day);
    await db.run('INSERT INTO members (org_id, user_id, role, joined_at) VALUES (?, ?, ?, ?)',
      id(org!.id), user, ROLES[i % ROLES.length]!, day);
    names.push(name);
  }
  return names;
}

/** Lets the pending invitations of an address run out. */
export async function expireInvitations(db: Database, email: string): Promise<void> {
  await db.run("UPDATE invitations SET expires_at = ? WHERE email = ? AND state = 'pending'", Date.now() - 60_000, email);
}

/** Lets the letters' links of a kind run out. */
export async function expireLinks(db: Database, table: 'sign_ups' | 'password_resets'): Promise<void> {
  await db.run(`UPDATE ${table} SET expires_at = ?`, Date.now() - 60_000);
}

/** Lets it be long ago that somebody entered their password: forms that need it ask for it again. */
export async function forgetProofs(db: Database, email: string): Promise<void> {
  const sessions = await db.run('SELECT s.id, s.data FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = ?', email);
  for (const session of sessions) {
    const data = typeof session.data === 'string' ? JSON.parse(session.data) : session.data;
    data.visit.proved_at = Date.now() - 3_600_000;
    await db.run('UPDATE sessions SET data = ? WHERE id = ?', JSON.stringify(data), id(session.id));
  }
}

/** An id as it was read, to be bound again. */
function id(value: unknown): string | Buffer {
  return typeof value === 'string' ? value : Buffer.from(value as Uint8Array);
}

function uuid(): Buffer {
  const bytes = randomBytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes;
}
