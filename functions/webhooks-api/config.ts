import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { exemptHostsSchema } from '#shared/alerts/delivery/alert-settings.ts';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The webhooks API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  NOTIFY_TABLE: settings.NOTIFY_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
  NOTIFY_SECRET_ARN: settings.NOTIFY_SECRET_ARN,
  WEBHOOK_QUEUE_URL: settings.WEBHOOK_QUEUE_URL,
  WEBHOOK_EXEMPT_HOSTS: jsonSetting(exemptHostsSchema).describe(
    'Hosts that webhooks may call although their addresses are not public, as JSON.',
  ),
});
