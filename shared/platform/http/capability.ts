/** Headers in which a client shows the token of the one thing that it may work with, beside its key. */
export type TokenHeader = 'X-Cart-Token' | 'X-Order-Token';

/** 32 random bytes in base64url, as Haven makes such tokens. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

const HIDDEN = '[redacted]';

/**
 * The token of a cart or an order that a request came with: whoever has it may work with that one thing. It says
 * `[redacted]` of itself wherever it is printed, so that it is in no log and no error.
 */
export class Capability {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** The token itself: to be hashed, and for nothing else. */
  reveal(): string {
    return this.#token;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}

/**
 * Reads a token header. What can't be a token is as good as none: whoever guesses is told no more than who shows nothing.
 *
 * @param header its value
 */
export function readCapability(header: string | undefined): Capability | undefined {
  return header !== undefined && TOKEN.test(header) ? new Capability(header) : undefined;
}
