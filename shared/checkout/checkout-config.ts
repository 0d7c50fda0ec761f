import * as z from 'zod';

/** Settings of who makes orders. */
export const checkoutConfigShape = {
  INVOICE_MINUTES: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_080)
    .default(30)
    .describe('Minutes in which an order is to be paid whose products do not say.'),
  PAYMENT_TOLERANCE_BPS: z.coerce
    .number()
    .int()
    .min(0)
    .max(100)
    .default(10)
    .describe('How much less than is due counts as paid, and how much more is dust, in hundredths of a percent.'),
};
