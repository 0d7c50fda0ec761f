import * as z from 'zod';
import { alertEmailSchema, exemptHostsSchema } from '#shared/alerts/delivery/alert-settings.ts';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The settings of the function that tells alerts. */
export const configSchema = z.object({
  STAGE: settings.STAGE,
  LOGS_TABLE: settings.LOGS_TABLE,
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  ...breakerConfigShape,
  ALERT_WEBHOOKS_SECRET_ARN: z
    .string()
    .min(1)
    .describe('ARN of the secret that holds the webhooks that are told of alerts.'),
  ALERT_EMAIL: jsonSetting(alertEmailSchema)
    .optional()
    .describe('Who is mailed of alerts, and in whose name, as JSON; absent: nobody.'),
  ALERT_COOL_DOWN_MINUTES: z.coerce
    .number()
    .int()
    .min(0)
    .describe('Minutes after an alert in which others of the same thing are counted only.'),
  WEBHOOK_EXEMPT_HOSTS: jsonSetting(exemptHostsSchema).describe(
    'Hosts that webhooks may call although their addresses are not public, as JSON.',
  ),
});
