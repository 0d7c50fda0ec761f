import * as z from 'zod';
import { thresholdsSchema } from '#shared/monitors/thresholds.ts';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The monitor's settings. */
export const configSchema = z.object({
  ...chainsSetting,
  ...breakerConfigShape,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  SHOP_TABLE: settings.SHOP_TABLE,
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  RPC_SECRET_ARN: settings.RPC_SECRET_ARN,
  ANCHOR_BUCKET: settings.ANCHOR_BUCKET,
  MONITOR_THRESHOLDS: jsonSetting(thresholdsSchema).describe(
    "From when on something is wrong, as JSON: the stage's `monitors`.",
  ),
  DEAD_LETTER_QUEUES: jsonSetting(z.array(z.string().min(1))).describe(
    'Names of all dead-letter queues of the stage, as JSON.',
  ),
});
