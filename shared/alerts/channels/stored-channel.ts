import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';
import { openText, type SealContext, sealText } from '#shared/platform/sealed-text.ts';
import { routingSchema } from './routing.ts';

/** The ways in which operators can have alerts told. */
export const CHANNEL_TYPES = ['email', 'slack', 'discord', 'webhook'] as const;

/** Where a channel's alerts go. What is secret stands there sealed. */
const targetSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('email'), addresses: z.array(z.string()).min(1) }),
  z.object({ type: z.enum(['slack', 'discord']), sealed_url: z.string(), host: z.string() }),
  z.object({
    type: z.literal('webhook'),
    sealed_url: z.string(),
    host: z.string(),
    sealed_secret: z.string(),
    /** The secret before it, which posts are signed with too until then; ISO 8601, UTC. */
    replaced: z.object({ sealed_secret: z.string(), until: z.string() }).optional(),
  }),
]);

/** Where a channel's alerts go. */
export type ChannelTarget = z.output<typeof targetSchema>;

/** Where a generic webhook's alerts go, and what they are signed with. */
export type WebhookTarget = Extract<ChannelTarget, { readonly type: 'webhook' }>;

/** A channel that operators made, as it is stored. */
export const storedChannelSchema = routingSchema.extend({
  ...auditHeadSchema.shape,
  /** `chn_…` */
  id: z.string(),
  /** For people. */
  name: z.string(),
  enabled: z.boolean(),
  target: targetSchema,
  /** ISO 8601, UTC, as all times here. */
  created_at: z.string(),
  created_by: z.string(),
  updated_at: z.string(),
  version: z.number().int(),
});

/** A channel that operators made. */
export type StoredChannel = z.output<typeof storedChannelSchema>;

/** The partition of the notify table that has all channels; the sort key is the id. Of a deleted one it keeps where its audit stream ends. */
export const CHANNELS = 'ALERT_CHANNELS';

/** The name of a channel in deliveries and statistics, and of its circuit in lower case. */
export function channelName({ id, target }: Pick<StoredChannel, 'id' | 'target'>): string {
  return `${target.type}:${id}`;
}

function sealContext(channelId: string, field: 'url' | 'signing_secret'): SealContext {
  return { table: 'notify', channel: channelId, field };
}

/** Seals a field of a channel. @param stageKey the stage's secret for it */
export function sealField(stageKey: string, channelId: string, field: 'url' | 'signing_secret', text: string): string {
  return sealText(stageKey, text, sealContext(channelId, field));
}

/** Opens a field of a channel. @throws SealBroken */
export function openField(
  stageKey: string,
  channelId: string,
  field: 'url' | 'signing_secret',
  sealed: string,
): string {
  return openText(stageKey, sealed, sealContext(channelId, field));
}
