import { isOnChain, type Order } from '#shared/orders/order.ts';
import { DUE_ORDER_SHARDS } from '#shared/orders/order-keys.ts';
import type { Seen } from '#shared/orders/settle.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { type GetHeads, lastBlockUntil } from './block-in-time.ts';
import { type BalanceView, balancePayment } from './judge-balance.ts';
import { forEachOrder, type ScanPass, settleSeen } from './scan-context.ts';
import type { ReadHead } from './scan-cursor.ts';

/** What a look at due orders came to. */
export interface ExpireReport {
  readonly looked: number;
  readonly failed: number;
  /** Whether time ran out; the next pass goes on. */
  readonly cutOff: boolean;
}

/** Orders of one read of the index: their balances are asked in one request. */
const PAGE = 50;
/** A page is a few requests to a chain, and two to tables for each order; none is begun with less time left. */
const STEP_BUDGET_MS = 8_000;

/**
 * For how long after its deadline an order waits for an endpoint that can tell its balance: an endpoint that is late, overloaded or just
 * replaced is well by then, and a state that all have let go of doesn't come back. It keeps its pieces out of sale as long.
 */
export const BALANCE_WAIT_MS = 30 * 60_000;

const SHARDS = Array.from({ length: DUE_ORDER_SHARDS }, (_, shard) => shard);

/** An order that is due, with the last block in time. */
interface Due {
  readonly order: Order;
  /** Undefined: the chain is younger than its deadline. */
  readonly block: ReadHead | undefined;
}

/**
 * Settles the orders of a chain whose deadline is before the last block that was read: by then every payment that was in time has been seen. What
 * the address has as of the last block in time beyond its payments is a payment too, before it is judged. Where no endpoint tells it, the order
 * stays due for a while (`BALANCE_WAIT_MS`), and then expires with a flag and an alert. An order that fails is logged and counted, stays in the
 * index and stops no other.
 *
 * @param last the last block that was read
 * @throws ChainMovedError, RpcTransportError when the chain can't be asked: then nothing expires
 */
export async function expireDue(pass: ScanPass, last: ReadHead): Promise<ExpireReport> {
  const { deps, chain, deadline } = pass;
  // A block may be ahead of time, and what has not come can't be over.
  const knownUntilMs = Math.min(last.timestampSeconds * 1_000, deps.clock());
  const report = { looked: 0, failed: 0, cutOff: false };
  for (const shard of SHARDS) {
    let after: string | undefined;
    do {
      const { ids, next } = await deps.orders.due(chain.chain_id, shard, isoTime(knownUntilMs), after, PAGE);
      if (ids.length > 0 && !deadline.allows(STEP_BUDGET_MS)) {
        report.cutOff = true;
        deps.log.write('ORDERS_CUT_OFF', { chain_id: chain.chain_id, looked: report.looked });
        deps.metrics.count('OrdersCutOff');
        return report;
      }
      report.looked += ids.length;
      report.failed += await settlePage(pass, ids, last, knownUntilMs);
      after = next;
    } while (after !== undefined);
  }
  return report;
}

async function settlePage(
  pass: ScanPass,
  ids: readonly string[],
  last: ReadHead,
  knownUntilMs: number,
): Promise<number> {
  if (ids.length === 0) return 0;
  const { deps, chain } = pass;
  const due = await readDue(pass, ids, last);
  const views = await balancesOf(pass, due, last);
  let failed = 0;
  await forEachOrder([...due.keys()], async (orderId) => {
    const view = views.get(orderId);
    const isUnknown = view === 'untold';
    if (isUnknown && knownUntilMs <= Date.parse(due.get(orderId)?.order.expires_at ?? '') + BALANCE_WAIT_MS) return;
    try {
      const look: Seen = (order, stored) => {
        const payment = view === undefined || isUnknown ? undefined : balancePayment(order, stored, view, deps.clock());
        return payment === undefined ? [] : [payment];
      };
      const { flags } = await settleSeen(pass, orderId, knownUntilMs, look, isUnknown);
      if (isUnknown && flags.includes('balance_unknown')) deps.metrics.count('PaymentBalanceUnknown');
    } catch (error) {
      failed += 1;
      deps.log.write('ORDER_NOT_SETTLED', { chain_id: chain.chain_id, order_id: orderId, error });
      deps.metrics.count('OrderNotSettled');
    }
  });
  return failed;
}

async function readDue(
  { deps, client, deadline }: ScanPass,
  ids: readonly string[],
  last: ReadHead,
): Promise<ReadonlyMap<string, Due>> {
  const known = new Map<number, ReadHead>([[last.number, last]]);
  // Deadlines of one page are close to each other, and so are the blocks that are looked at.
  const getHeads: GetHeads = async (numbers) => {
    const missing = numbers.filter((number) => !known.has(number));
    if (missing.length > 0) {
      for (const [number, head] of await client.at(last).heads(missing, deadline)) known.set(number, head);
    }
    return new Map(
      numbers.flatMap((number) => {
        const head = known.get(number);
        return head === undefined ? [] : [[number, head] as const];
      }),
    );
  };
  const due = new Map<string, Due>();
  for (const order of await deps.scans.ordersOf(ids)) {
    const block = await lastBlockUntil(Date.parse(order.expires_at), last, getHeads);
    due.set(order.id, { order, block });
  }
  return due;
}

async function balancesOf(
  { deps, chain, client, deadline }: ScanPass,
  due: ReadonlyMap<string, Due>,
  last: ReadHead,
): Promise<ReadonlyMap<string, BalanceView | 'untold'>> {
  const asked = [...due.values()].flatMap(({ order, block }) =>
    block === undefined || !isOnChain(order.payment) ? [] : [{ order, payment: order.payment, block }],
  );
  const balances = await client.at(last).balances(
    asked.map(({ payment, block }) => ({
      address: payment.address,
      tokenAddress: payment.token_address,
      blockNumber: block.number,
    })),
    deadline,
  );
  return new Map(
    asked.map(({ order, block }, index): readonly [string, BalanceView | 'untold'] => {
      const balance = balances[index];
      if (balance !== undefined) return [order.id, { block, balance }];
      deps.log.write('PAYMENT_BALANCE_UNTOLD', {
        chain_id: chain.chain_id,
        order_id: order.id,
        block_number: block.number,
      });
      return [order.id, 'untold'];
    }),
  );
}
