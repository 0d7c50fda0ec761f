import { describe, expect, it } from 'vitest';
import { auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { PASS_BUDGET_MS, QUEUE_POLL_MS, RPC_RETRY_MS, STAY_MS } from '#shared/transactions/lane/driver.ts';
import { laneName, newLane } from '#shared/transactions/lane/lane.ts';
import { LaneRaced } from '#shared/transactions/lane/lane-store.ts';
import { HELD_RETRY_MS } from '#shared/transactions/lane/run-pass.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TEST_WALLET, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { createLaneBench } from '#test/support/model/lane-bench.ts';
import { MODEL_LANE } from '#test/support/model/lane-ledger.ts';
import { MODEL_DATA } from '#test/support/model/model-node.ts';

const SLOW_CHAIN = { block_time_ms: 12_000 };

describe('a run', () => {
  it('of a lane without work rests at once, and asks the chain nothing', async () => {
    const bench = createLaneBench();
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.asked).toEqual([]);
  });

  it('takes a transaction through its whole life', async () => {
    const bench = createLaneBench();
    bench.accept(1);
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.transaction(1)).toMatchObject({ status: 'confirmed', nonce: 0, succeeded: true, gas_used: '21000' });
    expect(bench.metrics.counts()).toEqual({ TransactionSigned: 1, TransactionConfirmed: 1 });
  });

  it('takes a transaction that reverts on chain to its end, and says so', async () => {
    const bench = createLaneBench();
    bench.accept(1, { data: MODEL_DATA.revertsLate });
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({
      status: 'reverted',
      succeeded: false,
      failure: { code: 'CONTRACT_REVERT' },
    });
    expect(bench.metrics.counts()).toMatchObject({ TransactionReverted: 1 });
  });

  it('ends a transaction that cannot succeed before it is signed, and goes on with the next', async () => {
    const bench = createLaneBench();
    bench.accept(1, { data: MODEL_DATA.refused });
    bench.accept(2);
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.transaction(1)).toMatchObject({
      status: 'failed',
      nonce: null,
      attempts: [],
      failure: { code: 'CONTRACT_REVERT', message: 'execution reverted' },
    });
    expect(bench.transaction(2)).toMatchObject({ status: 'confirmed', nonce: 0 });
    expect(bench.metrics.counts()).toMatchObject({ TransactionFailed: 1, TransactionConfirmed: 1 });
  });

  it('expires what may no longer be signed', async () => {
    const bench = createLaneBench();
    bench.accept(1, { valid_until: isoTime(TEST_NOW_MS) });
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.transaction(1)).toMatchObject({ status: 'expired', failure: { code: 'TRANSACTION_TIMEOUT' } });
  });

  it('puts no signed bytes into the log', async () => {
    const bench = createLaneBench();
    bench.accept(1);
    await bench.run();
    const [bytes = 'none'] = bench.ledger.bytes.values();
    expect(bench.log.everything()).not.toContain(bytes.slice(4, 60));
  });
});

describe('waiting', () => {
  it('for longer than a driver stays is given back as work that is due', async () => {
    const bench = createLaneBench({ chain: SLOW_CHAIN });
    bench.accept(1);
    expect(await bench.run()).toEqual({ kind: 'due', inMs: 6_000 });
    expect(bench.slept).toEqual([]);
  });

  it('for less is done in place, in short steps', async () => {
    const bench = createLaneBench();
    bench.accept(1);
    await bench.run();
    expect(Math.max(...bench.slept)).toBe(QUEUE_POLL_MS);
  });

  it('ends as soon as something new is queued', async () => {
    let accepted = false;
    const bench = createLaneBench({
      onSleep() {
        if (!accepted) bench.accept(2);
        accepted = true;
      },
    });
    bench.accept(1);
    await bench.run();
    const [attempt] = bench.transaction(2).attempts;
    expect(Date.parse(attempt?.signed_at ?? '') - TEST_NOW_MS).toBe(QUEUE_POLL_MS);
  });

  it('is no shorter because of what was queued before and cannot be sent yet', async () => {
    const bench = createLaneBench({ chain: { in_flight_cap: 1 } });
    bench.chain.stall(3);
    bench.accept(1);
    bench.accept(2);
    await bench.run();
    const stalledMs = 3 * 2_000;
    const looks = bench.asked.filter((methods) => methods.includes('eth_getTransactionCount'));
    // Half a block apart while nothing is mined; a second transaction follows the first.
    expect(looks.length).toBeLessThanOrEqual(2 * (stalledMs / 1_000) + 8);
  });

  it('is not begun when the time that is left would not allow a pass after it', async () => {
    const bench = createLaneBench();
    bench.accept(1);
    expect(await bench.run(PASS_BUDGET_MS + 500)).toEqual({ kind: 'due', inMs: 1_000 });
  });
});

