import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The settings of the function that fills the pool of deposit wallets. */
export const configSchema = z.object({
  KEYS_TABLE: settings.KEYS_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  WALLET_KEY_ARN: settings.WALLET_KEY_ARN,
  DEPOSIT_POOL_TARGET: settings.DEPOSIT_POOL_TARGET,
  DEPOSIT_POOL_LOW_WATER: settings.DEPOSIT_POOL_LOW_WATER,
});
