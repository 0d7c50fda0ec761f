import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { ROTATION_OVERLAP_MS } from '#shared/platform/http/webhook-secret.ts';
import { openText, sealText } from '#shared/platform/sealed-text.ts';

/** A signing secret of an endpoint, as it is stored. */
const sealedSecretSchema = z.object({
  /** Raised by each rotation: part of what the secret is sealed for. */
  number: z.number().int(),
  sealed: z.string(),
  /** Until when messages are signed with it too, ISO 8601, UTC; null: it is the current one. */
  expires_at: z.string().nullable(),
});

/** Why an endpoint is told of nothing. `gone`: it answered 410. `failing`: nothing reached it for days. `operator`: somebody said so. */
export const disabledReasonSchema = z.enum(['gone', 'failing', 'operator']);

/** Why an endpoint is told of nothing. */
export type DisabledReason = z.output<typeof disabledReasonSchema>;

/**
 * Endpoints that there may be, those that are deleted not counted. All are read for each run of who makes events, and each that subscribes is a
 * delivery of every event; two requests at once may pass it by one.
 */
export const MAX_ENDPOINTS = 100;

/** Who is told of events, as it is stored. Never removed: its audit stream ends in it. */
export const endpointSchema = auditHeadSchema.extend({
  /** `whe_…` */
  id: z.string(),
  url: z.string(),
  /** What it subscribes to: types, `order.*`, `*`. */
  events: z.array(z.string()),
  description: z.string().nullable(),
  /** The integrator's own words. */
  metadata: z.record(z.string(), z.string()),
  enabled: z.boolean(),
  disabled_reason: disabledReasonSchema.nullable(),
  /** ISO 8601, UTC, as all times here. */
  disabled_at: z.string().nullable(),
  /** The newest first. */
  secrets: z.array(sealedSecretSchema),
  deleted_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  version: z.number().int(),
});

/** Who is told of events. */
export type WebhookEndpoint = z.output<typeof endpointSchema>;

type SealedSecret = z.output<typeof sealedSecretSchema>;

const contextOf = (endpointId: string, number: number) => ({ webhook_endpoint: endpointId, secret: String(number) });

/** The secrets of an endpoint after it got a new one: the old one is in use beside it for a time, older ones no more. */
export function withNewSecret(
  stageKey: string,
  endpointId: string,
  before: readonly SealedSecret[],
  secret: string,
  nowMs: number,
): SealedSecret[] {
  const [current] = before;
  const number = (current?.number ?? 0) + 1;
  const sealed = sealText(stageKey, secret, contextOf(endpointId, number));
  const added = { number, sealed, expires_at: null };
  return current === undefined ? [added] : [added, { ...current, expires_at: isoTime(nowMs + ROTATION_OVERLAP_MS) }];
}

/**
 * The secrets that messages to an endpoint are signed with now, the current one first.
 *
 * @throws SealBroken
 */
export function secretsInUse(
  stageKey: string,
  { id, secrets }: Pick<WebhookEndpoint, 'id' | 'secrets'>,
  nowMs: number,
): readonly string[] {
  return secrets
    .filter(({ expires_at }) => expires_at === null || Date.parse(expires_at) > nowMs)
    .map(({ number, sealed }) => openText(stageKey, sealed, contextOf(id, number)));
}
