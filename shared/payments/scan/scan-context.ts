import type { OrderDependencies } from '#shared/orders/change-order.ts';
import type { Order } from '#shared/orders/order.ts';
import { type Seen, settleOrder } from '#shared/orders/settle.ts';
import type { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { DuePage } from '../due-page.ts';
import type { AcceptedAsset } from './found-payment.ts';
import type { ScanStore } from './scan-store.ts';

/** What scanning chains needs. */
export interface ScanDependencies extends OrderDependencies {
  readonly tables: OrderDependencies['tables'] & { readonly logs: string };
  readonly scans: ScanStore;
  readonly orders: OrderDependencies['orders'] & {
    due(chainId: number, shard: number, before: string, after: string | undefined, limit: number): Promise<DuePage>;
  };
}

/** One pass over one chain. */
export interface ScanPass {
  readonly deps: ScanDependencies;
  readonly chain: Pick<ChainConfig, 'chain_id' | 'block_time_ms' | 'required_confirmations'>;
  readonly client: ChainClient;
  /** What orders can be paid in on the chain. */
  readonly accepted: readonly AcceptedAsset[];
  /** Of the invocation, for audit entries. */
  readonly requestId: string;
  readonly deadline: Deadline;
}

/** Who it is, in audit entries. */
const ACTOR = 'payment-scanner';

/** With the order itself, its pieces, entries and notices below the 100 items of a transaction. */
export const MAX_PAYMENTS_AT_ONCE = 20;

/** Before any deadline: nothing that is judged by it is overdue. */
export const NOTHING_OVERDUE = 0;

/** Orders at once: enough to hide the latency of DynamoDB, few enough to leave it in peace. */
const AT_ONCE = 10;

/**
 * Stores what is seen of an order's payments with what they make of it, as often as it takes: 20 payments at once.
 *
 * @param seen asked anew for each write, by what is stored then; says nothing of what is stored as it says
 * @param knownUntilMs the time up to which blocks were read and balances looked at; NOTHING_OVERDUE where the balance was not looked at
 * @param isBalanceUnknown whether its balance was looked at in vain, and is waited for no longer
 * @returns the order as it is now
 */
export async function settleSeen(
  { deps, requestId, deadline }: ScanPass,
  orderId: string,
  knownUntilMs: number,
  seen: Seen,
  isBalanceUnknown = false,
): Promise<Order> {
  const settling = { actor: ACTOR, requestId, knownUntilMs, isBalanceUnknown, deadline };
  for (;;) {
    let isFull = false;
    const part: Seen = (order, stored) => {
      const all = seen(order, stored);
      isFull = all.length >= MAX_PAYMENTS_AT_ONCE - 1;
      return all.slice(0, MAX_PAYMENTS_AT_ONCE);
    };
    const order = await settleOrder(deps, orderId, settling, part);
    if (!isFull) return order;
  }
}

/** Works on several orders at once; all are done, or have failed, when it returns or throws the first failure. */
export async function forEachOrder(
  orderIds: readonly string[],
  work: (orderId: string) => Promise<void>,
): Promise<void> {
  const waiting = [...orderIds];
  const failures: unknown[] = [];
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, waiting.length) }, async () => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        await work(id).catch((error: unknown) => failures.push(error));
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}
