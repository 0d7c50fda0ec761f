import * as z from 'zod';
import { type Order, type Payment, paymentSchema } from '#shared/orders/order.ts';
import { decimalText } from '#shared/platform/money/decimal.ts';
import { type DepositSweep, sweepStatusSchema } from '../sweeps/deposit-sweep.ts';
import { fiatValue } from './fiat-value.ts';

/** A payment as accounting wants it: with what it was worth by the rate that its order was placed at. */
export const accountedPaymentSchema = z
  .object({
    id: paymentSchema.shape.id.meta({ examples: [`31337:0x${'ab'.repeat(32)}:0`] }),
    order_id: z.string().meta({ examples: ['ord_01JD8Q4X7M5N2V9C3R6T0W1YZA'] }),
    chain_id: z.number().int().nullable().describe('Null: a processor took it.'),
    processor: z.string().nullable().describe('Null: it came on a chain.'),
    asset: z.string().describe('What came. On another chain than the order asks for, its chain is named with it.'),
    amount: z.string().describe('In base units.'),
    amount_decimal: z
      .string()
      .nullable()
      .describe('The same in whole units, exact. Null: not what the order asks for, whose decimals it does not know.'),
    rate: z
      .string()
      .nullable()
      .describe('Of one whole unit in `fiat_currency`, when the order was placed. Null: not what the order asks for.'),
    fiat_amount: z
      .string()
      .nullable()
      .describe(
        'What it is worth at that rate, in minor units of `fiat_currency`, rounded half up. Null: there is no rate.',
      ),
    fiat_currency: z
      .string()
      .nullable()
      .meta({ examples: ['USD'] }),
    block_at: z.string().describe('When it came: the time of its block, or what a processor says. ISO 8601, UTC.'),
    status: paymentSchema.shape.status,
    transaction_hash: z.string().nullable(),
    swept: sweepStatusSchema
      .nullable()
      .describe('How far the sweep is that took it up. Null: none has, or a processor has it.'),
    refunded: z.string().describe('Of it has gone back for good, in base units.'),
  })
  .meta({ id: 'AccountedPayment' });

/** A payment as accounting wants it. */
export type AccountedPayment = z.output<typeof accountedPaymentSchema>;

/**
 * A payment with what accounting wants to know besides. Pure.
 *
 * @param sweep of its address on its chain; undefined: there is none
 * @param refunded of it, base units
 */
export function accountPayment(
  { payment: asked, total }: Pick<Order, 'payment' | 'total'>,
  payment: Payment,
  sweep: Pick<DepositSweep, 'status'> | undefined,
  refunded: bigint,
): AccountedPayment {
  const { other_asset, on_chain, processor } = payment;
  const amount = BigInt(payment.amount);
  const isOwn = other_asset === undefined;
  const isTakenUp = payment.confirmed_at !== null && payment.taken_up === payment.confirmed_at;
  const { decimals, rate } = asked;
  const { currency } = total;
  return {
    id: payment.id,
    order_id: payment.order_id,
    chain_id: on_chain?.chain_id ?? null,
    processor: processor?.name ?? null,
    asset: other_asset ?? asked.asset,
    amount: payment.amount,
    amount_decimal: isOwn ? decimalText({ units: amount, decimals }) : null,
    rate: isOwn ? rate : null,
    fiat_amount: isOwn ? fiatValue({ amount, decimals, rate, currency }).toString() : null,
    fiat_currency: isOwn ? currency : null,
    block_at: payment.block_at,
    status: payment.status,
    transaction_hash: on_chain?.transaction_hash ?? processor?.transaction_hash ?? null,
    swept: isTakenUp ? (sweep?.status ?? null) : null,
    refunded: refunded.toString(),
  };
}
