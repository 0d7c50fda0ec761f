import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The message signer's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ...chainsSetting,
  KEYS_TABLE: settings.KEYS_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  WALLET_KEY_ARN: settings.WALLET_KEY_ARN,
  PREVIOUS_WALLET_KEY_ARNS: settings.PREVIOUS_WALLET_KEY_ARNS,
  STAGE: settings.STAGE,
  MESSAGE_SIGNING: settings.MESSAGE_SIGNING,
});
