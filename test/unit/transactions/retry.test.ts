import { describe, expect, it } from 'vitest';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { referenceKey, transactionItem } from '#shared/transactions/ledger-items.ts';
import { type RetryWish, retryTransaction } from '#shared/transactions/retry.ts';
import { type Transaction, transactionStatusSchema } from '#shared/transactions/transaction.ts';
import { transitions } from '#shared/transactions/transition.ts';
import { createBatchDesk } from '#test/support/fakes/batch-desk.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { queued, transactionId } from '#test/support/fakes/ledger-transactions.ts';

const ID = transactionId(1);
const WISH: RetryWish = { reference: null, validUntil: null };
const ENDED = queued(1, {
  status: 'failed',
  reference: 'payout-1',
  valid_until: '2026-11-01T00:00:00.000Z',
  data: '0xab',
});

function desk(original: Transaction, stage: { readonly tellsEvents?: boolean } = {}) {
  const { dynamo, process, calls } = createBatchDesk();
  dynamo.put('ledger', transactionItem(original));
  if (original.reference !== null) {
    dynamo.put('ledger', { ...referenceKey(original.reference), transaction_id: original.id });
  }
  const retry = (wish: Partial<RetryWish> = {}, key?: string) => {
    const { deps, context } = process();
    return retryTransaction({ ...deps, ...stage }, original.id, { ...WISH, ...wish }, context(key));
  };
  const read = (id: string) => process().deps.transactions.get(id);
  return { dynamo, calls, retry, read };
}

describe('retrying an ended transaction', () => {
  it.each(['failed', 'expired', 'cancelled', 'reverted'] as const)(
    'that is %s accepts its intent again',
    async (status) => {
      const { retry, read, calls } = desk({ ...ENDED, status });
      const { outcome, transaction } = await retry();
      const { wallet_id, chain_id, from, to, value, data, speed } = ENDED;
      expect(outcome).toBe('accepted');
      expect(await read(transaction.id)).toMatchObject({
        ...{ wallet_id, chain_id, from, to, value, data, speed },
        status: 'queued',
        nonce: null,
        retry_of: ID,
      });
      expect(calls).toMatchObject([{ kind: 'kick', cause: 'accept' }]);
    },
  );

  it('links both, with an entry on either stream, and leaves the end of the original as it was', async () => {
    const { retry, read, dynamo } = desk(ENDED);
    const { transaction } = await retry();
    expect(await read(ID)).toEqual({
      ...ENDED,
      audit_seq: 2,
      audit_hash: expect.any(String),
      retried_by: transaction.id,
      version: ENDED.version + 1,
    });
    const entries = dynamo.items('audit').map((entry) => JSON.stringify(entry));
    expect(entries.filter((entry) => entry.includes('transaction.retried'))).toHaveLength(1);
    expect(entries.filter((entry) => entry.includes('retry_of') && entry.includes(ID))).toHaveLength(1);
  });

  it('leaves the reference and valid_until with the original unless others are given', async () => {
    const first = await desk(ENDED).retry();
    expect(first.transaction).toMatchObject({ reference: null, valid_until: null });
    const { retry, dynamo } = desk(ENDED);
    const wish = { reference: 'payout-1-again', validUntil: '2027-01-01T00:00:00.000Z', speed: 'fastest' as const };
    expect((await retry(wish)).transaction).toMatchObject({
      reference: 'payout-1-again',
      valid_until: wish.validUntil,
      speed: 'fastest',
    });
    expect(dynamo.items('ledger').filter((item) => JSON.stringify(item).includes('"REFERENCE"'))).toHaveLength(2);
  });

  it.each([true, false])('is told of as the original was: %s', async (tells_events) => {
    const { retry, read } = desk({ ...ENDED, tells_events });
    expect(await read((await retry()).transaction.id)).toMatchObject({ tells_events });
  });

  it('is not told of where the original was not, although the stage says by now that all are', async () => {
    const { retry, read } = desk(ENDED, { tellsEvents: true });
    expect(await read((await retry()).transaction.id)).toMatchObject({ tells_events: false });
  });

  it("refuses the original's own reference: it is not free", async () => {
    const error = await caughtLater(HavenError, () => desk(ENDED).retry({ reference: 'payout-1' }));
    expect(error.code).toBe('DUPLICATE_REFERENCE');
  });

  it('happens once, however many ask with keys of their own', async () => {
    const { retry, dynamo, read } = desk(ENDED);
    const asked = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => retry({}, `key-${n}`)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of asked) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'INVALID_TRANSITION' });
    }
    expect(dynamo.items('ledger').filter(({ sk }) => JSON.stringify(sk) === '{"S":"TX"}')).toHaveLength(2);
    const { retried_by } = await read(ID);
    const late = await caughtLater(HavenError, () => retry({}, 'late'));
    expect(late.details).toMatchObject({ transaction_id: ID, retried_by });
  });
});

describe('retrying', () => {
  it('one that was changed otherwise meanwhile is to be tried again, and names no successor', async () => {
    const { dynamo, process } = createBatchDesk();
    dynamo.put('ledger', transactionItem(ENDED));
    const { deps, context } = process();
    const get = async (id: string) => {
      const original = await deps.transactions.get(id);
      dynamo.put('ledger', transactionItem({ ...original, version: original.version + 1 }));
      return original;
    };
    const error = await caughtLater(HavenError, () =>
      retryTransaction({ ...deps, transactions: { get } }, ID, WISH, context()),
    );
    expect(error).toMatchObject({ code: 'WRITE_CONFLICT', retryAfterSeconds: 1, details: {} });
  });

  it('a confirmed transaction is INVALID_TRANSITION, and nothing is stored', async () => {
    const { retry, dynamo, calls } = desk({ ...ENDED, status: 'confirmed' });
    const before = dynamo.items('ledger').length;
    expect(await caughtLater(HavenError, () => retry())).toMatchObject({ code: 'INVALID_TRANSITION' });
    expect(dynamo.items('ledger')).toHaveLength(before);
    expect(calls).toEqual([]);
  });

  const open = Object.entries(transitions).flatMap(([status, next]) => (next.length > 0 ? [status] : []));
  it.each(open)('an open one (%s) kicks its lane, says so, and changes nothing', async (status) => {
    const original = { ...ENDED, status: transactionStatusSchema.parse(status) };
    const { retry, read, calls } = desk(original);
    expect(await retry()).toEqual({ outcome: 'kicked', transaction: original });
    expect(calls).toMatchObject([{ kind: 'kick', lane: { chain_id: original.chain_id, address: original.from } }]);
    expect(await read(ID)).toEqual(original);
  });

  it('an open one again with the same key stays a kick though it has ended since', async () => {
    const { retry, dynamo } = desk({ ...ENDED, status: 'submitted' });
    await retry();
    dynamo.put('ledger', transactionItem(ENDED));
    expect((await caughtLater(IdempotentReplay, () => retry())).answer.body).toMatchObject({ outcome: 'kicked' });
  });

  it('what is not there is TRANSACTION_NOT_FOUND', async () => {
    const { deps, context } = createBatchDesk().process();
    const error = await caughtLater(HavenError, () => retryTransaction(deps, transactionId(7), WISH, context()));
    expect(error.code).toBe('TRANSACTION_NOT_FOUND');
  });
});
