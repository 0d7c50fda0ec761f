import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import type { OrderDependencies } from '#shared/orders/change-order.ts';
import type { Payment } from '#shared/orders/order.ts';
import { type Beside, type Found, settleOrder } from '#shared/orders/settle.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type Delivery, mergeTold, paymentIdOf } from './merge-told.ts';
import {
  processorDeliveryKey,
  processorInvoiceKey,
  processorPaymentKey,
  processorTransactionKey,
} from './processor-keys.ts';
import type { Told } from './told.ts';

/** What acting on a processor's word needs. */
export interface ApplyDependencies extends OrderDependencies {
  readonly tables: OrderDependencies['tables'] & { readonly logs: string };
  /** How long a processor's word may take after an order's deadline. */
  readonly graceMs: number;
}

/** The request that brought it. */
export interface Hearing {
  readonly requestId: string;
  readonly deadline: Deadline;
}

/** A delivery was acted on before. */
class AlreadyKnown extends Error {}

/** Who it is, in audit entries, before the processor's name. */
const ACTOR = 'processor:';

/**
 * Acts on what a processor told: in one transaction the payment, what it makes of its order, audit entries, the row of the delivery by which it is
 * known the next time, and the rows by which the processor's payment and its transaction are this order's and this payment's alone. Killed
 * anywhere, all of it is there or nothing, and the processor sends it again.
 *
 * @param digest of what was signed
 * @throws ORDER_NOT_FOUND for an invoice that no order has, DUPLICATE_TRANSACTION for a payment or transaction that is another's (both are told to
 *   operators), WRITE_CONFLICT, DATABASE_ERROR, StockDrift
 */
export async function applyTold(
  deps: ApplyDependencies,
  processor: string,
  told: Told,
  digest: string,
  hearing: Hearing,
): Promise<'applied' | 'already_known'> {
  const heardAtMs = deps.clock();
  const orderId = await orderOf(deps, processor, told.invoiceId);
  if (orderId === undefined) throw await reported(deps, noOrder(processor, told), hearing);
  const delivery: Delivery = { processor, told, heardAtMs, graceMs: deps.graceMs };
  const alerts: Alert[] = [];
  try {
    await settleOrder(
      deps,
      orderId,
      {
        actor: `${ACTOR}${processor}`,
        requestId: hearing.requestId,
        knownUntilMs: heardAtMs - deps.graceMs,
        deadline: hearing.deadline,
      },
      (order, payments) => seenOf({ order, payments }, delivery),
      (found, seen) => {
        alerts.length = 0;
        const alert = contradictionOf(deps, found, seen[0]);
        if (alert !== undefined) alerts.push(alert);
        return besideOf(deps, orderId, delivery, digest, alert);
      },
    );
  } catch (error) {
    if (error instanceof AlreadyKnown) {
      deps.metrics.count('PaymentWebhookRepeated');
      deps.log.write('PAYMENT_WEBHOOK_REPEATED', { processor, order_id: orderId, invoice_id: told.invoiceId });
      return 'already_known';
    }
    if (!(error instanceof Clash)) throw error;
    throw await reported(deps, error, hearing);
  }
  for (const alert of alerts) reportAlert(deps, alert);
  deps.metrics.count('PaymentWebhookApplied');
  deps.log.write('PAYMENT_WEBHOOK_APPLIED', {
    processor,
    order_id: orderId,
    invoice_id: told.invoiceId,
    payment_id: told.paymentId,
    event: told.event,
  });
  return 'applied';
}

async function orderOf(
  { client, tables }: ApplyDependencies,
  processor: string,
  invoiceId: string,
): Promise<string | undefined> {
  const row = await readItem(client, tables.shop, processorInvoiceKey(processor, invoiceId));
  return typeof row?.['order_id'] === 'string' ? row['order_id'] : undefined;
}

function storedOf({ payments }: Found, { processor, told }: Delivery): Payment | undefined {
  return payments.find(({ id }) => id === paymentIdOf(processor, told.paymentId));
}

function seenOf(found: Found, delivery: Delivery): readonly Payment[] {
  const payment = mergeTold(found.order, storedOf(found, delivery), delivery);
  return payment === undefined ? [] : [payment];
}

