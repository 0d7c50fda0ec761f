import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The settings of the function that makes the first admin key. */
export const configSchema = z.object({
  ACCESS_TABLE: settings.ACCESS_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  PEPPER_SECRET_ARN: settings.PEPPER_SECRET_ARN,
  ADMIN_KEY_SECRET_ARN: z.string().min(1).describe('ARN of the secret into which the first admin key is put.'),
  KEY_MODE: settings.KEY_MODE,
});
