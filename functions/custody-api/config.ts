import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The custody API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ACCESS_TABLE: settings.ACCESS_TABLE,
  SHOP_TABLE: settings.SHOP_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  NOTIFY_TABLE: settings.NOTIFY_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  ANCHOR_BUCKET: settings.ANCHOR_BUCKET,
  ANCHOR_KEY_ARN: settings.ANCHOR_KEY_ARN,
  DEPOSIT_POOL_TARGET: settings.DEPOSIT_POOL_TARGET,
  DEPOSIT_POOL_LOW_WATER: settings.DEPOSIT_POOL_LOW_WATER,
  STAGE: settings.STAGE,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
});
