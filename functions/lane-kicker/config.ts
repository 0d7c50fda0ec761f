import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The lane kicker's settings. */
export const configSchema = z.object({
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  KICK_QUEUE_URL: settings.KICK_QUEUE_URL,
  WAKE_QUEUE_URL: settings.WAKE_QUEUE_URL,
});
