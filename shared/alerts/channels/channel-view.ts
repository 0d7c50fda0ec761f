import * as z from 'zod';
import { alertCategorySchema, alertSeveritySchema } from '../alert.ts';
import { CHANNEL_TYPES, channelName, type StoredChannel } from './stored-channel.ts';

/** A channel as the API shows it: nothing of it is secret. */
export const channelView = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(CHANNEL_TYPES),
    channel: z
      .string()
      .describe('Its name in deliveries and statistics; in lower case that of its circuit, but for mail.'),
    enabled: z.boolean(),
    min_severity: alertSeveritySchema,
    severities: z.array(alertSeveritySchema).nullable(),
    categories: z.array(alertCategorySchema).nullable(),
    quiet_hours: z
      .object({ time_zone: z.string(), from: z.string(), to: z.string(), days: z.array(z.string()) })
      .nullable(),
    addresses: z.array(z.string()).nullable().describe('Of type email; else null.'),
    host: z.string().nullable().describe('Of the other types: the host of the URL, of which no more is shown.'),
    replaced_secret_until: z
      .string()
      .nullable()
      .describe(
        'Until when posts are signed with the signing secret before too. ISO 8601, UTC; null: it was never replaced.',
      ),
    created_at: z.string(),
    created_by: z.string(),
    updated_at: z.string(),
    version: z.number().int(),
  })
  .meta({ id: 'AlertChannel' });

/** A channel as the API shows it. */
export type ChannelView = z.output<typeof channelView>;

/** Shows a channel. */
export function toChannelView(channel: StoredChannel): ChannelView {
  const { id, name, enabled, target, min_severity, severities, categories, quiet_hours } = channel;
  const { created_at, created_by, updated_at, version } = channel;
  return {
    ...{ id, name, type: target.type, channel: channelName(channel), enabled },
    ...{ min_severity, severities, categories, quiet_hours },
    addresses: target.type === 'email' ? target.addresses : null,
    host: target.type === 'email' ? null : target.host,
    replaced_secret_until: target.type === 'webhook' ? (target.replaced?.until ?? null) : null,
    ...{ created_at, created_by, updated_at, version },
  };
}
