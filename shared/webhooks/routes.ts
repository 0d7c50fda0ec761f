import * as z from 'zod';
import { cursorField, instantField, limitField, pageOf } from '#shared/platform/http/fields.ts';
import { MAX_URL_CHARS } from '#shared/platform/http/outbound-url.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { holdsNoKey, NO_KEY } from '#shared/platform/secret-shape.ts';
import { deliveryOutcomeSchema } from './delivery.ts';
import { MAX_ENDPOINTS } from './endpoint.ts';
import { eventPatternSchema } from './event-types.ts';
import { redeliveryStatusSchema } from './redelivery.ts';
import { deliveryView, endpointDetailView, endpointView, issuedEndpointView, redeliveryView } from './view.ts';

const params = z.strictObject({ id: idSchema('whe') });

const URL_ERROR = `INVALID_PARAMETER: must be an https URL of at most ${MAX_URL_CHARS} characters`;
const urlField = z
  .string({ error: URL_ERROR })
  .min(1, { error: URL_ERROR })
  .max(MAX_URL_CHARS, { error: URL_ERROR })
  .describe('Where it is told: https, of the public internet, without credentials.')
  .meta({ examples: ['https://shop.example/webhooks/haven'] });

const eventsField = z
  .array(eventPatternSchema)
  .min(1)
  .max(50)
  .describe('What it is told of: types, `order.*`, `transaction.*`, or `*` for everything, also what is still to come.')
  .meta({ examples: [['order.paid', 'order.refunded']] });

const descriptionField = z.string().max(200).refine(holdsNoKey, NO_KEY).nullable();

/** Small: it is for the integrator's own id of something, and no store. */
const MAX_METADATA = 10;
const metadataField = z
  .record(z.string().regex(/^[A-Za-z0-9_.-]{1,40}$/), z.string().max(200).refine(holdsNoKey, NO_KEY))
  .refine((metadata) => Object.keys(metadata).length <= MAX_METADATA, {
    error: `INVALID_PARAMETER: must be at most ${MAX_METADATA} entries`,
  })
  .describe('Your own words about it.');

const common = { tag: 'webhooks', audited: 'refusals' } as const;
const read = {
  ...common,
  access: 'webhooks:read',
  idempotent: false,
  rate: 'read',
  body: NOTHING,
  status: 200,
} as const;
const CHANGE_ERRORS = ['WEBHOOK_ENDPOINT_NOT_FOUND', 'VERSION_MISMATCH', 'WRITE_CONFLICT', 'DATABASE_ERROR'] as const;

/** Makes an endpoint. */
export const createEndpointRoute = defineRoute({
  ...common,
  method: 'POST',
  path: '/webhook-endpoints',
  summary: 'Have a URL told of events, signed by Standard Webhooks',
  description: `There may be ${MAX_ENDPOINTS} endpoints that are not deleted.`,
  access: 'webhooks:write',
  idempotent: true,
  rate: 'sensitive',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    url: urlField,
    events: eventsField,
    description: descriptionField.default(null),
    metadata: metadataField.default({}),
    enabled: z.boolean().default(true),
  }),
  status: 201,
  response: issuedEndpointView,
  errors: ['INVALID_TRANSITION', 'WRITE_CONFLICT', 'DATABASE_ERROR'],
});

/** Lists endpoints. */
export const listEndpointsRoute = defineRoute({
  ...read,
  method: 'GET',
  path: '/webhook-endpoints',
  summary: 'List webhook endpoints, newest first',
  params: NOTHING,
  query: z.strictObject({ limit: limitField, cursor: cursorField.optional() }),
  response: pageOf(endpointView),
  errors: [],
});

/** Shows an endpoint. */
export const getEndpointRoute = defineRoute({
  ...read,
  method: 'GET',
  path: '/webhook-endpoints/{id}',
  summary: 'Show a webhook endpoint, and how it stands',
  params,
  query: NOTHING,
  response: endpointDetailView,
  errors: ['WEBHOOK_ENDPOINT_NOT_FOUND'],
});

