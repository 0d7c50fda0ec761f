import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The operations API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ...chainsSetting,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  RPC_SECRET_ARN: settings.RPC_SECRET_ARN,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
  STAGE: settings.STAGE,
});
