import * as z from 'zod';
import { lockoutConfigShape } from '#shared/access/lockout.ts';
import { oidcSchema } from '#shared/access/oidc/oidc-settings.ts';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The authorizer's settings. */
export const configSchema = z.object({
  ACCESS_TABLE: settings.ACCESS_TABLE,
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  PEPPER_SECRET_ARN: settings.PEPPER_SECRET_ARN,
  OIDC: jsonSetting(oidcSchema)
    .optional()
    .describe("The stage's `oidc` as JSON: whose tokens are accepted beside API keys. Absent: nobody's."),
  ...lockoutConfigShape,
});
