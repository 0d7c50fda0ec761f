import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { alertSettingsShape } from '#shared/alerts/delivery/alert-settings.ts';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The alerts API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ...alertSettingsShape,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  NOTIFY_TABLE: settings.NOTIFY_TABLE,
  NOTIFY_SECRET_ARN: settings.NOTIFY_SECRET_ARN,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
  ALERT_RECIPIENT_DOMAINS: jsonSetting(z.array(z.string())).describe(
    "The stage's `alerts.email.recipient_domains` as JSON.",
  ),
});
