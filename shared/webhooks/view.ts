import * as z from 'zod';
import { deliveryOutcomeSchema, outcomeOf, type WebhookDelivery, webhookDeliverySchema } from './delivery.ts';
import { disabledReasonSchema, type WebhookEndpoint } from './endpoint.ts';
import type { WebhookEvent } from './event.ts';
import { redeliverySchema } from './redelivery.ts';
import { isHeld, type Standing } from './standing.ts';

/** An endpoint as a list shows it: without its secrets. */
export const endpointView = z
  .object({
    id: z.string().meta({ examples: ['whe_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
    url: z.string(),
    events: z.array(z.string()),
    description: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    enabled: z.boolean().describe('Whether it is told of anything.'),
    disabled_reason: disabledReasonSchema
      .nullable()
      .describe(
        '`gone`: it answered 410. `failing`: it took nothing for days. `operator`: somebody said so. Null: it is enabled.',
      ),
    disabled_at: z.string().nullable().describe('ISO 8601, UTC.'),
    old_secret_expires_at: z
      .string()
      .nullable()
      .describe('Until when messages are signed with the secret before the last rotation too; null: they are not.'),
    created_at: z.string().describe('ISO 8601, UTC.'),
    updated_at: z.string().describe('ISO 8601, UTC.'),
    version: z.number().int().describe('Goes up with every change; also the ETag.'),
  })
  .meta({ id: 'WebhookEndpoint' });

/** An endpoint as a list shows it. */
export type EndpointView = z.output<typeof endpointView>;

/** An endpoint right after its secret was made. */
export const issuedEndpointView = endpointView
  .extend({
    secret: z
      .string()
      .nullable()
      .describe('What its messages are signed with: `whsec_…`. Shown this once; null in a replayed answer.'),
  })
  .meta({ id: 'IssuedWebhookEndpoint' });

/** An endpoint right after its secret was made. */
export type IssuedEndpointView = z.output<typeof issuedEndpointView>;

/** Which deliveries are sent again, as the API shows it. */
export const redeliveryView = redeliverySchema.omit({ position: true }).meta({ id: 'WebhookRedelivery' });

/** An endpoint with how it stands. */
export const endpointDetailView = endpointView
  .extend({
    failing_since: z
      .string()
      .nullable()
      .describe('Since when every call has failed; null: the last did not, or all has ended.'),
    held_until: z.string().nullable().describe('Until when it is left alone, for it did not answer; null: it is not.'),
    redelivery: redeliveryView.nullable().describe('What is just being sent to it again; null: nothing.'),
  })
  .meta({ id: 'WebhookEndpointDetail' });

/** An endpoint with how it stands. */
export type EndpointDetailView = z.output<typeof endpointDetailView>;

/** Shows an endpoint: declared fields only. */
export function toEndpointView(endpoint: WebhookEndpoint, nowMs: number): EndpointView {
  const [, old] = endpoint.secrets;
  const expiry = old?.expires_at ?? null;
  const isUsed = expiry !== null && Date.parse(expiry) > nowMs;
  return endpointView.parse({ ...endpoint, old_secret_expires_at: isUsed ? expiry : null });
}

/** Shows an endpoint with how it stands: declared fields only. */
export function toEndpointDetailView(
  endpoint: WebhookEndpoint,
  standing: Standing | undefined,
  nowMs: number,
): EndpointDetailView {
  return endpointDetailView.parse({
    ...toEndpointView(endpoint, nowMs),
    failing_since: standing?.failing_since ?? null,
    held_until: standing !== undefined && isHeld(standing, nowMs) ? standing.held_until : null,
    redelivery: standing?.redelivery ?? null,
  });
}

/** A delivery as the API shows it. */
export const deliveryView = webhookDeliverySchema
  .pick({ id: true, endpoint_id: true, event_id: true, event_type: true, event_at: true, attempts: true })
  .extend({
    id: z.string().meta({ examples: ['whd_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
    event_id: z.string().describe('Also the header `webhook-id` of every attempt.'),
    status: deliveryOutcomeSchema,
    attempts: z.number().int().describe('Calls so far, since it was last asked for.'),
    next_attempt_at: z.string().nullable().describe('ISO 8601, UTC; null: it has ended.'),
    last_error: z
      .string()
      .nullable()
      .describe(
        'Why the latest call failed: `http_503`, `timed_out`, `redirected`, `address_refused`. Null: it did not.',
      ),
    calls: webhookDeliverySchema.shape.calls.describe('What the latest calls came to, the oldest first.'),
    request_excerpt: z.string().nullable().describe('The beginning of the body; null: the event has expired.'),
    response_excerpt: z.string().nullable().describe('The beginning of the latest answer, as text.'),
  })
  .meta({ id: 'WebhookDelivery' });

/** A delivery as the API shows it. */
export type DeliveryView = z.output<typeof deliveryView>;

/** How much of a body is shown. */
const EXCERPT_CHARS = 1_024;

/** Shows a delivery: declared fields only. */
export function toDeliveryView(delivery: WebhookDelivery, event: WebhookEvent | undefined): DeliveryView {
  return deliveryView.parse({
    ...delivery,
    status: outcomeOf(delivery),
    request_excerpt: event?.body.slice(0, EXCERPT_CHARS) ?? null,
  });
}
