import * as z from 'zod';
import { mailStyleShape, shopMailSchema } from '#shared/mails/mail-settings.ts';
import { minorDigits } from '#shared/platform/money/currencies.ts';
import { mailIdentityField } from './mail-identity.ts';

/** What holds for all carts and orders of a stage. */
export const shopSchema = z
  .strictObject({
    currency: z
      .string()
      .refine((code) => minorDigits(code) !== undefined, { error: 'must be a currency of ISO 4217' })
      .default('USD')
      .describe('The currency in which the total of an empty cart is zero; ISO 4217.'),
    cart_reservation_minutes: z
      .number()
      .int()
      .min(1)
      .max(60)
      .default(10)
      .describe('Minutes for which pieces are kept for a line of a cart that asks for it.'),
    invoice_minutes: z
      .number()
      .int()
      .min(1)
      .max(10_080)
      .default(30)
      .describe('Minutes in which an order is to be paid whose products do not say.'),
    payment_tolerance_bps: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(10)
      .describe('How much less than is due counts as paid, and how much more is dust, in hundredths of a percent.'),
    processor_grace_seconds: z
      .number()
      .int()
      .min(0)
      .max(86_400)
      .default(120)
      .describe(
        "Seconds that a processor's word of a payment may take: so long after its deadline an order that is paid through one expires. One that " +
          'tells only of what is final needs as long as its slowest currency takes to be so. See docs/processors.md.',
      ),
    ...mailStyleShape,
    mail: shopMailSchema
      .extend({ identity: mailIdentityField })
      .optional()
      .describe('In whose name customers are mailed of their orders; absent: they are not. See docs/mails.md.'),
  })
  .prefault({})
  .describe('The shop.');
