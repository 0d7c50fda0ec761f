import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The transactions API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ...chainsSetting,
  ...breakerConfigShape,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  RPC_SECRET_ARN: settings.RPC_SECRET_ARN,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
  KICK_QUEUE_URL: settings.KICK_QUEUE_URL,
  WAKE_QUEUE_URL: settings.WAKE_QUEUE_URL,
  WEBHOOK_TRANSACTION_EVENTS: settings.WEBHOOK_TRANSACTION_EVENTS,
  OUTBOX_QUEUE_URL: settings.OUTBOX_QUEUE_URL,
});
