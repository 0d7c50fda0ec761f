import type { OrderRow } from '#shared/orders/order-rows.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { type Refund, type RefundAddress, refundAddressKey, refundKey } from './refund.ts';

/**
 * A refund, to be written with a change of its order on the condition that it is as it was read.
 *
 * @param before undefined: it is new
 */
export function refundRow(before: Refund | undefined, after: Refund): OrderRow {
  return {
    item: { ...refundKey(after.order_id, after.id), ...after },
    onConflict: () => new Raced(`Refund ${after.id} was changed meanwhile`),
    condition: { ...unchangedSince(before), showsExisting: false },
  };
}

/**
 * Where a customer wants the money, to be written with a change of the order on the condition that it is as it was read.
 *
 * @param before undefined: not said so far
 */
export function refundAddressRow(before: RefundAddress | undefined, after: RefundAddress): OrderRow {
  return {
    item: { ...refundAddressKey(after.order_id), ...after },
    onConflict: () => new Raced(`The refund address of ${after.order_id} was changed meanwhile`),
    condition: { ...unchangedSince(before), showsExisting: false },
  };
}
