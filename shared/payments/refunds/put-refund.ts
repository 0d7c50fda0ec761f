import { Raced } from '#shared/platform/dynamo/races.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import type { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { type Refund, type RefundAddress, refundAddressKey, refundKey } from './refund.ts';

/**
 * Adds a refund to a transaction, on the condition that it is as it was read. It goes with a change of its order, so that nobody judges the
 * order without it.
 *
 * @param before undefined: it is new
 * @throws (at commit) Raced
 */
export function putRefund(write: WriteTransaction, table: string, before: Refund | undefined, after: Refund): void {
  write.put(
    table,
    { ...refundKey(after.order_id, after.id), ...after },
    () => new Raced(`Refund ${after.id} was changed meanwhile`),
    { ...unchangedSince(before), showsExisting: false },
  );
}

/**
 * Adds where a customer wants the money to a transaction, on the condition that it is as it was read. It goes with a change of its order.
 *
 * @param before undefined: not said so far
 * @throws (at commit) Raced
 */
export function putRefundAddress(
  write: WriteTransaction,
  table: string,
  before: RefundAddress | undefined,
  after: RefundAddress,
): void {
  write.put(
    table,
    { ...refundAddressKey(after.order_id), ...after },
    () => new Raced(`The refund address of ${after.order_id} was changed meanwhile`),
    { ...unchangedSince(before), showsExisting: false },
  );
}
