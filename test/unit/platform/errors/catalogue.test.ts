import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorCatalogue, isErrorCode } from '#shared/platform/errors/catalogue.ts';

/** Statuses by class, as the API's design lists them. */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  ValidationError: [400, 413, 415],
  AuthenticationError: [401],
  AuthorizationError: [403],
  NotFound: [404],
  Conflict: [409],
  PreconditionFailed: [412],
  IdempotencyError: [422],
  RateLimitError: [429],
  BusinessLogicError: [400],
  SystemError: [500],
  BlockchainError: [502],
  Unavailable: [503, 504],
};

/** Codes and statuses that the API promises. */
const PROMISED: readonly (readonly [ErrorCode, number])[] = [
  ['INVALID_ADDRESS', 400],
  ['INVALID_AMOUNT', 400],
  ['INVALID_PARAMETER', 400],
  ['UNKNOWN_FIELD', 400],
  ['MISSING_IDEMPOTENCY_KEY', 400],
  ['PAYLOAD_TOO_LARGE', 413],
  ['FORBIDDEN', 403],
  ['ADDRESS_NOT_ALLOWED', 403],
  ['POLICY_VIOLATION', 403],
  ['KYC_REQUIRED', 403],
  ['USER_NOT_FOUND', 404],
  ['WALLET_NOT_FOUND', 404],
  ['TRANSACTION_NOT_FOUND', 404],
  ['ORDER_NOT_FOUND', 404],
  ['DUPLICATE_TRANSACTION', 409],
  ['DUPLICATE_REFERENCE', 409],
  ['WALLET_ALREADY_EXISTS', 409],
  ['IDEMPOTENCY_IN_PROGRESS', 409],
  ['INVALID_TRANSITION', 409],
  ['PRICE_CHANGED', 409],
  ['CART_TAMPERED', 409],
  ['CART_EXPIRED', 409],
  ['OUT_OF_STOCK', 409],
  ['VERSION_MISMATCH', 412],
  ['IDEMPOTENCY_MISMATCH', 422],
  ['RATE_LIMITED', 429],
  ['INSUFFICIENT_BALANCE', 400],
  ['REDEMPTION_FAILED', 400],
  ['DATABASE_ERROR', 500],
  ['KEY_DECRYPTION_FAILED', 500],
  ['INTERNAL', 500],
  ['RPC_CONNECTION', 502],
  ['NONCE_ERROR', 502],
  ['GAS_PRICE', 502],
  ['CONTRACT_REVERT', 502],
  ['TRANSACTION_TIMEOUT', 502],
  ['CIRCUIT_OPEN', 503],
  ['OUTCOME_UNKNOWN', 504],
];

describe('the error catalogue', () => {
  it.each(Object.entries(errorCatalogue))('%s is well formed', (code, entry) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(STATUSES[entry.class]).toContain(entry.status);
    expect(entry.title).toMatch(/^[A-Z][^.]*[^.\s]$/);
    expect(entry.userMessage).toMatch(/^[A-Z].*\.$/);
  });

  it.each(PROMISED)('%s is answered with %i', (code, status) => {
    expect(errorCatalogue[code].status).toBe(status);
  });

  it('tells an end user nothing about how Haven is built', () => {
    for (const { userMessage } of Object.values(errorCatalogue)) {
      expect(userMessage).not.toMatch(/dynamo|lambda|kms|sqs|aws|rpc|nonce|gas|stack|exception/i);
    }
  });
});

describe('isErrorCode', () => {
  it.each(Object.keys(errorCatalogue))('knows %s', (code) => {
    expect(isErrorCode(code)).toBe(true);
  });

  it.each(['', 'invalid_address', 'NOPE', 'toString', '__proto__', 'constructor', 'hasOwnProperty'])(
    'does not know %j',
    (text) => {
      expect(isErrorCode(text)).toBe(false);
    },
  );
});
