import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The key destroyer's settings. */
export const configSchema = z.object({
  KEYS_TABLE: settings.KEYS_TABLE,
  APPROVALS_TABLE: settings.APPROVALS_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  KEY_RETENTION_DAYS: settings.KEY_RETENTION_DAYS,
});
