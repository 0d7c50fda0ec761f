import { countsAsPaid, type Payment } from '#shared/orders/order.ts';
import { isBalancePayment } from './judge-balance.ts';

/** Blocks that were read, by what tells them apart. */
export interface RangeView {
  readonly chainId: number;
  /** Hashes by height. */
  readonly hashes: ReadonlyMap<number, string>;
}

/**
 * What blocks that were read say of the payments of one order: which are new, have moved to another block, are back, or gone. What they say
 * already is left out; run on its own result it says nothing. Pure.
 *
 * - A payment is gone when its height was read and holds another block, or when its transaction was seen in another block: a transaction is in
 *   one block only, and its logs may be counted otherwise there. That a block holds it and it isn't among what was found says nothing: not all
 *   payments of an order with very many are found.
 * - One that is gone stays watched: whoever judged by an old view of the chain is found out when it is deep (`judge-depth`).
 * - What is more than one write takes is for the next one, which is judged by what this one stored: a balance is less by the transfers that are
 *   stored with it, and by none of them twice.
 *
 * @param stored all payments of the order, as they are stored
 * @param found what the blocks have of the order
 * @param atOnce payments that one write takes
 * @param keep which of those that were found are kept, by all that is stored as this leaves it
 * @returns payments to store, those that are gone first; as many as one write takes, or one less, where there may be more
 */
export function afterRange(
  stored: readonly Payment[],
  found: readonly Payment[],
  range: RangeView,
  atOnce: number,
  keep: (stored: readonly Payment[], found: readonly Payment[]) => readonly Payment[] = (_stored, all) => all,
): readonly Payment[] {
  const byId = new Map(stored.map((payment) => [payment.id, payment]));
  const foundIds = new Set(found.map(({ id }) => id));
  const blockOf = new Map(found.map(({ on_chain }) => [on_chain?.transaction_hash, on_chain?.block_hash]));
  const gone = stored
    .filter((payment) => payment.status !== 'orphaned' && !foundIds.has(payment.id))
    .filter(({ on_chain }) => {
      if (on_chain?.chain_id !== range.chainId) return false;
      const now = range.hashes.get(on_chain.block_number);
      const seenIn = on_chain.transaction_hash === null ? undefined : blockOf.get(on_chain.transaction_hash);
      return [now, seenIn].some((hash) => hash !== undefined && hash !== on_chain.block_hash);
    })
    .map((payment): Payment => ({ ...payment, status: 'orphaned', is_watched: true }));
  const goneById = new Map(gone.map((payment) => [payment.id, payment]));
  const left = stored.map((payment) => goneById.get(payment.id) ?? payment);
  const seen = keep(left, found).flatMap((payment): readonly Payment[] => {
    const before = byId.get(payment.id);
    if (before === undefined) return [payment];
    if (before.status !== 'orphaned' && before.on_chain?.block_hash === payment.on_chain?.block_hash) return [];
    return [{ ...payment, detected_at: before.detected_at }];
  });
  // An order has one balance at most.
  const now = [...gone, ...seen].slice(0, atOnce - 1);
  return [...now, ...balanceLess(stored, goneById, now.slice(gone.length), byId)];
}

/**
 * A balance that no transfer explained, less what transfers explain now: a log that an endpoint held back is not to be counted twice.
 */
function balanceLess(
  stored: readonly Payment[],
  gone: ReadonlyMap<string, Payment>,
  seen: readonly Payment[],
  byId: ReadonlyMap<string, Payment>,
): readonly Payment[] {
  return stored
    .filter((payment) => isBalancePayment(payment) && countsAsPaid(payment) && !gone.has(payment.id))
    .flatMap((balance): readonly Payment[] => {
      const explained = seen
        .filter((payment) => countsAsPaid(payment) && isUpTo(payment, balance))
        .filter(({ id }) => {
          const before = byId.get(id);
          return before === undefined || !countsAsPaid(before);
        })
        .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
      if (explained === 0n) return [];
      const rest = BigInt(balance.amount) - explained;
      return rest > 0n ? [{ ...balance, amount: rest.toString() }] : [{ ...balance, status: 'orphaned' }];
    });
}

function isUpTo({ on_chain }: Payment, balance: Payment): boolean {
  if (on_chain === null || balance.on_chain === null) return false;
  return on_chain.chain_id === balance.on_chain.chain_id && on_chain.block_number <= balance.on_chain.block_number;
}
