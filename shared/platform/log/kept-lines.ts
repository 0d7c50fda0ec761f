/**
 * Which log lines are kept for operators to list, and as what. Pure. A kept line carries its mark, `kept_as`, as a field: the subscription of each
 * log group hands on lines with that word in them, and nothing else of a log (docs/incidents.md).
 */

/** What happens to security, as it is kept, counted and watched for patterns: the one catalogue of kinds. */
export const SECURITY_KINDS = [
  /** Credentials that are wrong, unknown, expired or revoked. */
  'authentication_failed',
  /** A lockout that begins, and credentials that are refused unseen while it lasts. */
  'locked_out',
  /** Good credentials at an address that is not theirs, or of somebody without a role. */
  'access_denied',
  /** A route that the principal has no scope for. */
  'forbidden',
  /** A wallet's policy, or what a stage allows, denied it. */
  'policy_denied',
  /** A cart that is not as Haven wrote it. */
  'cart_tampered',
  /** More requests than a quota allows. */
  'rate_limited',
  /** A webhook of a payment processor with a signature that is not its. */
  'webhook_unsigned',
  /** An id that names nothing, asked for by somebody who may ask. */
  'unknown_id',
] as const;

/** A kind of security event. */
export type SecurityKind = (typeof SECURITY_KINDS)[number];

/** The mark of a kept line. */
export type KeptMark = 'error' | `security:${SecurityKind}`;

/** The name of the field that holds the mark: what subscriptions look for in a line. */
export const KEPT_FIELD = 'kept_as';

/** Messages that tell of security themselves. */
const KIND_OF_MESSAGE: Readonly<Record<string, SecurityKind>> = {
  AUTHENTICATION_REFUSED: 'authentication_failed',
  AUTHENTICATION_LOCKED_OUT: 'locked_out',
  LOCKOUT_STARTED: 'locked_out',
  AUTHENTICATION_ADDRESS_REFUSED: 'access_denied',
  AUTHENTICATION_NO_ROLE: 'access_denied',
  CART_TAMPERED: 'cart_tampered',
  PAYMENT_WEBHOOK_UNSIGNED: 'webhook_unsigned',
  POLICY_DENIED: 'policy_denied',
};

/**
 * Codes of refused requests that tell of security. `CART_TAMPERED` and `INVALID_SIGNATURE` have messages of their own: one thing that happened
 * is one event.
 */
const KIND_OF_REFUSAL: Readonly<Record<string, SecurityKind>> = {
  UNAUTHENTICATED: 'authentication_failed',
  FORBIDDEN: 'forbidden',
  POLICY_VIOLATION: 'policy_denied',
  RATE_LIMITED: 'rate_limited',
};

/**
 * Things whose ids nobody can guess, and which only somebody with a key can ask for. Not carts and orders: customers come back to
 * old ones.
 */
const UNKNOWN_IDS: ReadonlySet<string> = new Set([
  'WALLET_NOT_FOUND',
  'USER_NOT_FOUND',
  'TRANSACTION_NOT_FOUND',
  'REDEMPTION_NOT_FOUND',
  'EXPORT_NOT_FOUND',
  'DESTRUCTION_NOT_FOUND',
  'API_KEY_NOT_FOUND',
]);

/**
 * The mark of a line: every message of level ERROR is an error, whoever writes it; what tells of security is a security event first.
 *
 * @param message its name in the catalogue
 * @param fields what it carries
 * @returns undefined for lines that are not kept
 */
export function markOf(
  message: string,
  level: string,
  fields: Readonly<Record<string, unknown>>,
): KeptMark | undefined {
  const kind = message === 'REQUEST_REFUSED' ? refusalKind(fields) : kindOf(KIND_OF_MESSAGE, message);
  if (kind !== undefined) return `security:${kind}`;
  return level === 'ERROR' ? 'error' : undefined;
}

function refusalKind({ error, principal }: Readonly<Record<string, unknown>>): SecurityKind | undefined {
  if (typeof error !== 'string') return undefined;
  if (UNKNOWN_IDS.has(error)) return principal === undefined ? undefined : 'unknown_id';
  return kindOf(KIND_OF_REFUSAL, error);
}

function kindOf(kinds: Readonly<Record<string, SecurityKind>>, name: string): SecurityKind | undefined {
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

/**
 * Reads a mark.
 *
 * @returns undefined for anything else
 */
export function readMark(
  value: unknown,
): { readonly kind: 'error' } | { readonly kind: 'security'; readonly security: SecurityKind } | undefined {
  if (value === 'error') return { kind: 'error' };
  const security = SECURITY_KINDS.find((kind) => value === `security:${kind}`);
  return security === undefined ? undefined : { kind: 'security', security };
}
