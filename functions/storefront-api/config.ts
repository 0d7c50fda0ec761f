import * as z from 'zod';
import { apiConfigShape } from '#functions/api-runtime.ts';
import { cartConfigShape } from '#shared/checkout/cart-config.ts';
import { checkoutConfigShape } from '#shared/checkout/checkout-config.ts';
import { processorsSetting } from '#shared/payments/processors/processor-config.ts';
import { breakerConfigShape } from '#shared/platform/breaker/breaker-config.ts';
import { chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { settings } from '#shared/platform/config/settings.ts';

/** The storefront API's settings. */
export const configSchema = z.object({
  ...apiConfigShape,
  ...cartConfigShape,
  ...checkoutConfigShape,
  ...chainsSetting,
  ...breakerConfigShape,
  ...processorsSetting,
  SHOP_TABLE: settings.SHOP_TABLE,
  LEDGER_TABLE: settings.LEDGER_TABLE,
  AUDIT_TABLE: settings.AUDIT_TABLE,
  LOGS_TABLE: settings.LOGS_TABLE,
  SHOP_SECRET_ARN: settings.SHOP_SECRET_ARN,
  SIGNING_SECRET_ARN: settings.SIGNING_SECRET_ARN,
  RPC_SECRET_ARN: settings.RPC_SECRET_ARN,
  DEPOSIT_POOL_TARGET: settings.DEPOSIT_POOL_TARGET,
  DEPOSIT_POOL_LOW_WATER: settings.DEPOSIT_POOL_LOW_WATER,
  REFILL_QUEUE_URL: settings.REFILL_QUEUE_URL,
  SCAN_QUEUE_URL: settings.SCAN_QUEUE_URL,
});
