import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { outboxItem } from '#shared/platform/outbox/outbox-message.ts';
import { createLaneStore } from '#shared/transactions/lane/dynamo-lane-store.ts';
import { type TransactionStatus, transactionSchema } from '#shared/transactions/transaction.ts';
import { advance, amend, transitions } from '#shared/transactions/transition.ts';
import { endMessage, transactionEndedSchema } from '#shared/transactions/watcher.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { laneTables } from '#test/support/fakes/lane-tables.ts';
import { mined, queued, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const AT = isoTime(TEST_NOW_MS);
const BY = { actor: 'lane-worker', request_id: 'invocation-1' };
const DEADLINE = Deadline.in(1_000, createFakeClock().now);
const WATCHER = 'redemption:red_1';
const ENDS: readonly TransactionStatus[] = ['confirmed', 'reverted', 'failed', 'cancelled', 'expired'];
const everyTransition = transactionSchema.shape.status.options.flatMap((from) =>
  transitions[from].map((to) => [from, to] as const),
);

describe('the watcher of a transaction', () => {
  it.each(everyTransition)('from %s to %s is told of ends only', (from, to) => {
    const change = advance(queued(1, { status: from, watcher: WATCHER }), to, {}, AT, BY);
    const message = endMessage(change);
    if (!ENDS.includes(to)) {
      expect(message).toBeUndefined();
      return;
    }
    expect(message).toMatchObject({ id: `transaction.ended#${transactionId(1)}`, subject: WATCHER, created_at: AT });
    expect(transactionEndedSchema.parse(message?.fact)).toEqual({
      type: 'transaction.ended',
      transaction_id: transactionId(1),
      status: to,
      failure: null,
    });
  });

  it('is not told again when facts of an ended transaction change', () => {
    const ended = queued(1, { status: 'confirmed', watcher: WATCHER });
    expect(endMessage(amend(ended, { confirmations: 9 }, AT))).toBeUndefined();
  });

  it('is nobody in rows from before there were any', () => {
    const { watcher: _watcher, ...old } = queued(1);
    expect(transactionSchema.parse(old).watcher).toBeNull();
  });

  it.each(['queued', 'signed', 'submitted', 'mined'])('is told of no end that is %s', (status) => {
    const fact = { type: 'transaction.ended', transaction_id: 'tx', status, failure: null };
    expect(transactionEndedSchema.safeParse(fact).success).toBe(false);
  });
});

describe('a lane that stores an end', () => {
  /** A lane with one watched transaction and one that nobody watches, and what it woke. */
  function lane() {
    const all = [mined(1, 100, { watcher: WATCHER }), mined(2, 100)];
    const tables = laneTables(all);
    const woken: (readonly string[])[] = [];
    const wake = async (ids: readonly string[]) => {
      woken.push(ids);
    };
    const client = scriptedDocumentClient(tables.aws);
    const store = createLaneStore(client, { ledger: 'ledger', audit: 'audit', logs: 'logs' }, { wake });
    const ends = all.map((transaction) => advance(transaction, 'confirmed', {}, AT, BY));
    return { ...tables, store, woken, ends };
  }

  it('leaves it in the outbox in the same transaction for who watches, and wakes the worker after it', async () => {
    const { store, state, ends, aws, dynamo, woken } = lane();
    await store.apply(state, ends, [], DEADLINE);
    const [first] = ends;
    const message = first === undefined ? undefined : endMessage(first);
    expect(message).toBeDefined();
    expect(aws.requests).toHaveLength(1);
    const stored = dynamo.items('ledger').filter(({ sk }) => JSON.stringify(sk) === '{"S":"OUTBOX"}');
    expect(stored).toHaveLength(1);
    expect(stored[0]).toMatchObject({
      subject: { S: WATCHER },
      gsi1pk: { S: message === undefined ? '' : outboxItem(message).gsi1pk },
    });
    expect(woken).toEqual([[`transaction.ended#${transactionId(1)}`]]);
  });

  it('that lost a race leaves nothing and wakes nobody', async () => {
    const { store, state, ends, dynamo, woken } = lane();
    await expect(store.apply({ ...state, version: 9 }, ends, [], DEADLINE)).rejects.toThrow('Raced');
    expect(dynamo.items('ledger').filter(({ sk }) => JSON.stringify(sk) === '{"S":"OUTBOX"}')).toEqual([]);
    expect(woken).toEqual([]);
  });

  it('of as many watched transactions as there may be stays below the limit of DynamoDB', async () => {
    const all = Array.from({ length: 60 }, (_, n) => mined(n, 100, { watcher: WATCHER }));
    const { store, state, aws } = laneTables(all);
    const ends = all.map((transaction) => advance(transaction, 'confirmed', {}, AT, BY));
    await store.apply(state, ends, [], DEADLINE);
    const sizes = aws.requests.map(({ body }) => [body['TransactItems']].flat().length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(60 * 3 + sizes.length);
  });
});
