import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A letter as its reader sees it. */
export interface Letter {
  to: string;
  from: string;
  subject: string;
  /** The plain part. */
  text: string;
  /** The HTML part. */
  html: string;
  header(name: string): string | undefined;
  /** The content types of the parts, in order. */
  parts: string[];
  /** The link that the letter is about: the first one of the plain part. */
  link: string;
}

/** A mail server that keeps what it is sent, by recipient. */
export class Mail {
  readonly #letters = new Map<string, Letter[]>();
  readonly #waiting = new Map<string, ((letter: Letter) => void)[]>();
  readonly #server: SMTPServer;

  private constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const source = Buffer.concat(chunks);
          simpleParser(source).then((mail) => {
            for (const { address } of session.envelope.rcptTo) this.#deliver(address, read(mail, source, address));
            done();
          }, done);
        });
      },
    });
  }

  static async start(): Promise<Mail> {
    const mail = new Mail();
    await new Promise<void>((listening, failed) => {
      mail.#server.on('error', failed);
      mail.#server.listen(0, '127.0.0.1', listening);
    });
    // A client that hangs up in the middle is no fault of the tests.
    mail.#server.removeAllListeners('error').on('error', () => {});
    return mail;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`;
  }

  /** The next letter to an address: each is handed out once, in the order of arrival. */
  async next(address: string): Promise<Letter> {
    const letter = this.#letters.get(address)?.shift();
    if (letter) return letter;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no letter came for ${address} within 10 s`)), 10_000);
      const waiting = this.#waiting.get(address) ?? [];
      this.#waiting.set(address, [...waiting, (letter) => (clearTimeout(timer), resolve(letter))]);
    });
  }

  async stop(): Promise<void> {
    await new Promise<void>((closed) => this.#server.close(() => closed()));
  }

  #deliver(address: string, letter: Letter): void {
    const reader = this.#waiting.get(address)?.shift();
    if (reader) return reader(letter);
    this.#letters.set(address, [...(this.#letters.get(address) ?? []), letter]);
  }
}

function read(mail: ParsedMail, source: Buffer, to: string): Letter {
  const text = mail.text ?? '';
  return {
    to,
    from: mail.from?.text ?? '',
    subject: mail.subject ?? '',
    text,
    html: mail.html || '',
    header: (name) => mail.headerLines.find((line) => line.key === name.toLowerCase())?.line.replace(/^[^:]*:\s*/, ''),
    parts: [...source.toString('utf8').matchAll(/^content-type:\s*([\w/]+)/gim)].map(([, type]) => type!.toLowerCase()),
    link: text.match(/https?:\/\/\S+/)?.[0] ?? '',
  };
}
