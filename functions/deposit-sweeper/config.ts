import * as z from 'zod';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The deposit sweeper's settings. */
export const configSchema = z.object({
  ...chainsSetting,
  ...breakerConfigShape,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  SHOP_TABLE: settings.SHOP_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  RPC_SECRET_ARN: settings.RPC_SECRET_ARN,
  KICK_QUEUE_URL: settings.KICK_QUEUE_URL,
  WAKE_QUEUE_URL: settings.WAKE_QUEUE_URL,
});
