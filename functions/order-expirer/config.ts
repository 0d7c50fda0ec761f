import * as z from 'zod';
import { processorGraceSetting } from '#shared/payments/processors/processor-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The order expirer's settings. */
export const configSchema = z.object({
  SHOP_TABLE: settings.SHOP_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  ...processorGraceSetting,
});
