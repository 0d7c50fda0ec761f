import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The payments API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  SHOP_TABLE: settings.SHOP_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
});
