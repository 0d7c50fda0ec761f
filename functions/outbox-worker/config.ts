import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The outbox worker's settings. */
export const configSchema = z.object({
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  SHOP_TABLE: settings.SHOP_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
});
