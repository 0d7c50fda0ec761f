import { describe, expect, it } from 'vitest';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { outboxKey } from '#shared/platform/outbox/outbox-message.ts';
import { replacementOf } from '#shared/transactions/lane/replacement.ts';
import { queueKey } from '#shared/transactions/ledger-items.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { advance, amend } from '#shared/transactions/transition.ts';
import { createChangeDesk } from '#test/support/fakes/change-desk.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { timeIs } from '#test/support/fakes/lane-situations.ts';
import { TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { attemptOf, mined, queued, submitted, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { ether, storedPolicy } from '#test/support/fakes/policies.ts';

const ID = transactionId(1);
const BY = { actor: 'lane-worker', request_id: 'invocation-1' };
const AT = isoTime(TEST_NOW_MS);
const WATCHER = 'redemption:red_1';
const OUTBOX = outboxKey(`transaction.ended#${ID}`);
const OTHER_KEY = { headers: { 'Idempotency-Key': 'k2' } };

/** Fee cap and gas: 42,000 wei of fees beside the 1,000 of value. */
const LIMITS = storedPolicy({ max_value_per_day: [ether(50_000n)], max_gas: 21_000, max_fee_per_gas: '2' });

function deskWith(transaction: Transaction) {
  const desk = createChangeDesk();
  desk.store(transaction);
  return desk;
}

/** A desk with a queued transaction that was accepted under daily limits, and is watched. */
async function limited() {
  const desk = createChangeDesk(LIMITS);
  const accepted = await desk.openProcess().accept({ value: '1000' });
  expect(desk.spent()).toBe(43_000n);
  const watched = { ...accepted, watcher: WATCHER };
  desk.store(watched);
  return { ...desk, transaction: watched };
}

/** The transaction as the lane signs it. */
function signedOf(transaction: Transaction) {
  const attempts = [attemptOf(5, { broadcast_at: null, outcome: 'signed' })];
  return advance(transaction, 'signed', { nonce: 5, hash: attempts[0]?.hash ?? null, attempts }, AT, BY);
}

describe('POST /transactions/{id}/cancel', () => {
  it('of a queued one takes it out of its queue, on record, and kicks its lane', async () => {
    const desk = deskWith(queued(1));
    const { statusCode, json } = await desk.ask(ID, 'cancel');
    expect([statusCode, json.status, json.cancellation.outcome]).toEqual([202, 'cancelled', 'won']);
    expect(desk.rowOf(queueKey(TEST_LANE, ID))).toBeUndefined();
    expect(desk.kicks).toEqual([{ kind: 'kick', lane: TEST_LANE, cause: 'request' }]);
    const last = (await desk.entries(ID)).at(-1);
    expect(last).toMatchObject({ action: 'transaction.cancelled', actor: 'key_tester' });
  });

  it('again with the same key is answered as before, though it has ended since', async () => {
    const desk = deskWith(queued(1));
    const first = await desk.ask(ID, 'cancel');
    const after = await desk.read(ID);
    const again = await desk.ask(ID, 'cancel');
    expect([again.statusCode, again.body]).toEqual([202, first.body]);
    expect(again.headers).toMatchObject({ 'Idempotent-Replayed': 'true' });
    expect(await desk.read(ID)).toEqual(after);
    expect(desk.kicks).toHaveLength(1);
    expect((await desk.ask(ID, 'cancel', OTHER_KEY)).json.error).toBe('INVALID_TRANSITION');
  });

  it('of a signed one again with the same key leaves one entry, with another key one more', async () => {
    const desk = deskWith(submitted(1));
    const asked = async () =>
      (await desk.entries(ID)).filter(({ action }) => action === 'transaction.cancel_requested').length;
    const first = await desk.ask(ID, 'cancel');
    expect(first.json).toMatchObject({ status: 'submitted', cancellation: { outcome: 'pending' } });
    expect((await desk.ask(ID, 'cancel')).body).toBe(first.body);
    expect(await asked()).toBe(1);
    await desk.ask(ID, 'cancel', OTHER_KEY);
    expect(await asked()).toBe(2);
    expect((await desk.read(ID)).cancellation).toEqual(first.json.cancellation);
  });

  it('with the key of another request is refused', async () => {
    const desk = deskWith(queued(1));
    desk.store(queued(2));
    await desk.ask(ID, 'cancel');
    expect((await desk.ask(transactionId(2), 'cancel')).json.error).toBe('IDEMPOTENCY_MISMATCH');
    expect((await desk.read(transactionId(2))).status).toBe('queued');
  });

  it('of ten at once with keys of their own ends it once', async () => {
    const desk = await limited();
    const keys = Array.from({ length: 10 }, (_, n) => ({ headers: { 'Idempotency-Key': `key-${n}` } }));
    const answers = await Promise.all(keys.map((key) => desk.ask(desk.transaction.id, 'cancel', key)));
    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(1);
    expect(answers.filter(({ json }) => json.error === 'INVALID_TRANSITION')).toHaveLength(9);
    expect(desk.spent()).toBe(0n);
  });

  it('that loses a race to the signature looks again, and asks for a no-op', async () => {
    const before = queued(1);
    const desk = deskWith(before);
    const { after } = signedOf(before);
    desk.letRivalsWrite(() => desk.store(after));
    const { statusCode, json } = await desk.ask(ID, 'cancel');
    expect([statusCode, json.status, json.cancellation.outcome]).toEqual([202, 'signed', 'pending']);
    expect(desk.writes()).toBe(2);
    expect(await desk.read(ID)).toMatchObject({ nonce: 5, attempts: after.attempts, version: after.version + 1 });
  });

  it('that loses a race to a block is too late, and stores nothing', async () => {
    const desk = deskWith(submitted(1));
    const rival = mined(1, 100);
    desk.letRivalsWrite(() => desk.store(rival));
    const { statusCode, json } = await desk.ask(ID, 'cancel');
    expect([statusCode, json.error]).toEqual([409, 'INVALID_TRANSITION']);
    expect(await desk.read(ID)).toEqual(rival);
    expect(desk.dynamo.items('ephemeral')).toEqual([]);
    expect(desk.kicks).toEqual([]);
  });

  it('that rivals always come before is WRITE_CONFLICT after eight tries: to be tried again, nothing stored', async () => {
    const before = submitted(1);
    const desk = deskWith(before);
    let current = before;
    const progress = () => {
      current = amend(current, { waiting_for: 'fees' }, AT).after;
      desk.store(current);
    };
    desk.letRivalsWrite(...Array.from({ length: 20 }, () => progress));
    const { statusCode, json, headers } = await desk.ask(ID, 'cancel');
    expect([statusCode, json.error]).toEqual([409, 'WRITE_CONFLICT']);
    expect(headers).toMatchObject({ 'Retry-After': '1' });
    expect(desk.writes()).toBe(8);
    expect(await desk.read(ID)).toEqual(current);
    expect(desk.dynamo.items('ephemeral')).toEqual([]);
    expect(desk.kicks).toEqual([]);
  });

  it('of what is not there is TRANSACTION_NOT_FOUND', async () => {
    expect((await createChangeDesk().ask(ID, 'cancel')).json.error).toBe('TRANSACTION_NOT_FOUND');
  });
});

describe('what a cancelled transaction took of daily limits', () => {
  it('is given back whole when it was never signed, once, and makes room at once', async () => {
    const desk = await limited();
    const other = desk.openProcess();
    await expect(other.accept({ value: '7001' })).rejects.toMatchObject({ code: 'POLICY_VIOLATION' });
    await desk.ask(desk.transaction.id, 'cancel');
    await desk.ask(desk.transaction.id, 'cancel');
    expect(desk.spent()).toBe(0n);
    await other.accept({ value: '7001' });
    expect(desk.spent()).toBe(49_001n);
  });

  it('is given back although another request is counted in the same moment', async () => {
    const desk = createChangeDesk(storedPolicy({ max_value_per_day: [ether(50n)], max_fee_per_gas: '0' }));
    const one = desk.openProcess();
    const transactions = await Promise.all(Array.from({ length: 10 }, () => one.accept({ value: '2' })));
    const cancels = transactions.map(({ id }, n) =>
      desk.ask(id, 'cancel', { headers: { 'Idempotency-Key': `c${n}` } }),
    );
    const accepts = Array.from({ length: 10 }, () => one.accept({ value: '3' }));
    expect((await Promise.all(cancels)).map(({ statusCode }) => statusCode)).toEqual(cancels.map(() => 202));
    await Promise.all(accepts);
    expect(desk.spent()).toBe(30n);
  });

  it('stays taken while a signed one may still be mined, and when the signature came first', async () => {
    const desk = await limited();
    desk.letRivalsWrite(() => desk.store(signedOf(desk.transaction).after));
    expect((await desk.ask(desk.transaction.id, 'cancel')).json.status).toBe('signed');
    expect(desk.spent()).toBe(43_000n);
  });
});

describe('who watches a transaction', () => {
  it('is told through the outbox that it was cancelled in the queue, once', async () => {
    const desk = deskWith(queued(1, { watcher: WATCHER }));
    await desk.ask(ID, 'cancel');
    await desk.ask(ID, 'cancel');
    expect(desk.rowOf(OUTBOX)).toMatchObject({
      subject: WATCHER,
      fact: { type: 'transaction.ended', transaction_id: ID, status: 'cancelled', failure: null },
    });
    // At once, not with the schedule; a repeat ends nothing.
    expect(desk.woken).toEqual([[`transaction.ended#${ID}`]]);
    await desk.ask(ID, 'cancel');
    expect(desk.woken).toHaveLength(1);
  });

  it('does not cost a wake when nobody watches, or more speed is asked for', async () => {
    const unwatched = deskWith(queued(1));
    await unwatched.ask(ID, 'cancel');
    const faster = deskWith(queued(1, { watcher: WATCHER }));
    await faster.ask(ID, 'accelerate');
    expect([...unwatched.woken, ...faster.woken]).toEqual([]);
  });

  it('is told nothing while a signed one may still be mined', async () => {
    const desk = deskWith(submitted(1, { watcher: WATCHER }));
    await desk.ask(ID, 'cancel');
    expect(desk.rowOf(OUTBOX)).toBeUndefined();
    expect(desk.woken).toEqual([]);
  });
});

describe('POST /transactions/{id}/accelerate', () => {
  it('makes a submitted one due at the fastest speed, on record, and kicks its lane', async () => {
    const desk = deskWith(submitted(1));
    const { statusCode, json } = await desk.ask(ID, 'accelerate');
    expect([statusCode, json.status, json.speed]).toEqual([202, 'submitted', 'fastest']);
    expect(replacementOf(await desk.read(ID), 100, timeIs(TEST_NOW_MS))).toMatchObject({ cause: 'accelerated' });
    expect(desk.kicks).toEqual([{ kind: 'kick', lane: TEST_LANE, cause: 'request' }]);
  });

  it('again with the same key asks for nothing more', async () => {
    const desk = deskWith(submitted(1));
    const first = await desk.ask(ID, 'accelerate', { body: { speed: 'fast' } });
    const after = await desk.read(ID);
    desk.clock.advance(60_000);
    const again = await desk.ask(ID, 'accelerate', { body: { speed: 'fast' } });
    expect(again.body).toBe(first.body);
    expect(await desk.read(ID)).toEqual(after);
    expect((await desk.ask(ID, 'accelerate', { body: { speed: 'fastest' } })).json.error).toBe('IDEMPOTENCY_MISMATCH');
  });

  it('that loses a race looks again, and changes the speed of what it finds then', async () => {
    const before = queued(1);
    const desk = deskWith(before);
    desk.letRivalsWrite(() => desk.store(signedOf(before).after));
    const { json } = await desk.ask(ID, 'accelerate');
    expect(json).toMatchObject({ status: 'signed', nonce: 5, speed: 'fastest' });
    const { accelerated_at, attempts } = await desk.read(ID);
    expect(String(accelerated_at) > String(attempts[0]?.signed_at)).toBe(true);
  });

  it('is too late for what is mined', async () => {
    const desk = deskWith(mined(1, 100));
    expect((await desk.ask(ID, 'accelerate')).json.error).toBe('INVALID_TRANSITION');
  });

  it.each(['cancel', 'accelerate'] as const)('leaves, like cancelling, a stream that verifies (%s)', async (what) => {
    const desk = createChangeDesk();
    const accepted = await desk.openProcess().accept();
    await desk.ask(accepted.id, what);
    expect(firstBreak(accepted.id, await desk.stored(accepted.id), await desk.read(accepted.id))).toBeNull();
  });
});
