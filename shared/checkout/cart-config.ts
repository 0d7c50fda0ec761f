import * as z from 'zod';
import { minorDigits } from '#shared/platform/money/currencies.ts';

/** Settings of carts. */
export const cartConfigShape = {
  CART_RESERVATION_MINUTES: z.coerce
    .number()
    .int()
    .min(1)
    .max(60)
    .default(10)
    .describe('How long pieces are kept for a line of a cart that asks for it. Never prolonged.'),
  SHOP_CURRENCY: z
    .string()
    .refine((code) => minorDigits(code) !== undefined, { error: 'must be a currency of ISO 4217' })
    .default('USD')
    .describe('The currency in which the total of an empty cart is zero; ISO 4217.'),
};
