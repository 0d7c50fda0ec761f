import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The access API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ACCESS_TABLE: settings.ACCESS_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
  PEPPER_SECRET_ARN: settings.PEPPER_SECRET_ARN,
  KEY_MODE: settings.KEY_MODE,
  OPERATOR_ADDRESSES: jsonSetting(z.array(z.string()))
    .default([])
    .describe("The stage's `oidc.addresses` as JSON: keys that operators issue reach no further."),
});
