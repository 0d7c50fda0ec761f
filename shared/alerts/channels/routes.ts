import * as z from 'zod';
import { cursorField, limitField, pageOf } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { alertView } from '../alert-view.ts';
import { channelFields } from './channel-fields.ts';
import { channelView } from './channel-view.ts';
import { CHANNEL_TYPES } from './stored-channel.ts';

const params = z.strictObject({ id: idSchema('chn') });

const { name, enabled, min_severity, severities, categories, quiet_hours, addresses, url } = channelFields;

const issuedChannelView = channelView
  .extend({
    signing_secret: z
      .string()
      .nullable()
      .describe('Of type webhook: what its posts are signed with, shown this once; null in a replayed answer.'),
  })
  .meta({ id: 'IssuedAlertChannel' });

/** Makes a channel. */
export const createChannelRoute = defineRoute({
  method: 'POST',
  path: '/admin/alert-channels',
  summary: 'Have alerts told somewhere',
  description: 'Besides those that the stage configures. Mail goes only to the domains that the stage allows.',
  tag: 'alerts',
  access: 'alerts:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params: NOTHING,
  query: NOTHING,
  body: z.strictObject({
    name,
    type: z.enum(CHANNEL_TYPES),
    enabled: enabled.default(true),
    min_severity: min_severity.default('INFO'),
    severities: severities.default(null),
    categories: categories.default(null),
    quiet_hours: quiet_hours.default(null),
    addresses: addresses.optional(),
    url: url.optional(),
  }),
  status: 201,
  response: issuedChannelView,
  errors: ['INVALID_TRANSITION'],
});

/** Lists channels. */
export const listChannelsRoute = defineRoute({
  method: 'GET',
  path: '/admin/alert-channels',
  summary: 'List alert channels, newest first',
  tag: 'alerts',
  access: 'alerts:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params: NOTHING,
  query: z.strictObject({ limit: limitField, cursor: cursorField.optional() }),
  body: NOTHING,
  status: 200,
  response: pageOf(channelView),
  errors: [],
});

/** Shows a channel. */
export const getChannelRoute = defineRoute({
  method: 'GET',
  path: '/admin/alert-channels/{id}',
  summary: 'Show an alert channel',
  tag: 'alerts',
  access: 'alerts:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: channelView,
  errors: ['ALERT_CHANNEL_NOT_FOUND'],
});

/** Changes a channel. */
export const changeChannelRoute = defineRoute({
  method: 'PATCH',
  path: '/admin/alert-channels/{id}',
  summary: 'Change an alert channel; in use with the next run',
  tag: 'alerts',
  access: 'alerts:write',
  idempotent: false,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({
    name: name.optional(),
    enabled: enabled.optional(),
    min_severity: min_severity.optional(),
    severities: severities.optional(),
    categories: categories.optional(),
    quiet_hours: quiet_hours.optional(),
    addresses: addresses.optional(),
    url: url.optional(),
  }),
  status: 200,
  response: channelView,
  errors: ['ALERT_CHANNEL_NOT_FOUND', 'VERSION_MISMATCH', 'WRITE_CONFLICT'],
});

/** Deletes a channel. */
export const deleteChannelRoute = defineRoute({
  method: 'DELETE',
  path: '/admin/alert-channels/{id}',
  summary: 'Delete an alert channel; what waits for it is not told there any more',
  tag: 'alerts',
  access: 'alerts:write',
  idempotent: false,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: channelView,
  errors: ['ALERT_CHANNEL_NOT_FOUND', 'VERSION_MISMATCH', 'WRITE_CONFLICT'],
});

/** Gives a channel a new signing secret. */
export const rotateChannelSecretRoute = defineRoute({
  method: 'POST',
  path: '/admin/alert-channels/{id}/rotate-secret',
  summary: 'Give an alert channel of type webhook a new signing secret; for a day its posts are signed with both',
  tag: 'alerts',
  access: 'alerts:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 200,
  response: issuedChannelView,
  errors: ['ALERT_CHANNEL_NOT_FOUND', 'INVALID_TRANSITION', 'VERSION_MISMATCH', 'WRITE_CONFLICT'],
});

/** Tests a channel. */
export const testChannelRoute = defineRoute({
  method: 'POST',
  path: '/admin/alert-channels/{id}/test',
  summary: 'Record an alert for this channel alone',
  description:
    'It is told whatever the channel wants to hear of, quiet hours or not; what came of it is in `deliveries` of the alert.',
  tag: 'alerts',
  access: 'alerts:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: NOTHING,
  status: 202,
  response: alertView,
  errors: ['ALERT_CHANNEL_NOT_FOUND', 'INVALID_TRANSITION'],
});
