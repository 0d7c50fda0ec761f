import * as z from 'zod';
import { mailShopSchema } from '#shared/mails/mail-settings.ts';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The settings of the function that mails customers. */
export const configSchema = z.object({
  SHOP_TABLE: settings.SHOP_TABLE,
  NOTIFY_TABLE: settings.NOTIFY_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  EPHEMERAL_TABLE: settings.EPHEMERAL_TABLE,
  ...breakerConfigShape,
  SHOP_MAIL: jsonSetting(mailShopSchema)
    .optional()
    .describe(
      'In whose name customers are mailed, and how mails are written, as JSON; absent: customers are not mailed.',
    ),
  CHAIN_NAMES: jsonSetting(z.record(z.string(), z.string())).describe('Names of chains by their ids, as JSON.'),
});
