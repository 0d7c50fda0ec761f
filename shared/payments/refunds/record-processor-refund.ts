import { type OrderChange, takeSteps } from '#shared/orders/advance.ts';
import { ORDER_RETRY, reportChange } from '#shared/orders/change-order.ts';
import { putOrderChange } from '#shared/orders/put-order.ts';
import { factsOf } from '#shared/orders/reduce.ts';
import { requireAtProcessor } from '#shared/orders/require-on-chain.ts';
import { requireStep } from '#shared/orders/steps.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import { NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { processorRefundKey } from '../processors/processor-keys.ts';
import { nextVersion, withEntry } from './order-change.ts';
import { refundRow } from './put-refund.ts';
import { type OwnAssetKind, type ProcessorRefund, processorRefundView } from './refund.ts';
import { requireRefundable } from './refund-rules.ts';
import type { OrderWithRefunds } from './refund-store.ts';
import type { RefundDependencies } from './request-refund.ts';

/** What recording a processor's refund needs. */
export type RecordRefundDependencies = Pick<
  RefundDependencies,
  'client' | 'tables' | 'refunds' | 'idempotency' | 'clock' | 'newId' | 'metrics' | 'log' | 'wait'
>;

/** A refund that somebody made at an order's processor. */
export interface MadeRefund {
  readonly kind: OwnAssetKind;
  /** Base units of the order's asset, above zero. */
  readonly amount: string;
  /** The processor's own id of the refund. */
  readonly processor_reference: string;
  readonly reason: string;
}

/**
 * Records a refund that was made at the processor that took an order's money: Haven has none of it, and can only be told. What it makes of
 * its order, whose pieces are free again, is what a refund from the treasury makes of it from its beginning to its end, in one transaction:
 * `refunding`, then `refunded`. The processor's id of the refund is recorded once, and never more than was received.
 *
 * @throws ORDER_NOT_FOUND, VERSION_MISMATCH, INVALID_TRANSITION, INVALID_AMOUNT, DUPLICATE_REFERENCE for a refund that is recorded already,
 *   WRITE_CONFLICT, DATABASE_ERROR, StockDrift; IdempotentReplay
 */
export async function recordProcessorRefund(
  deps: RecordRefundDependencies,
  orderId: string,
  made: MadeRefund,
  context: IdempotentContext,
): Promise<ProcessorRefund> {
  const attempt = async () => {
    const facts = await deps.refunds.read(orderId);
    requireVersion(context, facts.order.version, `Order ${orderId}`);
    const refund = refundOf(deps, facts, made, context);
    const change = changeOf(deps, facts, refund, context);
    const write = new WriteTransaction();
    deps.idempotency.record(write, context.idempotency, { status: 201, body: processorRefundView.parse(refund) });
    putOrderChange(write, deps.tables, change, [refundRow(undefined, refund)]);
    const { name, reference } = refund.processor;
    write.put(
      deps.tables.shop,
      { ...processorRefundKey(name, reference), order_id: orderId, refund_id: refund.id },
      () => new HavenError('DUPLICATE_REFERENCE', `Refund ${reference} of ${name} is recorded already`),
      { ...NOT_EXISTS, showsExisting: false },
    );
    await write.commit(deps.client, context.deadline, deps.wait);
    return { refund, change };
  };
  const { refund, change } = await untilUnraced(attempt, ORDER_RETRY, context.deadline, deps.wait);
  deps.metrics.count('RefundRecorded');
  deps.log.write('REFUND_RECORDED', {
    refund_id: refund.id,
    order_id: orderId,
    kind: refund.kind,
    ...refund.processor,
  });
  reportChange(deps, change);
  return refund;
}

function refundOf(
  { clock, newId }: Pick<RecordRefundDependencies, 'clock' | 'newId'>,
  facts: OrderWithRefunds,
  { kind, amount, processor_reference: reference, reason }: MadeRefund,
  { principal }: Pick<IdempotentContext, 'principal'>,
): ProcessorRefund {
  const { asset, processor } = requireAtProcessor(facts.order);
  const { isPartial } = requireRefundable(facts, kind, BigInt(amount));
  const at = isoTime(clock());
  return {
    id: newId('rfd'),
    order_id: facts.order.id,
    kind,
    status: 'confirmed',
    amount,
    is_partial: isPartial,
    asset,
    chain_id: null,
    processor: { name: processor.name, reference },
    reason,
    requested_by: principal.id,
    created_at: at,
    updated_at: at,
    version: 1,
  };
}

/** What it makes of its order: the whole way at once, since the money has gone. */
function changeOf(
  { newId }: Pick<RecordRefundDependencies, 'newId'>,
  { order, payments }: OrderWithRefunds,
  { id, kind, amount, processor, reason, created_at: at }: ProcessorRefund,
  context: IdempotentContext,
): OrderChange {
  const by = { actor: context.principal.id, request_id: context.requestId, reason, at, newId };
  const facts = factsOf(order, payments, Date.parse(at));
  const begin = () => requireStep(order, 'refunding', 'operator', facts);
  const end = () => requireStep({ ...order, status: 'refunding' }, 'refunded', 'refund', facts);
  const moved =
    kind === 'order' ? takeSteps(order, [begin(), end()], {}, { refund_id: id }, by) : nextVersion(order, at);
  const detail = { refund_id: id, kind, amount, processor: processor.name, reference: processor.reference };
  return withEntry(moved, { action: 'order.refund_recorded', severity: 'WARNING', detail }, by);
}
