import * as z from 'zod';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The settings of the function that tops up. */
export const configSchema = z.object({
  ...chainsSetting,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  KICK_QUEUE_URL: settings.KICK_QUEUE_URL,
  WAKE_QUEUE_URL: settings.WAKE_QUEUE_URL,
});
