import * as z from 'zod';
import { alertSettingsShape } from '#shared/alerts/delivery/alert-settings.ts';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The settings of the function that tells alerts. */
export const configSchema = z.object({
  STAGE: settings.STAGE,
  LOGS_TABLE: settings.LOGS_TABLE,
  NOTIFY_TABLE: settings.NOTIFY_TABLE,
  NOTIFY_SECRET_ARN: settings.NOTIFY_SECRET_ARN,
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  ...breakerConfigShape,
  ALERT_WEBHOOKS_SECRET_ARN: z
    .string()
    .min(1)
    .describe('ARN of the secret that holds the webhooks that are told of alerts.'),
  ...alertSettingsShape,
  ALERT_COOL_DOWN_MINUTES: z.coerce
    .number()
    .int()
    .min(0)
    .describe('Minutes after an alert in which others of the same thing are counted only.'),
});
