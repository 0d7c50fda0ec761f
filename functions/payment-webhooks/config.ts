import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { processorGraceSetting, processorsSetting } from '#shared/payments/processors/processor-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The settings of what processors call. */
export const configSchema = z.object({
  ...apiConfigShape,
  ...processorsSetting,
  ...processorGraceSetting,
  SHOP_TABLE: settings.SHOP_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  PROCESSORS_SECRET_ARN: z
    .string()
    .min(1)
    .describe('ARN of the secret that holds the secrets with which payment processors sign, by their names.'),
});
