import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The webhook dispatcher's settings. */
export const configSchema = z.object({
  LEDGER_TABLE: settings.LEDGER_TABLE,
  SHOP_TABLE: settings.SHOP_TABLE,
  NOTIFY_TABLE: settings.NOTIFY_TABLE,
  WEBHOOK_QUEUE_URL: settings.WEBHOOK_QUEUE_URL,
});
