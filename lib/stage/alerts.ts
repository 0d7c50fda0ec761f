import * as z from 'zod';
import { alertEmailSchema } from '#shared/alerts/delivery/alert-settings.ts';
import { mailIdentityField } from './mail-identity.ts';

/** Who is told of alerts, and how often. */
export const alertsSchema = z
  .strictObject({
    email: alertEmailSchema
      .extend({
        identity: mailIdentityField,
      })
      .optional()
      .describe('Who is mailed of alerts; absent: nobody.'),
    cool_down_minutes: z
      .number()
      .int()
      .min(0)
      .max(1_440)
      .default(30)
      .describe('Minutes after an alert in which others of the same thing, and no graver, are counted and not told.'),
  })
  .prefault({})
  .describe(
    'Who is told of alerts, besides the webhooks in the secret `alert-webhooks`; see docs/operations.md#alert-channels.',
  );
