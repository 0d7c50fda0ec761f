import type { Alert } from '#shared/alerts/alert.ts';
import type { SecurityKind } from '#shared/platform/log/kept-lines.ts';
import type { Incident } from './incident.ts';

/** Whom a pattern is about. */
export type SubjectKind = 'source_address' | 'principal' | 'key_id' | 'wallet_id' | 'processor' | 'stage';

/**
 * A pattern of security events that operators must hear of: so many different things of one subject within a window. Pure. Different things, not
 * events: a client that repeats one mistake is no attack, and a line that is delivered twice counts once.
 */
export interface Pattern {
  /** Stands in the alert and in the key of its counter. */
  readonly name: string;
  readonly severity: Alert['severity'];
  readonly category: 'security' | 'policy_violation';
  readonly subjectKind: SubjectKind;
  /** So many different things of one subject... */
  readonly threshold: number;
  /** ...within this time are always found; more seldom ones are not, beyond twice the time. */
  readonly windowMs: number;
  /** What an event counts for; undefined: nothing. */
  readonly sightingOf: (event: SecurityEvent) => { readonly subject: string; readonly thing: string } | undefined;
  /** A sentence for people, without its end. */
  readonly summary: (subject: string) => string;
}

/** A security event as patterns see it. */
export interface SecurityEvent {
  readonly kind: SecurityKind;
  readonly incident: Incident;
  /** The address as failures are counted (shared/access/lockout.ts); undefined where none is known. */
  readonly address: string | undefined;
}

const MINUTE_MS = 60_000;

/**
 * Keys that exist, with secrets that are not theirs: one client has one key, an office behind one address a handful. The lockout sees each key by itself, at
 * ten failures; this sees who tries each of many but once.
 */
const STUFFED_KEYS = 5;
/** Addresses that fail with one key. A client runs at a few, and gets its secret wrong at all of them only when it was rotated; lockouts see one address each. */
const STUFFING_ADDRESSES = 5;
/** Ids of keys that never existed. A typing error makes one; ids have 80 random bits, so nobody meets two by chance. */
const UNKNOWN_KEYS = 10;
/** Ids that name nothing, by one principal. A list that is out of date has some; nobody who was given ids asks for so many in vain. */
const UNKNOWN_IDS = 20;
/** Routes that a principal has no scope for: an integration calls the ones it was made for, so a few are a mistake. */
const FORBIDDEN_ROUTES = 5;
/** Denials of one wallet's policy: once is a mistake, twice a retry (domain rules: alerted when repeated). */
const POLICY_DENIALS = 3;
/** Each tampered cart is an alert already; more than a row or two are somebody at work on the table. */
const TAMPERED_CARTS = 3;
/** Refusals by quota: clients that honour Retry-After are refused a few times a minute, one that has no brake at once hundreds of times. */
const RATE_REFUSALS = 100;
/** Webhooks of one processor with bad signatures: a secret that was rotated on one side only brings a few, and each is tried again. */
const UNSIGNED_WEBHOOKS = 10;
/** As the lockout's own window. */
const ATTACK_WINDOW_MS = 5 * MINUTE_MS;
/** What machines do wrong again and again they do at longer intervals. */
const MISTAKE_WINDOW_MS = 10 * MINUTE_MS;

/** Refusals of a key that exists: its secret was wrong, or it is no longer good. */
const OF_A_KEY: ReadonlySet<unknown> = new Set(['wrong_secret', 'expired', 'revoked', 'wrong_mode']);

/** A sighting, if both its parts are known. */
function sighting(subject: unknown, thing: unknown): { readonly subject: string; readonly thing: string } | undefined {
  return typeof subject === 'string' && subject !== '' && typeof thing === 'string' ? { subject, thing } : undefined;
}

