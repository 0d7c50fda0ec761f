import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The users API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
});
