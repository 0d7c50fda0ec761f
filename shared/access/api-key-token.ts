import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Whether a key works on a stage that moves real money. */
export type KeyMode = 'live' | 'test';

/** An API key as its holder has it: `hvn_<live|test>_<id>_<secret>`. */
export interface ApiKeyToken {
  readonly mode: KeyMode;
  /** The key's ULID; public. */
  readonly ulid: string;
  /** 32 random bytes in hex; only the holder has it. */
  readonly secret: string;
}

const TOKEN = /^hvn_(live|test)_([0-9A-HJKMNP-TV-Z]{26})_([0-9a-f]{64})$/;

/**
 * Reads a token from an Authorization header.
 *
 * @param header `Bearer hvn_...`
 * @returns undefined when it is none
 */
export function readBearer(header: string | undefined): ApiKeyToken | undefined {
  const match = TOKEN.exec(/^Bearer (\S+)$/i.exec(header ?? '')?.[1] ?? '');
  if (match === null) return undefined;
  const [, mode, ulid = '', secret = ''] = match;
  return { mode: mode === 'live' ? 'live' : 'test', ulid, secret };
}

/** The text of a token, as it is shown to its holder once. */
export function formatToken(token: ApiKeyToken): string {
  return `hvn_${token.mode}_${token.ulid}_${token.secret}`;
}

/** A new random secret. */
export function newSecret(): string {
  return randomBytes(32).toString('hex');
}

/**
 * The keyed hash under which a secret is stored: of no use to a reader of the table who hasn't the pepper.
 *
 * @param pepper the stage's pepper secret
 */
export function hashSecret(pepper: string, secret: string): string {
  return createHmac('sha256', pepper).update(secret).digest('hex');
}

/** Compares two hashes without telling by time how much of them agrees. */
export function hashesEqual(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === right.length && left.length > 0 && timingSafeEqual(left, right);
}
