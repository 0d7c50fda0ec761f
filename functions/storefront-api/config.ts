import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { cartConfigShape } from '#shared/checkout/cart-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The storefront API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ...cartConfigShape,
  SHOP_TABLE: settings.SHOP_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  SHOP_SECRET_ARN: settings.SHOP_SECRET_ARN,
});
