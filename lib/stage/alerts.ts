import * as z from 'zod';
import { alertEmailSchema } from '#shared/alerts/delivery/alert-settings.ts';
import { mailIdentityField } from './mail-identity.ts';

/** Who is told of alerts, and how often. */
export const alertsSchema = z
  .strictObject({
    email: alertEmailSchema
      .extend({
        identity: mailIdentityField,
        recipient_domains: z
          .array(
            z
              .string()
              .max(253)
              // What it says stands in a policy of IAM, where a star would be any domain.
              .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, { error: 'must be a domain in lower case' }),
          )
          .max(10)
          .default([])
          .describe('Domains at whose addresses channels that operators make by API may mail, besides `to`.'),
      })
      .optional()
      .describe('Who is mailed of alerts; absent: nobody.'),
    runbook_url: z
      .url({ protocol: /^https?$/ })
      // It becomes a link in Slack's notation, and gets a section's name.
      .regex(/^[^#<>|\s]+$/, { error: 'must be a URL without a fragment' })
      .default('https://haven.example/docs/runbook.md')
      .describe(
        'Where whoever is told of alerts reads what to do: docs/runbook.md as you publish it. Each alert links to the section of its category.',
      ),
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
    'Who is told of alerts, besides the webhooks in the secret `alert-webhooks` and the channels that operators make by API; see docs/alerts.md.',
  );