/** What is written with the order: the entry that says what was told, and the rows that keep it from being told twice. */
function besideOf(
  { tables }: ApplyDependencies,
  orderId: string,
  { processor, told }: Delivery,
  digest: string,
  alert: Alert | undefined,
): Beside {
  const { event, invoiceId, paymentId, transactionHash, currency, amount, confirmations } = told;
  const unseen = { ...NOT_EXISTS, showsExisting: false } as const;
  return {
    entry: {
      action: `payment.${event}_by_processor`,
      severity: alert === undefined ? 'INFO' : 'CRITICAL',
      detail: {
        processor,
        invoice_id: invoiceId,
        payment_id: paymentId,
        transaction_hash: transactionHash,
        asset: currency.asset,
        amount: amount.toString(),
        confirmations,
        delivery: digest,
      },
    },
    put(write, at) {
      const known = { ...processorDeliveryKey(processor, digest), order_id: orderId, received_at: at };
      write.put(tables.shop, known, () => new AlreadyKnown(`Delivery ${digest} was acted on`), unseen);
      if (event === 'invoice_expired') return;
      const payment = paymentIdOf(processor, paymentId);
      write.put(
        tables.shop,
        { ...processorPaymentKey(processor, paymentId), order_id: orderId },
        () => clash(processor, told, `payment ${paymentId}`),
        {
          expression: 'attribute_not_exists(pk) OR order_id = :order',
          values: { ':order': orderId },
          showsExisting: false,
        },
      );
      if (transactionHash !== null) {
        write.put(
          tables.shop,
          { ...processorTransactionKey(processor, transactionHash), payment_id: payment, order_id: orderId },
          () => clash(processor, told, `transaction ${transactionHash}`),
          {
            expression: 'attribute_not_exists(pk) OR payment_id = :payment',
            values: { ':payment': payment },
            showsExisting: false,
          },
        );
      }
      if (alert !== undefined) recordAlert(write, tables, alert);
    },
  };
}

/** That a payment was told to be final and to be otherwise: told once, with what makes it so. */
function contradictionOf(
  { newId, clock }: ApplyDependencies,
  { order, payments }: Found,
  after: Payment | undefined,
): Alert | undefined {
  if (after?.processor?.is_contradicted !== true) return undefined;
  if (payments.find(({ id }) => id === after.id)?.processor?.is_contradicted === true) return undefined;
  const { name, invoice_id } = after.processor;
  return {
    id: newId('alr'),
    severity: 'CRITICAL',
    category: 'payment_anomaly',
    summary: `${name} says of payment ${after.id} of order ${order.id} that it is final, and that it failed or is of another amount`,
    details: { order_id: order.id, payment_id: after.id, processor: name, invoice_id, amount: after.amount },
    dedupe_key: `payment-contradicted:${after.id}`.slice(0, MAX_DEDUPE_CHARS),
    occurred_at: isoTime(clock()),
  };
}

const MAX_DEDUPE_CHARS = 200;

/** What a processor tells cannot be: refused, and told to operators. */
class Clash extends HavenError {
  readonly alert: Pick<Alert, 'summary' | 'details' | 'dedupe_key'>;

  constructor(code: 'ORDER_NOT_FOUND' | 'DUPLICATE_TRANSACTION', message: string, alert: Clash['alert']) {
    super(code, message);
    this.name = 'Clash';
    this.alert = alert;
  }
}

function noOrder(processor: string, { invoiceId, event, paymentId }: Told): Clash {
  return new Clash('ORDER_NOT_FOUND', `No order has invoice ${invoiceId} of ${processor}`, {
    summary: `${processor} tells of invoice ${invoiceId}, which no order has`,
    details: { processor, invoice_id: invoiceId, payment_id: paymentId, event },
    dedupe_key: `processor-invoice:${processor}:${invoiceId}`.slice(0, MAX_DEDUPE_CHARS),
  });
}

function clash(processor: string, { invoiceId, paymentId, transactionHash }: Told, what: string): Clash {
  return new Clash('DUPLICATE_TRANSACTION', `The ${what} of ${processor} was told of for another order or payment`, {
    summary: `${processor} tells of ${what} twice, for different orders or payments: it counts for the first`,
    details: { processor, invoice_id: invoiceId, payment_id: paymentId, transaction_hash: transactionHash },
    dedupe_key: `processor-clash:${processor}:${paymentId}`.slice(0, MAX_DEDUPE_CHARS),
  });
}

/** Tells operators of what was refused: there is money that counts for nothing. */
async function reported(deps: ApplyDependencies, error: Clash, { deadline }: Hearing): Promise<Clash> {
  deps.metrics.count('PaymentWebhookUnmatched');
  const alert: Alert = {
    ...error.alert,
    id: deps.newId('alr'),
    severity: 'ERROR',
    category: 'payment_anomaly',
    occurred_at: isoTime(deps.clock()),
  };
  const write = new WriteTransaction();
  recordAlert(write, deps.tables, alert);
  await write.commit(deps.client, deadline, deps.wait);
  reportAlert(deps, alert);
  return error;
}
