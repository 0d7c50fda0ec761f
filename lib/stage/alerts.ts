import * as z from 'zod';
import { alertEmailSchema } from '#shared/alerts/delivery/alert-settings.ts';

/** Who is told of alerts, and how often. */
export const alertsSchema = z
  .strictObject({
    email: alertEmailSchema
      .extend({
        identity: z
          .string()
          .regex(/^[A-Za-z0-9.@_+-]+$/)
          .optional()
          .describe('The verified identity of SES that `from` belongs to; absent: the domain of `from`.'),
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
