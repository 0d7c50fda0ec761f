import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { noticeOf, transactionEventSchema, transactionNoticeSchema } from '#shared/transactions/event-notice.ts';
import { createTransactionNoticeStore } from '#shared/transactions/event-notice-store.ts';
import { createLaneStore } from '#shared/transactions/lane/dynamo-lane-store.ts';
import { transactionSchema } from '#shared/transactions/transaction.ts';
import { actionOf, advance, amend, note, transitions } from '#shared/transactions/transition.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { laneTables } from '#test/support/fakes/lane-tables.ts';
import { mined, queued, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const AT = isoTime(TEST_NOW_MS);
const BY = { actor: 'lane-worker', request_id: 'invocation-1' };
const DEADLINE = Deadline.in(1_000, createFakeClock().now);
const TOLD = { tells_events: true } as const;
const everyTransition = transactionSchema.shape.status.options.flatMap((from) =>
  transitions[from].map((to) => [from, to] as const),
);

describe('an event of a transaction', () => {
  it.each(everyTransition)('is made of a change from %s to %s if it is one that integrators hear of', (from, to) => {
    const notice = noticeOf(advance(queued(1, { status: from, ...TOLD }), to, {}, AT, BY));
    const action = actionOf(from, to);
    if (!transactionEventSchema.safeParse(action).success) {
      expect(notice).toBeUndefined();
      return;
    }
    expect(notice).toMatchObject({ event: action, created_at: AT, transaction: { id: transactionId(1), status: to } });
  });

  it('is made of another signed version, and of no change of facts alone', () => {
    const before = queued(1, { status: 'submitted', ...TOLD });
    const replaced = noticeOf(note(before, 'transaction.replaced', { hash: '0x1' }, AT, BY, {}));
    expect(replaced).toMatchObject({ event: 'transaction.replaced', transaction: { hash: '0x1' } });
    expect(noticeOf(note(before, 'transaction.accelerated', {}, AT, BY, {}))).toBeUndefined();
    expect(noticeOf(amend(before, { confirmations: 2 }, AT))).toBeUndefined();
  });

  it('is made of no transaction of which nobody asked to be told', () => {
    expect(noticeOf(advance(mined(1, 100), 'confirmed', {}, AT, BY))).toBeUndefined();
  });

  it('has one id for one version, and another for the next', () => {
    const [first, again] = [1, 2].map(() => noticeOf(advance(mined(1, 100, TOLD), 'confirmed', {}, AT, BY))?.id);
    expect(first).toMatch(/^evt_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(again).toBe(first);
    expect(noticeOf(advance(mined(1, 100, { ...TOLD, version: 9 }), 'confirmed', {}, AT, BY))?.id).not.toBe(first);
  });

  it('says what the API shows, and neither calldata nor what only the lane needs', () => {
    const secret = 'canary';
    const before = mined(1, 100, { ...TOLD, data: `0x${secret}`, watcher: `redemption:${secret}`, max_gas: secret });
    const text = JSON.stringify(noticeOf(advance(before, 'confirmed', {}, AT, BY)));
    expect(text).not.toContain(secret);
    expect(text).not.toMatch(/attempts|prev_hash|tells_events|reservation/);
  });
});

describe('a lane that stores what integrators are told of', () => {
  it('stores the notice in the same write, where who tells finds it', async () => {
    const all = [mined(1, 100, TOLD), mined(2, 100)];
    const { aws, state } = laneTables(all);
    const client = scriptedDocumentClient(aws);
    const store = createLaneStore(client, { ledger: 'ledger', audit: 'audit', logs: 'logs' });
    const ends = all.map((transaction) => advance(transaction, 'confirmed', {}, AT, BY));
    await store.apply(state, ends, [], DEADLINE);
    expect(aws.requests).toHaveLength(1);
    const notices = createTransactionNoticeStore(client, 'ledger');
    const [id, ...others] = await notices.waiting(10);
    expect(others).toEqual([]);
    const [told] = ends;
    const wanted = told === undefined ? undefined : noticeOf(told);
    expect(await notices.get(id ?? '')).toEqual(transactionNoticeSchema.parse(wanted));
  });

  it('of as many watched transactions as there may be stays below the limit of DynamoDB', async () => {
    const all = Array.from({ length: 60 }, (_, n) => mined(n, 100, { ...TOLD, watcher: 'redemption:red_1' }));
    const { store, state, aws } = laneTables(all);
    const ends = all.map((transaction) => advance(transaction, 'confirmed', {}, AT, BY));
    await store.apply(state, ends, [], DEADLINE);
    const sizes = aws.requests.map(({ body }) => [body['TransactItems']].flat().length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(73);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(60 * 4 + sizes.length);
  });
});
