import * as z from 'zod';
import { settings } from '#shared/platform/config/settings.ts';

/** The cart sweeper's settings. */
export const configSchema = z.object({
  SHOP_TABLE: settings.SHOP_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  SHOP_SECRET_ARN: settings.SHOP_SECRET_ARN,
});
