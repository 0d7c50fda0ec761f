import * as z from 'zod';
import { exemptHostsSchema } from '#shared/alerts/delivery/alert-settings.ts';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { settings } from '#shared/platform/config/settings.ts';
import { retrySecondsSchema } from '#shared/webhooks/webhook-settings.ts';

/** The webhook sender's settings. */
export const configSchema = z.object({
  NOTIFY_TABLE: settings.NOTIFY_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  ...breakerConfigShape,
  NOTIFY_SECRET_ARN: settings.NOTIFY_SECRET_ARN,
  WEBHOOK_QUEUE_URL: settings.WEBHOOK_QUEUE_URL,
  WEBHOOK_EXEMPT_HOSTS: jsonSetting(exemptHostsSchema).describe(
    'Hosts that webhooks may call although their addresses are not public, as JSON.',
  ),
  WEBHOOK_RETRY_SECONDS: jsonSetting(retrySecondsSchema).describe("The stage's `webhooks.retry_seconds`, as JSON."),
  WEBHOOK_DISABLE_AFTER_HOURS: z.coerce
    .number()
    .int()
    .min(1)
    .describe('Hours after which an endpoint that took nothing is disabled.'),
});
