import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The wallet rotator's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  KEYS_TABLE: settings.KEYS_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  WALLET_KEY_ARN: settings.WALLET_KEY_ARN,
  KMS_KEY_POLICY: settings.KMS_KEY_POLICY,
  STAGE: settings.STAGE,
});