/** All patterns. The runbook says of each what to do. */
export const PATTERNS: readonly Pattern[] = [
  {
    name: 'credential_stuffing',
    ...{ severity: 'ERROR', category: 'security', subjectKind: 'source_address' },
    ...{ threshold: STUFFED_KEYS, windowMs: ATTACK_WINDOW_MS },
    sightingOf: ({ kind, incident: { context }, address }) =>
      kind === 'authentication_failed' && OF_A_KEY.has(context['reason'])
        ? sighting(address, context['key_id'])
        : undefined,
    summary: (address) => `Credential stuffing: ${address} fails with many API keys`,
  },
  {
    name: 'distributed_guessing',
    ...{ severity: 'ERROR', category: 'security', subjectKind: 'key_id' },
    ...{ threshold: STUFFING_ADDRESSES, windowMs: ATTACK_WINDOW_MS },
    sightingOf: ({ kind, incident: { context }, address }) =>
      kind === 'authentication_failed' && context['reason'] === 'wrong_secret'
        ? sighting(context['key_id'], address)
        : undefined,
    summary: (key) => `Credential stuffing: many addresses fail with the API key ${key}`,
  },
  {
    name: 'key_enumeration',
    ...{ severity: 'WARNING', category: 'security', subjectKind: 'source_address' },
    ...{ threshold: UNKNOWN_KEYS, windowMs: ATTACK_WINDOW_MS },
    sightingOf: ({ kind, incident: { context }, address }) =>
      kind === 'authentication_failed' && context['reason'] === 'unknown'
        ? sighting(address, context['key_id'])
        : undefined,
    summary: (address) => `Key enumeration: ${address} tries many API keys that don't exist`,
  },
  {
    name: 'id_enumeration',
    ...{ severity: 'ERROR', category: 'security', subjectKind: 'principal' },
    ...{ threshold: UNKNOWN_IDS, windowMs: ATTACK_WINDOW_MS },
    sightingOf: ({ kind, incident }) =>
      kind === 'unknown_id' ? sighting(incident.principal, incident.context['subject']) : undefined,
    summary: (principal) => `Enumeration: ${principal} asks for many ids that name nothing`,
  },
  {
    name: 'scope_probing',
    ...{ severity: 'ERROR', category: 'security', subjectKind: 'principal' },
    ...{ threshold: FORBIDDEN_ROUTES, windowMs: ATTACK_WINDOW_MS },
    sightingOf: ({ kind, incident }) =>
      kind === 'forbidden' ? sighting(incident.principal, incident.place) : undefined,
    summary: (principal) => `${principal} tries many routes that it has no scope for`,
  },
  {
    name: 'policy_denials',
    ...{ severity: 'WARNING', category: 'policy_violation', subjectKind: 'wallet_id' },
    ...{ threshold: POLICY_DENIALS, windowMs: MISTAKE_WINDOW_MS },
    // A denial that names no wallet is of a stage's own settings: then by who asks.
    sightingOf: ({ kind, incident }) =>
      kind === 'policy_denied'
        ? sighting(incident.context['subject'] ?? incident.principal, incident.lineId)
        : undefined,
    summary: (wallet) => `The policy of ${wallet} denies request after request`,
  },
  {
    name: 'cart_tampering_burst',
    ...{ severity: 'CRITICAL', category: 'security', subjectKind: 'stage' },
    ...{ threshold: TAMPERED_CARTS, windowMs: MISTAKE_WINDOW_MS },
    sightingOf: ({ kind, incident }) =>
      kind === 'cart_tampered' ? sighting('shop', incident.context['cart_id']) : undefined,
    summary: () => 'Many carts are not as Haven wrote them: somebody else writes to the shop table',
  },
  {
    name: 'rate_abuse',
    ...{ severity: 'WARNING', category: 'security', subjectKind: 'source_address' },
    ...{ threshold: RATE_REFUSALS, windowMs: ATTACK_WINDOW_MS },
    sightingOf: ({ kind, incident, address }) =>
      kind === 'rate_limited' ? sighting(address, incident.lineId) : undefined,
    summary: (address) => `${address} goes on asking far beyond its quota`,
  },
  {
    name: 'webhook_forgery',
    ...{ severity: 'ERROR', category: 'security', subjectKind: 'processor' },
    ...{ threshold: UNSIGNED_WEBHOOKS, windowMs: MISTAKE_WINDOW_MS },
    sightingOf: ({ kind, incident }) =>
      kind === 'webhook_unsigned' ? sighting(incident.context['processor'], incident.lineId) : undefined,
    summary: (processor) => `Many webhooks in the name of the processor ${processor} are not signed by it`,
  },
];
