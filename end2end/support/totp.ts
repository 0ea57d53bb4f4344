import { createHmac } from 'node:crypto';

/** The seconds that a code is shown for. */
const STEP = 30;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An authenticator app (RFC 6238) with a secret that was typed into it. */
export class Authenticator {
  readonly #secret: Buffer;
  #last = 0;

  constructor(secret: string) {
    const bits = [...secret.replaceAll(' ', '')].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
    this.#secret = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  }

  /** A code that was not told before: the one shown now, or the next one, which is taken already. */
  code(): string {
    const now = Math.floor(Date.now() / 1000 / STEP);
    this.#last = Math.max(now, this.#last + 1);
    return this.#at(this.#last);
  }

  #at(step: number): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const hash = createHmac('sha1', this.#secret).update(counter).digest();
    const number = hash.readUInt32BE(hash.at(-1)! & 0xf) & 0x7fff_ffff;
    return String(number % 1_000_000).padStart(6, '0');
  }
}
