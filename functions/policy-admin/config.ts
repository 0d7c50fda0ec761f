import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The policy administration's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ...chainsSetting,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
});
