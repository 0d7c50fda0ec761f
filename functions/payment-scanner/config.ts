import * as z from 'zod';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The payment scanner's settings. */
export const configSchema = z.object({
  ...chainsSetting,
  ...breakerConfigShape,
  SHOP_TABLE: settings.SHOP_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  RPC_SECRET_ARN: settings.RPC_SECRET_ARN,
  SCAN_QUEUE_URL: settings.SCAN_QUEUE_URL,
});
