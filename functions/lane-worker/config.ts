import * as z from 'zod';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The lane worker's settings. */
export const configSchema = z.object({
  ...chainsSetting,
  ...breakerConfigShape,
  KEYS_TABLE: settings.KEYS_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  WALLET_KEY_ARN: settings.WALLET_KEY_ARN,
  PREVIOUS_WALLET_KEY_ARNS: settings.PREVIOUS_WALLET_KEY_ARNS,
  RPC_SECRET_ARN: settings.RPC_SECRET_ARN,
  KICK_QUEUE_URL: settings.KICK_QUEUE_URL,
  WAKE_QUEUE_URL: settings.WAKE_QUEUE_URL,
  STAGE: settings.STAGE,
  OUTBOX_QUEUE_URL: settings.OUTBOX_QUEUE_URL,
});
