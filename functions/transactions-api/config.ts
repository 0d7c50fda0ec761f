import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The transactions API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ...chainsSetting,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
  KICK_QUEUE_URL: settings.KICK_QUEUE_URL,
  WAKE_QUEUE_URL: settings.WAKE_QUEUE_URL,
  OUTBOX_QUEUE_URL: settings.OUTBOX_QUEUE_URL,
});