describe('the deadline', () => {
  it('stops a run before a pass that it would cut short', async () => {
    const bench = createLaneBench();
    bench.accept(1);
    expect(await bench.run(PASS_BUDGET_MS - 1)).toEqual({ kind: 'unfinished' });
    expect(bench.asked).toEqual([]);
    expect(bench.transaction(1).status).toBe('queued');
  });
});

describe('a chain that has used fewer nonces than the lane has counted', () => {
  it('is not sent anything before as many blocks as make a transaction final have shown it', async () => {
    const bench = createLaneBench({ chain: SLOW_CHAIN });
    bench.accept(1);
    const lane = { ...newLane(MODEL_LANE, TEST_WALLET.id), next_nonce: 5, version: 1 };
    bench.ledger.lanes.set(laneName(MODEL_LANE), lane);
    expect((await bench.run()).kind).toBe('due');
    expect(bench.transaction(1)).toMatchObject({ status: 'queued', nonce: null });
    expect(bench.log.of('NONCE_GAP_SEEN')).toMatchObject([{ nonce: 0, next_nonce: 5 }]);
    expect(bench.log.of('ALERT_RECORDED')).toMatchObject([{ category: 'nonce_gap', severity: 'WARNING' }]);
    bench.pass(3 * 12_000);
    await bench.run();
    expect(bench.transaction(1)).toMatchObject({ status: 'submitted', nonce: 0 });
  });
});

