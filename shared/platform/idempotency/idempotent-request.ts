import { canonicalJson, sha256Hex } from '../canonical-json.ts';
import { HavenError } from '../errors/haven-error.ts';
import { fieldError } from '../http/validation.ts';

/** How long an answer is kept for replay (api.md). */
export const IDEMPOTENCY_TTL_MS = 24 * 60 * 60 * 1000;
/** As Stripe's; longer keys are a mistake. */
const MAX_KEY_CHARS = 255;

/** A request that can be answered again. */
export interface IdempotentRequest {
  /** Where its answer is kept: principal, route and key. */
  readonly recordKey: string;
  /** SHA-256 of what was asked; the same key with another fingerprint is refused. */
  readonly fingerprint: string;
}

/** An answer as it was given the first time. */
export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Thrown to answer a repeated request with the stored answer; the HTTP pipeline turns it into a response. */
export class IdempotentReplay extends Error {
  readonly answer: StoredAnswer;

  constructor(answer: StoredAnswer) {
    super('Answered before');
    this.name = 'IdempotentReplay';
    this.answer = answer;
  }
}

/**
 * Identifies a request by its Idempotency-Key, in the scope of its principal and route.
 *
 * @param key the header's value
 * @param asked everything that makes two requests the same: parameters, query, body
 * @throws MISSING_IDEMPOTENCY_KEY, INVALID_PARAMETER
 */
export function identifyRequest(
  key: string | undefined,
  principalId: string,
  routeId: string,
  asked: unknown,
): IdempotentRequest {
  if (key === undefined || key === '') {
    throw new HavenError('MISSING_IDEMPOTENCY_KEY', 'The header Idempotency-Key is required on this route', {
      details: { fields: [{ field: 'header.Idempotency-Key', message: 'is required' }] },
    });
  }
  if (key.length > MAX_KEY_CHARS || !/^[\x21-\x7e]+$/.test(key)) {
    throw fieldError(
      'INVALID_PARAMETER',
      'header.Idempotency-Key',
      `must be 1 to ${MAX_KEY_CHARS} printable ASCII characters without spaces`,
    );
  }
  return {
    recordKey: `IDEMPOTENCY#${principalId}#${routeId}#${key}`,
    fingerprint: sha256Hex(canonicalJson(asked)),
  };
}
