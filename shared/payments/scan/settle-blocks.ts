import { keptOneByOne } from '#shared/orders/many-payments.ts';
import { type DepositSweep, isGasFunding } from '#shared/payments/sweeps/deposit-sweep.ts';
import type { BlockHead } from '#shared/platform/chain/chain-client.ts';
import type { ReadBlock } from '#shared/platform/chain/read-transfers.ts';
import { ChainMovedError } from '#shared/platform/chain/rpc-errors.ts';
import { boundTransfers } from './bound-transfers.ts';
import { type PlacedTransfer, toPayment } from './found-payment.ts';
import { afterRange, type RangeView } from './judge-range.ts';
import { forEachOrder, MAX_PAYMENTS_AT_ONCE, NOTHING_OVERDUE, type ScanPass, settleSeen } from './scan-context.ts';

/**
 * Stores what blocks that were read say of orders: payments that they hold, and payments that were in blocks which they replace. Recipients are
 * looked up in batches, so what it costs follows from the blocks and from who is paid, not from how many orders are open; and of one order not
 * from how often it is paid, beyond the number of payments that are kept one by one.
 *
 * @param blocks ascending, all of one chain that `head` is the last block of
 * @param suspects orders that are to be judged besides
 * @returns how many orders were paid something
 * @throws ChainMovedError, RpcTransportError, DATABASE_ERROR, WRITE_CONFLICT
 */
export async function settleBlocks(
  pass: ScanPass,
  blocks: readonly ReadBlock[],
  head: BlockHead,
  suspects: readonly string[] = [],
): Promise<number> {
  const { deps, chain, accepted } = pass;
  const [first] = blocks;
  if (first === undefined) return 0;
  const range: RangeView = {
    chainId: chain.chain_id,
    hashes: new Map(blocks.map(({ number, hash }) => [number, hash])),
  };
  const paid = await paidOrders(pass, blocks, head);
  // Only where a reorg or a killed pass left some is any payment of the index this high.
  const watched = await deps.scans.watchedFrom(chain.chain_id, first.number);
  const replaced = watched.filter(({ blockNumber }) => range.hashes.has(blockNumber)).map(({ orderId }) => orderId);
  await forEachOrder([...new Set([...paid.keys(), ...replaced, ...suspects])], async (orderId) => {
    await settleSeen(pass, orderId, NOTHING_OVERDUE, (order, stored) => {
      const found = (paid.get(orderId) ?? []).flatMap((transfer) => {
        const payment = toPayment(order, chain.chain_id, accepted, transfer, deps.clock());
        return payment === undefined ? [] : [payment];
      });
      return afterRange(stored, found, range, MAX_PAYMENTS_AT_ONCE, (left, all) => keptOneByOne(order, left, all));
    });
  });
  return paid.size;
}

/** Where no coin came, nobody needs to be asked about. */
const NO_SWEEPS: ReadonlyMap<string, DepositSweep> = new Map();

/** Transfers to addresses of orders, by order; coin only where its transaction succeeded, and not what Haven sent there itself for gas. */
async function paidOrders(
  { deps, chain, client, deadline }: ScanPass,
  blocks: readonly ReadBlock[],
  head: BlockHead,
): Promise<ReadonlyMap<string, readonly PlacedTransfer[]>> {
  const all = blocks.flatMap((block) => block.transfers.map((transfer) => ({ transfer, block })));
  const orders = await deps.scans.ordersAt([...new Set(all.map(({ transfer }) => transfer.to))]);
  const toOrders = Map.groupBy(
    all.filter(({ transfer }) => orders.has(transfer.to)),
    ({ transfer }) => orders.get(transfer.to),
  );
  const matched = [...toOrders.values()].flatMap(boundTransfers);
  const coin = matched.filter(({ transfer }) => transfer.logIndex === null);
  const hashes = [...new Set(coin.map(({ transfer }) => transfer.transactionHash))];
  const receipts = hashes.length === 0 ? new Map() : await client.at(head).receipts(hashes, deadline);
  const withCoin = [...new Set(coin.flatMap(({ transfer }) => orders.get(transfer.to) ?? []))];
  const sweeps = withCoin.length === 0 ? NO_SWEEPS : await deps.scans.sweepsOf(chain.chain_id, withCoin);
  const paid = new Map<string, PlacedTransfer[]>();
  for (const placed of matched) {
    const { transfer, block } = placed;
    if (transfer.logIndex === null) {
      const receipt = receipts.get(transfer.transactionHash);
      if (receipt?.blockHash !== block.hash) {
        throw new ChainMovedError(`The receipt of a transaction of block ${block.number} is of another block`);
      }
      if (!receipt.succeeded) continue;
    }
    const orderId = orders.get(transfer.to);
    const from = { from: transfer.from, log_index: transfer.logIndex };
    if (orderId === undefined || isGasFunding(sweeps.get(orderId), from)) continue;
    const own = paid.get(orderId);
    if (own === undefined) paid.set(orderId, [placed]);
    else own.push(placed);
  }
  return paid;
}
