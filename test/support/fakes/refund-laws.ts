import { expect } from 'vitest';
import * as z from 'zod';
import { auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { REFUND_KIND, refundWatcher } from '#shared/payments/refunds/refund.ts';
import { type Transaction, transactionSchema } from '#shared/transactions/transaction.ts';
import { isFinal } from '#shared/transactions/transition.ts';
import { plainItem } from './memory-dynamo.ts';
import type { RefundDesk } from './refund-desk.ts';
import { expectShopLaws } from './shop-laws.ts';

const amountSchema = z.object({ amount: z.string() });
const paidSchema = z.object({ amount_paid: z.string() });

/**
 * What holds of refunds at any moment, whoever was killed or raced: no more was accepted than there was when it was accepted, one at a time;
 * each is one transaction of the treasury's, and no transaction is of none; and all that holds of a shop, with every rule of
 * `npm run data:check` about refunds.
 *
 * @param isLost whether the test took money from the chain that may have been given back: only then may more have gone back than there is now
 */
export async function expectRefundLaws(desk: RefundDesk, { isLost = false } = {}): Promise<void> {
  await expectShopLaws(desk, { isLost });
  const sent = desk.dynamo
    .items('ledger')
    .map(plainItem)
    .filter(({ sk }) => sk === 'TX')
    .map((row) => transactionSchema.parse(row));
  const known: string[] = [];
  for (const { id } of desk.orders()) known.push(...(await expectOrder(desk, String(id), sent)));
  expect(sent.map(({ id }) => id).toSorted()).toEqual(known.toSorted());
}

async function expectOrder(desk: RefundDesk, id: string, sent: readonly Transaction[]): Promise<readonly string[]> {
  const { refunds } = await desk.read(id);
  const undelivered = desk.dynamo
    .items('ledger')
    .map(plainItem)
    .filter(({ sk }) => sk === 'OUTBOX')
    .map(({ subject }) => subject);
  for (const refund of refunds) {
    const transaction = sent.find((one) => one.id === refund.transaction_id);
    const isToken = refund.token_address !== null;
    expect(transaction).toMatchObject({
      watcher: refundWatcher(refund),
      reference: `${REFUND_KIND}:${refund.id}`,
      wallet_id: refund.wallet_id,
      to: isToken ? refund.token_address : refund.to,
      value: isToken ? '0' : refund.amount,
    });
    // Told of its end or not yet, and never otherwise than it was.
    const { status } = transaction ?? { status: 'queued' };
    if (!isFinal(status)) expect(refund.status).toBe('pending');
    else if (undelivered.includes(refundWatcher(refund))) expect(refund.status).toBe('pending');
    else expect(refund.status).toBe(status === 'confirmed' ? 'confirmed' : 'failed');
  }
  expectCovered(desk, id);
  return refunds.map(({ transaction_id }) => transaction_id);
}

/** Replays the order's stream: at no time was more given back, or on its way, than was there when it was accepted. */
function expectCovered(desk: RefundDesk, id: string): void {
  const entries = desk
    .rows('audit')
    .filter(({ pk }) => pk === id)
    .map((row) => auditEntrySchema.pick({ seq: true, action: true, detail: true }).parse(row))
    .toSorted((a, b) => a.seq - b.seq);
  let paid: bigint | undefined;
  let committed = 0n;
  for (const { action, detail } of entries) {
    const told = paidSchema.safeParse(detail).data?.amount_paid;
    if (told !== undefined) paid = BigInt(told);
    if (action === 'order.refund_failed') committed -= BigInt(amountSchema.parse(detail).amount);
    if (action !== 'order.refund_accepted') continue;
    committed += BigInt(amountSchema.parse(detail).amount);
    // Unknown where a test put the order in place as it is: then it has told the sum itself.
    if (paid !== undefined) expect(committed).toBeLessThanOrEqual(paid);
  }
}
