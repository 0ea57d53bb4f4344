import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const LOGS = fileURLToPath(new URL('../artifacts/logs', import.meta.url));

/** What a server is started with. */
export interface ServerOptions {
  /** The name of its log. */
  name: string;
  /** Where letters go; without it, the mailbox of development. */
  smtp?: string;
  /** A PostgreSQL database; without it, SQLite in the data directory. */
  postgres?: string;
  /** Needed when processes share a database. */
  masterKey?: string;
}

/** The real server, as a process of its own. */
export class Server {
  #process: ChildProcess | undefined;

  private constructor(
    readonly options: ServerOptions,
    readonly port: number,
    readonly dataDir: string,
  ) {}

  static async start(options: ServerOptions): Promise<Server> {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'studio-end2end-'));
    const server = new Server(options, await freePort(), dataDir);
    await server.run();
    return server;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  get log(): string {
    return path.join(LOGS, `${this.options.name}.log`);
  }

  /** Runs the process, again perhaps, until it answers. */
  async run(): Promise<void> {
    const binary = process.env.STUDIO_BIN;
    if (!binary) throw new Error('STUDIO_BIN is not set: it names the server binary; `cargo xtask test` sets it');
    const { smtp, postgres, masterKey } = this.options;
    const args = ['--listen', `127.0.0.1:${this.port}`, '--base-url', this.url, '--data-dir', this.dataDir];
    args.push(...(smtp ? ['--smtp-url', smtp] : ['--dev-mailbox']));
    if (postgres) args.push('--database-url', postgres);
    // All people of the tests come from one address, and are in a hurry.
    const env = { PATH: process.env.PATH, RUST_BACKTRACE: '1', STUDIO_RATE_LIMITS: '1000', ...(masterKey && { STUDIO_MASTER_KEY: masterKey }) };
    mkdirSync(LOGS, { recursive: true });
    const log = createWriteStream(this.log, { flags: 'a' });
    const child = spawn(binary, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#process = child;
    await this.#answers(child);
  }

  async #answers(child: ChildProcess): Promise<void> {
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    for (let tries = 0; tries < 300; tries += 1) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}; see ${this.log}`);
      const up = fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false);
      if (await Promise.race([up, failed])) return;
      await new Promise((passed) => setTimeout(passed, 50));
    }
    throw new Error(`the server does not answer at ${this.url}; see ${this.log}`);
  }

  /** Ends the process at once, as a crash would, and keeps its data. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((exited) => child.once('exit', exited));
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export function newMasterKey(): string {
  return randomBytes(32).toString('base64');
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
