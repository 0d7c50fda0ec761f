import * as z from 'zod';
import { chainIdField, emailField } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { idSchema } from '#shared/platform/ids.ts';
import { minorDigits } from '#shared/platform/money/currencies.ts';
import { newOrderView } from './new-order-view.ts';

const LOCALE_ERROR = 'INVALID_PARAMETER: must be a language and maybe a country, as in BCP 47: de, or de-AT';
const ASSET_ERROR = 'INVALID_PARAMETER: must be a symbol of 1 to 11 letters, digits or dots';
const PROCESSOR_ERROR = 'INVALID_PARAMETER: must be the name of a processor';
const ONE_PAYEE =
  'INVALID_PARAMETER: must be there, or processor in its place: an order is paid on one chain or through one processor';
const TOTAL_ERROR =
  'INVALID_AMOUNT: must be a whole number of minor units above zero, as a decimal string of at most 21 digits';
const CURRENCY_ERROR = 'INVALID_PARAMETER: must be a currency of ISO 4217, in upper case';

/** 40 lines of 10,000 pieces at the highest price. */
const totalAmountField = z
  .string({ error: TOTAL_ERROR })
  .regex(/^[1-9]\d{0,20}$/, { error: TOTAL_ERROR })
  .meta({ examples: ['5000'] });

/** Makes an order of a cart. */
export const checkOutRoute = defineRoute({
  method: 'POST',
  path: '/carts/{id}/checkout',
  summary: 'Make an order of a cart',
  description:
    'All or nothing: the pieces of every line are reserved, the order has an address of its own to be paid to (unless a processor takes the ' +
    'money: then its invoice is bound to the order by `POST /admin/orders/{id}/processor-invoice`), and the cart is closed. ' +
    'Prices are asked anew; where one has changed, or the total is another than `expected_total`, nothing is done and both prices are ' +
    'told (`PRICE_CHANGED`). What can not be had is told with what there is (`OUT_OF_STOCK`). Repeated with the same Idempotency-Key and ' +
    'cart token, it is answered with the same order and the same token.',
  tag: 'carts',
  access: 'carts:write',
  idempotent: true,
  tokenHeader: 'X-Cart-Token',
  rate: 'public',
  params: z.strictObject({ id: idSchema('crt') }),
  query: NOTHING,
  body: z
    .strictObject({
      chain_id: chainIdField
        .optional()
        .describe('Paid on this chain, to an address that the order gets. Or `processor`.'),
      processor: z
        .string({ error: PROCESSOR_ERROR })
        .regex(/^[a-z][a-z0-9-]{0,30}$/, { error: PROCESSOR_ERROR })
        .optional()
        .meta({ examples: ['kryptoexpress'] })
        .describe('Paid through this processor, in a currency that Haven holds no keys for. Or `chain_id`.'),
      asset: z
        .string({ error: ASSET_ERROR })
        .regex(/^[A-Za-z0-9][A-Za-z0-9.]{0,10}$/, { error: ASSET_ERROR })
        .meta({ examples: ['ETH'] })
        .describe(
          "The chain's own coin, one of its configured tokens, or HAVEN; or one of the processor's currencies.",
        ),
      email: emailField
        .nullable()
        .default(null)
        .meta({ examples: ['ada@example.com'] })
        .describe('Where the customer is told what becomes of the order.'),
      locale: z
        .string({ error: LOCALE_ERROR })
        .regex(/^[a-z]{2}(-[A-Z]{2})?$/, { error: LOCALE_ERROR })
        .optional()
        .meta({ examples: ['de-AT'] })
        .describe(
          "The customer's language, for mails. One that there are no mails in is none: the stage's own is used.",
        ),
      expected_total: z
        .strictObject({
          amount: totalAmountField,
          currency: z
            .string({ error: CURRENCY_ERROR })
            .refine((code) => minorDigits(code) !== undefined, { error: CURRENCY_ERROR })
            .meta({ examples: ['USD'] }),
        })
        .describe('What the customer was shown and agreed to.'),
    })
    .refine(({ chain_id, processor }) => (chain_id === undefined) !== (processor === undefined), {
      path: ['chain_id'],
      error: ONE_PAYEE,
    }),
  status: 201,
  response: newOrderView,
  errors: [
    'CART_NOT_FOUND',
    'CART_TAMPERED',
    'CART_EXPIRED',
    'INVALID_TRANSITION',
    'INVALID_AMOUNT',
    'PRICE_CHANGED',
    'OUT_OF_STOCK',
    'PRICE_UNAVAILABLE',
    'DEPOSIT_POOL_EMPTY',
    'CIRCUIT_OPEN',
    'RPC_CONNECTION',
    'WRITE_CONFLICT',
    'DATABASE_ERROR',
  ],
});
