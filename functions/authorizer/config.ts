import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The authorizer's settings. */
export const configSchema = z.object({
  ACCESS_TABLE: settings.ACCESS_TABLE,
  PEPPER_SECRET_ARN: settings.PEPPER_SECRET_ARN,
});
