import { nextEntry } from '#shared/audit/audit-entry.ts';
import { ORDER_RETRY, type RequestDependencies, readOrder } from '#shared/orders/change-order.ts';
import type { Order, ProcessorOrderPayment } from '#shared/orders/order.ts';
import { putOrderChange } from '#shared/orders/put-order.ts';
import { requireAtProcessor } from '#shared/orders/require-on-chain.ts';
import { type OrderView, toOrderView } from '#shared/orders/view.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { requireVersion } from '#shared/platform/dynamo/versions.ts';
import { NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { processorInvoiceKey } from './processor-keys.ts';

/** An invoice that the integrator made with an order's processor. */
export interface BoundInvoice {
  readonly invoice_id: string;
  /** Where the customer pays to, to be shown. */
  readonly address?: string | undefined;
  /** What a wallet reads from a QR code. */
  readonly uri?: string | undefined;
}

/**
 * Says which invoice of its processor is an order's: once for an order, and once for an invoice. Whatever the order's status: money for one
 * that has expired meanwhile is to be seen all the same. In one transaction the answer, the order, its audit entry, and the row by which
 * webhooks find the order.
 *
 * @throws ORDER_NOT_FOUND, VERSION_MISMATCH, INVALID_TRANSITION for an order that is paid on a chain or has an invoice, DUPLICATE_REFERENCE for an
 *   invoice that is another order's, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export function bindInvoice(
  deps: RequestDependencies,
  orderId: string,
  invoice: BoundInvoice,
  context: IdempotentContext,
): Promise<OrderView> {
  return untilUnraced(
    async () => {
      const { order: before } = await readOrder(deps, orderId);
      requireVersion(context, before.version, `Order ${orderId}`);
      const payment = withInvoice(before, invoice);
      const { name } = payment.processor;
      const at = isoTime(deps.clock());
      const { entry, head } = nextEntry(
        orderId,
        before,
        {
          action: 'order.invoice_bound',
          actor: context.principal.id,
          severity: 'INFO',
          request_id: context.requestId,
          detail: { processor: name, invoice_id: invoice.invoice_id, address: payment.address },
        },
        at,
      );
      const after: Order = { ...before, payment, ...head, updated_at: at, version: before.version + 1 };
      const view = toOrderView(after);
      const write = new WriteTransaction();
      deps.idempotency.record(write, context.idempotency, { status: 200, body: view });
      putOrderChange(write, deps.tables, { before, after, stock: 'none', entries: [entry], notices: [] });
      write.put(
        deps.tables.shop,
        { ...processorInvoiceKey(name, invoice.invoice_id), order_id: orderId, bound_at: at },
        () => new HavenError('DUPLICATE_REFERENCE', `Invoice ${invoice.invoice_id} of ${name} is another order's`),
        { ...NOT_EXISTS, showsExisting: false },
      );
      await write.commit(deps.client, context.deadline, deps.wait);
      deps.log.write('PROCESSOR_INVOICE_BOUND', { order_id: orderId, processor: name, invoice_id: invoice.invoice_id });
      return view;
    },
    ORDER_RETRY,
    context.deadline,
    deps.wait,
  );
}

function withInvoice(order: Order, { invoice_id, address, uri }: BoundInvoice): ProcessorOrderPayment {
  const { id } = order;
  const payment = requireAtProcessor(order);
  if (payment.processor.invoice_id !== null) {
    throw new HavenError('INVALID_TRANSITION', `Order ${id} has invoice ${payment.processor.invoice_id} already`, {
      details: { order_id: id, invoice_id: payment.processor.invoice_id },
    });
  }
  return {
    ...payment,
    address: address ?? null,
    processor: { ...payment.processor, invoice_id, uri: uri ?? null },
  };
}