/** Changes an endpoint. */
export const changeEndpointRoute = defineRoute({
  ...common,
  method: 'PATCH',
  path: '/webhook-endpoints/{id}',
  summary: 'Change a webhook endpoint, or enable it again',
  description:
    'One that is disabled is told of nothing: what happens meanwhile it never hears of. What was open when it was disabled goes on when it is enabled.',
  access: 'webhooks:write',
  idempotent: false,
  rate: 'sensitive',
  params,
  query: NOTHING,
  body: z.strictObject({
    url: urlField.optional(),
    events: eventsField.optional(),
    description: descriptionField.optional(),
    metadata: metadataField.optional(),
    enabled: z.boolean().optional(),
  }),
  status: 200,
  response: endpointDetailView,
  errors: CHANGE_ERRORS,
});

/** Deletes an endpoint. */
export const deleteEndpointRoute = defineRoute({
  ...common,
  method: 'DELETE',
  path: '/webhook-endpoints/{id}',
  summary: 'Delete a webhook endpoint and its secrets',
  access: 'webhooks:write',
  idempotent: false,
  rate: 'sensitive',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: endpointDetailView,
  errors: CHANGE_ERRORS,
});

/** Gives an endpoint a new secret. */
export const rotateEndpointSecretRoute = defineRoute({
  ...common,
  method: 'POST',
  path: '/webhook-endpoints/{id}/rotate-secret',
  summary: 'Give a webhook endpoint a new secret; for a day messages are signed with both',
  access: 'webhooks:write',
  idempotent: true,
  rate: 'sensitive',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: issuedEndpointView,
  errors: CHANGE_ERRORS,
});

/** Sends a test event. */
export const testEndpointRoute = defineRoute({
  ...common,
  method: 'POST',
  path: '/webhook-endpoints/{id}/test',
  summary: 'Send a webhook.test event to an endpoint',
  access: 'webhooks:write',
  idempotent: true,
  rate: 'sensitive',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 202,
  response: deliveryView,
  errors: ['WEBHOOK_ENDPOINT_NOT_FOUND', 'INVALID_TRANSITION', 'WRITE_CONFLICT', 'DATABASE_ERROR'],
});

/** Lists deliveries to an endpoint. */
export const listDeliveriesRoute = defineRoute({
  ...read,
  method: 'GET',
  path: '/webhook-endpoints/{id}/deliveries',
  summary: 'List what an endpoint was told in the last month, newest events first',
  params,
  query: z.strictObject({
    status: deliveryOutcomeSchema.optional(),
    limit: limitField,
    cursor: cursorField.optional(),
  }),
  response: pageOf(deliveryView),
  errors: ['WEBHOOK_ENDPOINT_NOT_FOUND'],
});

/** Sends a delivery again. */
export const redeliverOneRoute = defineRoute({
  ...common,
  method: 'POST',
  path: '/webhook-deliveries/{id}/redeliver',
  summary: 'Send an event to an endpoint again, under the same id',
  access: 'webhooks:write',
  idempotent: true,
  rate: 'write',
  params: z.strictObject({ id: idSchema('whd') }),
  query: NOTHING,
  body: NOTHING,
  status: 202,
  response: deliveryView,
  errors: [
    'WEBHOOK_DELIVERY_NOT_FOUND',
    'WEBHOOK_ENDPOINT_NOT_FOUND',
    'INVALID_TRANSITION',
    'WRITE_CONFLICT',
    'DATABASE_ERROR',
  ],
});

/** Sends what an endpoint missed again. */
export const redeliverRangeRoute = defineRoute({
  ...common,
  method: 'POST',
  path: '/webhook-endpoints/{id}/redeliver',
  summary: 'Send the events of a time to an endpoint again',
  description: 'Works on in the background; the endpoint shows how far. One at a time.',
  access: 'webhooks:write',
  idempotent: true,
  rate: 'sensitive',
  params,
  query: NOTHING,
  body: z.strictObject({
    since: instantField.describe('Of events from this time on; within the last 30 days.'),
    until: instantField.optional().describe('Of events before this time; by default now.'),
    status: redeliveryStatusSchema
      .default('failed')
      .describe('`failed`: what was given up. `all`: what was taken as well.'),
  }),
  status: 202,
  response: redeliveryView,
  errors: ['WEBHOOK_ENDPOINT_NOT_FOUND', 'INVALID_TRANSITION', 'WRITE_CONFLICT', 'DATABASE_ERROR'],
});
