import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The key control's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  APPROVALS_TABLE: settings.APPROVALS_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
  DUAL_CONTROL: settings.DUAL_CONTROL,
  KEY_EXPORT: settings.KEY_EXPORT,
  KEY_RETENTION_DAYS: settings.KEY_RETENTION_DAYS,
});
