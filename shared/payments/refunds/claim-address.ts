import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ORDER_RETRY } from '#shared/orders/change-order.ts';
import { type OpenOrderDependencies, openOrder } from '#shared/orders/open-order.ts';
import { type OrderTables, putOrderChange } from '#shared/orders/put-order.ts';
import { requireOnChain } from '#shared/orders/require-on-chain.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import { nextVersion, withEntry } from './order-change.ts';
import { refundAddressRow } from './put-refund.ts';
import { refuseOwnAddress } from './recipient.ts';
import { mayClaimAddress } from './refund-rules.ts';
import type { RefundStore } from './refund-store.ts';
import { type RefundAddressView, toRefundAddressView } from './routes.ts';

/** What saying where the money goes needs. */
export interface ClaimAddressDependencies extends Pick<OpenOrderDependencies, 'readShopKey'> {
  readonly client: DynamoDBDocumentClient;
  readonly tables: OrderTables;
  readonly refunds: Pick<RefundStore, 'find' | 'isDepositAddress'>;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly wait?: Sleep;
}

/**
 * Stores where a customer, who shows the order's token, wants its money sent to, should it be refunded: with an entry on the order's stream,
 * on the condition of the order's version. A refund that is under way keeps its address.
 *
 * @throws ORDER_NOT_FOUND, INVALID_TRANSITION when the order can't be refunded (any more, or yet), is a processor's, or a refund is under way, INVALID_ADDRESS,
 *   WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export async function claimRefundAddress(
  deps: ClaimAddressDependencies,
  orderId: string,
  address: string,
  context: IdempotentContext,
): Promise<RefundAddressView> {
  const attempt = async () => {
    const facts = await openOrder(deps, orderId, context, (id) => deps.refunds.find(id));
    const { order, claimed } = facts;
    requireOnChain(order);
    if (!mayClaimAddress(facts)) {
      throw new HavenError('INVALID_TRANSITION', `An order that is ${order.status} takes no refund address now`, {
        details: { order_id: orderId, from: order.status },
      });
    }
    await refuseOwnAddress(deps, order.payment, address, 'body.address');
    const at = isoTime(deps.clock());
    const after = { order_id: orderId, address, claimed_at: at, version: (claimed?.version ?? 0) + 1 };
    const change = withEntry(
      nextVersion(order, at),
      { action: 'order.refund_address_claimed', severity: 'INFO', detail: { address } },
      { actor: context.principal.id, request_id: context.requestId, at, newId: deps.newId },
    );
    const answer = toRefundAddressView(after);
    const write = new WriteTransaction();
    deps.idempotency.record(write, context.idempotency, { status: 200, body: answer });
    putOrderChange(write, deps.tables, change, [refundAddressRow(claimed, after)]);
    await write.commit(deps.client, context.deadline, deps.wait);
    return answer;
  };
  return untilUnraced(attempt, ORDER_RETRY, context.deadline, deps.wait);
}
