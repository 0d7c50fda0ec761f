import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The status API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ...chainsSetting,
  ...breakerConfigShape,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  RPC_SECRET_ARN: settings.RPC_SECRET_ARN,
  PENDING_TX_THRESHOLD_MINUTES: z.coerce
    .number()
    .positive()
    .default(5)
    .describe('A transaction that is open for longer counts as stuck.'),
  GAS_SPIKE_THRESHOLD: z.coerce
    .number()
    .min(1)
    .default(2)
    .describe('So many times the rolling baseline is a spike of the gas price.'),
});
