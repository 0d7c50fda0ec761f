import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';
import type { Alert } from '#shared/alerts/alert.ts';
import { type AuditContent, type AuditHead, auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';

const whole = (least: number, most: number, fallback: number) =>
  z.coerce.number().int().min(least).max(most).default(fallback);

/** The settings of the lockout, by environment variable. */
export const lockoutConfigShape = {
  LOCKOUT_KEY_FAILURES: whole(3, 1_000, 10).describe(
    'Wrong secrets for one API key from one address after which that key is locked out there.',
  ),
  LOCKOUT_ADDRESS_FAILURES: whole(3, 100_000, 50).describe(
    'Refused credentials from one address after which the address is locked out.',
  ),
  LOCKOUT_WINDOW_SECONDS: whole(10, 3_600, 300).describe('Within how many seconds they count together.'),
  LOCKOUT_SECONDS: whole(10, 86_400, 900).describe('For how long who is locked out stays so.'),
};

const configSchema = z.object(lockoutConfigShape);

/** When who is locked out, and for how long. */
export interface LockoutPolicy {
  readonly keyFailures: number;
  readonly addressFailures: number;
  readonly windowMs: number;
  readonly lockMs: number;
}

/** Makes the policy from configuration. */
export function lockoutPolicy(config: z.output<typeof configSchema>): LockoutPolicy {
  return {
    keyFailures: config.LOCKOUT_KEY_FAILURES,
    addressFailures: config.LOCKOUT_ADDRESS_FAILURES,
    windowMs: config.LOCKOUT_WINDOW_SECONDS * 1_000,
    lockMs: config.LOCKOUT_SECONDS * 1_000,
  };
}

/** What is locked out at one address, with the head of the address's audit stream. */
export const lockoutSchema = auditHeadSchema.extend({
  /** Until when the whole address is, in milliseconds since the Unix epoch; 0: never was. */
  locked_until_ms: z.number(),
  /** The same by the id of an API key. */
  keys: z.record(z.string(), z.number()),
  /** Until when which principals' denials here are on record, in milliseconds since the Unix epoch. */
  denied: z.record(z.string(), z.number()).optional(),
});

/** What is locked out at one address. */
export type Lockout = z.output<typeof lockoutSchema>;

/** What an episode locks out: a key at an address, or the address. */
export interface LockoutSubject {
  readonly address: string;
  readonly keyId?: string;
}

/**
 * Whether credentials are refused without looking at them.
 *
 * @param keyId the API key that is shown; undefined for a token
 */
export function isLockedOut(lockout: Lockout | undefined, keyId: string | undefined, nowMs: number): boolean {
  if (lockout === undefined) return false;
  if (lockout.locked_until_ms > nowMs) return true;
  return keyId !== undefined && lasts(lockout.keys, keyId, nowMs);
}

/**
 * Whether what a row says of an id still holds.
 *
 * @param ends by id, in milliseconds since the Unix epoch
 */
export function lasts(ends: Readonly<Record<string, number>>, id: string, nowMs: number): boolean {
  return Object.hasOwn(ends, id) && (ends[id] ?? 0) > nowMs;
}

/** What becomes of an address's locks with a new one; those that have ended are forgotten. */
export function locked(
  before: Omit<Lockout, keyof AuditHead> | undefined,
  { keyId }: LockoutSubject,
  policy: LockoutPolicy,
  nowMs: number,
): Omit<Lockout, keyof AuditHead> {
  const untilMs = nowMs + policy.lockMs;
  const standing = Object.entries(before?.keys ?? {}).filter(([, endMs]) => endMs > nowMs);
  return {
    locked_until_ms: keyId === undefined ? untilMs : (before?.locked_until_ms ?? 0),
    keys: Object.fromEntries(keyId === undefined ? standing : [...standing, [keyId, untilMs]]),
    ...(before?.denied === undefined ? {} : { denied: before.denied }),
  };
}

/** The audit entry of an episode. */
export function lockoutEntry(
  { address, keyId }: LockoutSubject,
  policy: LockoutPolicy,
  requestId: string,
  nowMs: number,
): AuditContent {
  return {
    action: keyId === undefined ? 'lockout.address' : 'lockout.api_key',
    actor: 'authorizer',
    severity: 'WARNING',
    request_id: requestId,
    reason: 'repeated failures',
    detail: {
      source_address: address,
      key_id: keyId ?? null,
      failures: keyId === undefined ? policy.addressFailures : policy.keyFailures,
      window_seconds: policy.windowMs / 1_000,
      locked_until: isoTime(nowMs + policy.lockMs),
    },
  };
}

/**
 * The alert of an episode.
 *
 * @param id `alr_…`
 * @param entry its audit entry
 * @param at ISO 8601, UTC
 */
export function lockoutAlert(id: string, { address, keyId }: LockoutSubject, entry: AuditContent, at: string): Alert {
  return {
    id,
    severity: 'WARNING',
    category: 'security',
    summary:
      keyId === undefined
        ? `The address ${address} is locked out after repeated failures to authenticate`
        : `The API key ${keyId} is locked out at the address ${address} after repeated wrong secrets`,
    details: entry.detail,
    dedupe_key: `lockout:${address}${keyId === undefined ? '' : `:${keyId}`}`,
    occurred_at: at,
  };
}

/** The audit stream of what happened at an address: one for each, so that attacks from many are no rivals of each other. */
export function securityStream(address: string): string {
  return `security:${address}`;
}

const IPV6_GROUPS = 8;
/** What one customer of an IPv6 network has for itself: RFC 6177. */
const CUSTOMER_GROUPS = 4;
const MAX_UNREADABLE_CHARS = 45;

/**
 * What counts as one address: an IPv4 address, or the /64 of an IPv6 address, all of which one attacker has.
 *
 * @param sourceAddress as API Gateway names it
 * @returns such as `203.0.113.7` or `2001:db8:0:1::/64`
 */
export function addressSubject(sourceAddress: string): string {
  if (isIPv4(sourceAddress)) return sourceAddress;
  if (!isIPv6(sourceAddress) || sourceAddress.includes('%')) {
    return sourceAddress.replace(/[^\w.:-]/g, '').slice(0, MAX_UNREADABLE_CHARS);
  }
  // The URL standard's form: lower case, no leading zeros, dotted quads as two groups.
  const groups = expanded(new URL(`http://[${sourceAddress}]`).hostname.slice(1, -1));
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return dotted(groups.slice(6));
  return `${groups.slice(0, CUSTOMER_GROUPS).join(':')}::/64`;
}

function expanded(canonical: string): readonly string[] {
  const [head = '', tail] = canonical.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  return [...left, ...Array.from({ length: IPV6_GROUPS - left.length - right.length }, () => '0'), ...right];
}

function dotted(groups: readonly string[]): string {
  return groups
    .map((group) => Number.parseInt(group, 16))
    .flatMap((value) => [value >> 8, value & 255])
    .join('.');
}
