import type { Alert } from '#shared/alerts/alert.ts';
import { recordAlert, reportAlert } from '#shared/alerts/record-alert.ts';
import type { Order, Payment } from '#shared/orders/order.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { ScanPass } from './scan-context.ts';
import type { ScanCursor } from './scan-cursor.ts';

/** Payments of which this process has told that endpoints contradict each other; each pass finds the same. */
const told = new Set<string>();
/** More contradictions than that at once are one story. */
const MAX_TOLD = 1_000;

/**
 * Tells operators that endpoints contradict each other about a payment: it is not confirmed before they agree. Once for each process; what tells
 * alerts holds back the same of others for a while.
 */
export async function noteDisputedPayment(
  pass: ScanPass,
  order: Order,
  payment: Payment,
  endpoint: string,
): Promise<void> {
  const { deps, chain } = pass;
  const names = { chain_id: chain.chain_id, order_id: order.id, payment_id: payment.id };
  deps.metrics.count('PaymentDisputed');
  deps.log.write('PAYMENT_DISPUTED', { ...names, endpoint });
  if (told.has(payment.id)) return;
  if (told.size >= MAX_TOLD) told.clear();
  told.add(payment.id);
  await tell(pass, {
    severity: 'ERROR',
    category: 'payment_anomaly',
    summary: 'RPC endpoints contradict each other about a payment: it is not confirmed until they agree',
    details: { ...names, amount: payment.amount, on_chain: payment.on_chain, other_endpoint: endpoint },
    dedupe_key: `payment#disputed#${payment.id}`,
  });
}

/** Tells operators that a chain has left everything that was known of it: what was confirmed before may be gone. */
export async function noteDeepReorg(pass: ScanPass, cursor: ScanCursor, start: number): Promise<void> {
  const { deps, chain } = pass;
  const names = { chain_id: chain.chain_id, from: cursor.number, start };
  deps.metrics.count('PaymentScanDeepReorg');
  deps.log.write('PAYMENT_SCAN_DEEP_REORG', names);
  await tell(pass, {
    severity: 'CRITICAL',
    category: 'payment_anomaly',
    summary: 'A chain has left every block that was known of it: payments that were confirmed may be gone',
    details: { ...names, last_hash: cursor.hash },
    dedupe_key: `payment#deep-reorg#${chain.chain_id}#${cursor.hash}`,
  });
}

async function tell({ deps, deadline }: ScanPass, facts: Omit<Alert, 'id' | 'occurred_at'>): Promise<void> {
  const alert: Alert = { id: deps.newId('alr'), occurred_at: isoTime(deps.clock()), ...facts };
  const write = new WriteTransaction();
  recordAlert(write, deps.tables, alert);
  await write.commit(deps.client, deadline, deps.wait);
  reportAlert(deps, alert);
}