describe('a failure', () => {
  it.each([
    ['the node gives no answer', () => new RpcTransportError('no route'), RPC_RETRY_MS],
    ['an audit stream was written by another', () => new HavenError('WRITE_CONFLICT', 'try again'), STAY_MS],
  ])('that passes gives the work back for later: %s', async (_name, failure, inMs) => {
    const bench = createLaneBench({ store: () => ({ load: () => Promise.reject(failure()) }) });
    bench.accept(1);
    expect(await bench.run()).toEqual({ kind: 'due', inMs });
  });

  it('of all endpoints, which serve another chain, is said on what waits', async () => {
    const bench = createLaneBench({ answer: () => new HavenError('CONFIGURATION', 'They serve chain 5') });
    bench.accept(1);
    await caughtLater(HavenError, () => bench.run());
    expect(bench.transaction(1).waiting_for).toBe('circuit');
  });

  it('of the node holds the lane, for all to see, and is counted for an alarm', async () => {
    const bench = createLaneBench({ answer: () => new RpcTransportError('no route') });
    bench.accept(1);
    await bench.run();
    expect(bench.log.of('LANE_HELD')).toMatchObject([
      { waiting_for: 'circuit', transaction_id: bench.transaction(1).id },
      { waiting_for: 'circuit' },
    ]);
    expect(bench.transaction(1).waiting_for).toBe('circuit');
    expect(bench.metrics.counts()).toEqual({ RpcUnavailable: 1, LaneHeld: 1 });
  });

  it.each([
    ['a key that cannot be decrypted', new HavenError('KEY_DECRYPTION_FAILED', 'no')],
    ['a database that is down', new HavenError('DATABASE_ERROR', 'no')],
    ['a bug', new TypeError('no')],
  ])('that does not pass by itself is thrown on: %s', async (_name, failure) => {
    const bench = createLaneBench({ signer: { sign: () => Promise.reject(failure) } });
    bench.accept(1);
    expect(await caughtLater(Error, () => bench.run())).toBe(failure);
    expect(bench.transaction(1)).toMatchObject({ status: 'queued', nonce: null });
  });

  it('to decrypt a key is on the audit stream of its wallet before it is thrown on', async () => {
    const failure = new HavenError('KEY_DECRYPTION_FAILED', 'The key is not that of its address');
    const bench = createLaneBench({ signer: { sign: () => Promise.reject(failure) } });
    bench.accept(1);
    await caughtLater(HavenError, () => bench.run());
    const entries = (bench.ledger.streams.get(TEST_WALLET.id) ?? []).map((entry) => auditEntrySchema.parse(entry));
    expect(entries).toMatchObject([
      {
        action: 'key.refused',
        severity: 'CRITICAL',
        reason: 'The key is not that of its address',
        detail: { transactions: [bench.transaction(1).id] },
      },
    ]);
    expect(bench.metrics.counts()).toEqual({ KeyRefused: 1, LaneHeld: 1 });
    expect(bench.transaction(1).waiting_for).toBe('custody');
    await caughtLater(HavenError, () => bench.run());
    expect(bench.ledger.streams.get(TEST_WALLET.id)).toHaveLength(1);
  });

  it('to find stored bytes is thrown on: other bytes must never take their place', async () => {
    const bench = createLaneBench({ store: () => ({ signedBytes: async () => new Map() }), chain: SLOW_CHAIN });
    bench.accept(1);
    await bench.run();
    bench.chain.forgetPool();
    bench.chain.stall(20);
    bench.pass(120_000);
    await expect(bench.run()).rejects.toThrow('missing');
  });
});

describe('a lost race', () => {
  const racing = (times: number) => {
    let left = times;
    return createLaneBench({
      store: (real) => ({
        claim(...call) {
          left -= 1;
          return left >= 0 ? Promise.reject(new LaneRaced('the lane')) : real.claim(...call);
        },
      }),
    });
  };

  it('is followed by another look at once', async () => {
    const bench = racing(4);
    bench.accept(1);
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.log.of('LANE_RACED')).toHaveLength(4);
    expect(bench.transaction(1).status).toBe('confirmed');
  });

  it('ends the run when it is the fifth in a row: others are at work', async () => {
    const bench = racing(5);
    bench.accept(1);
    expect(await bench.run()).toEqual({ kind: 'due', inMs: STAY_MS });
    expect(bench.transaction(1).status).toBe('queued');
  });
});

describe('a lane that is held', () => {
  it('because its wallet is paused says so once, on the transaction and in the log', async () => {
    const bench = createLaneBench();
    bench.ledger.custody.set(TEST_WALLET.id, unusedCustody({ paused: true }));
    bench.accept(1);
    expect(await bench.run()).toEqual({ kind: 'due', inMs: HELD_RETRY_MS });
    expect(await bench.run()).toEqual({ kind: 'due', inMs: HELD_RETRY_MS });
    expect(bench.transaction(1)).toMatchObject({ status: 'queued', waiting_for: 'custody', version: 2 });
    expect(bench.log.of('LANE_HELD')).toHaveLength(1);
    expect(bench.metrics.counts()).toEqual({ LaneHeld: 1 });
  });

  it('for lack of money names what is missing, and goes on when it is there', async () => {
    const bench = createLaneBench({ balanceWei: 0n });
    bench.accept(1);
    await bench.run();
    expect(bench.transaction(1).waiting_for).toBe('funds');
    expect(bench.log.of('LANE_HELD')).toMatchObject([{ missing_wei: '63000000000001' }]);
    bench.chain.credit(10n ** 18n);
    expect(await bench.run()).toEqual({ kind: 'rest' });
    expect(bench.transaction(1)).toMatchObject({ status: 'confirmed', waiting_for: null });
  });
});
