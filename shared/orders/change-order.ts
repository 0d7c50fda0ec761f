import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { MetricName, Metrics } from '#shared/platform/metrics.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import { type OrderChange, takeSteps } from './advance.ts';
import type { Order, OrderStatus } from './order.ts';
import { type OrderStore, type OrderWithPayments, orderNotFound } from './order-store.ts';
import { type OrderTables, putOrderChange } from './put-order.ts';
import { factsOf } from './reduce.ts';
import { requireStep } from './steps.ts';
import type { Cause } from './transitions.ts';
import { type OrderView, toOrderView } from './view.ts';

/** What changing orders needs. */
export interface OrderDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: OrderTables;
  readonly orders: Pick<OrderStore, 'find'>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wait?: Sleep;
}

/** What changing orders on request needs besides. */
export interface RequestDependencies extends OrderDependencies {
  readonly idempotency: IdempotencyStore;
}

/** Rivals for one order are a customer, an operator or two, and what settles it. */
export const ORDER_RETRY: RetryPolicy = { maxAttempts: 10, baseDelayMs: 10, maxDelayMs: 200 };

/** Somebody asks for a transition. */
export interface Request {
  readonly orderId: string;
  readonly to: OrderStatus;
  readonly cause: Cause;
  /** In the audit entry. */
  readonly reason?: string | undefined;
}

/** What a request adds to its transition. */
export interface Extra {
  /** Reads the order for who asks, anew for each attempt. By default for anybody. */
  readonly open?: () => Promise<OrderWithPayments>;
  /** What changes besides, computed anew for each attempt. */
  readonly patch?: (order: Order) => Promise<Partial<Pick<Order, 'lines'>>>;
}

/**
 * Makes a transition that somebody asks for: reads the order, judges, and writes it with its stock, entry, notices and the answer in one
 * transaction; when somebody else changed it meanwhile, all of it again.
 *
 * @throws ORDER_NOT_FOUND, VERSION_MISMATCH, INVALID_TRANSITION, WRITE_CONFLICT, DATABASE_ERROR; what `extra` throws; IdempotentReplay
 */
export async function requestTransition(
  deps: RequestDependencies,
  { orderId, to, cause, reason }: Request,
  context: IdempotentContext,
  { open = () => readOrder(deps, orderId), patch = async () => ({}) }: Extra = {},
): Promise<OrderView> {
  const change = await untilUnraced(
    async () => {
      const { order: before, payments } = await open();
      requireVersion(context, before.version, `Order ${orderId}`);
      const step = requireStep(before, to, cause, factsOf(before, payments, deps.clock()));
      const change = takeSteps(
        before,
        [step],
        await patch(before),
        { cause },
        {
          actor: context.principal.id,
          request_id: context.requestId,
          at: isoTime(deps.clock()),
          newId: deps.newId,
          ...(reason === undefined ? {} : { reason }),
        },
      );
      const write = new WriteTransaction();
      deps.idempotency.record(write, context.idempotency, { status: 200, body: toOrderView(change.after) });
      putOrderChange(write, deps.tables, change);
      await write.commit(deps.client, context.deadline, deps.wait);
      return change;
    },
    ORDER_RETRY,
    context.deadline,
    deps.wait,
  );
  reportChange(deps, change);
  return toOrderView(change.after);
}

/**
 * Reads an order for who may change any.
 *
 * @throws ORDER_NOT_FOUND
 */
export async function readOrder(
  { orders }: Pick<OrderDependencies, 'orders'>,
  orderId: string,
): Promise<OrderWithPayments> {
  const found = await orders.find(orderId);
  if (found === undefined) throw orderNotFound(orderId);
  return found;
}

/** Counts and logs what became of an order, after it is stored. */
export function reportChange(
  { log, metrics }: Pick<OrderDependencies, 'log' | 'metrics'>,
  { before, after, entries }: OrderChange,
): void {
  const counted = COUNTED[after.status];
  if (counted !== undefined && after.status !== before.status) metrics.count(counted);
  if (entries.some(({ severity }) => severity === 'CRITICAL')) {
    metrics.count('OrderPaymentUndone');
    log.write('ORDER_PAYMENT_UNDONE', { order_id: after.id, status: after.status });
  }
  log.write('ORDER_CHANGED', { order_id: after.id, from: before.status, to: after.status, flags: after.flags });
}

const COUNTED: Readonly<Partial<Record<OrderStatus, MetricName>>> = {
  paid: 'OrderPaid',
  fulfilled: 'OrderFulfilled',
  cancelled: 'OrderCancelled',
  expired: 'OrderExpired',
};
