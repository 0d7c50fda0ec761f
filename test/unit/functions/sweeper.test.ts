import { describe, expect, it } from 'vitest';
import { sweepStream } from '#shared/custody/lifecycle/sweep.ts';
import { assetKey } from '#shared/custody/policy/asset.ts';
import type { PolicyRules } from '#shared/custody/policy/policy.ts';
import { spendKey } from '#shared/custody/policy/spend-ledger.ts';
import { NOTHING_SPENT } from '#shared/custody/policy/spend-window.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { newLane } from '#shared/transactions/lane/lane.ts';
import { isExpired } from '#shared/transactions/lane/lane-time.ts';
import { laneItem, queueItem } from '#shared/transactions/ledger-items.ts';
import { MAX_ATTEMPTS, MOVE_VALID_MS } from '#shared/transactions/sweep/plan-moves.ts';
import { transferCall } from '#shared/transactions/sweep/read-holdings.ts';
import { ACCEPTED_BY_MS } from '#shared/transactions/sweep/sweep-wallets.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TOKEN_ABI } from '#test/support/fakes/fake-token.ts';
import { TEST_CHAIN, TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { ether, tokens } from '#test/support/fakes/policies.ts';
import { createSweepDesk, HEIR, openBatch, SWEPT_TOKEN } from '#test/support/fakes/sweep-desk.ts';

const LANE = { chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address };
/** 1 ether, less twice what 25,200 gas cost at twice the base fee and the least tip. */
const COIN = (10n ** 18n - 25_200n * 2n * (2n * 10n ** 9n + 10n ** 6n)).toString();
const OTHER_TOKEN = '0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9';

/** What the successor is rotated to. */
const LAST = { id: 'wal_01JD8Q4X7M5N2V9C3R6T0W3002', address: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC' };

const HOUR_MS = 60 * 60_000;
const LIMITED = assetKey({ chain_id: TEST_CHAIN.chain_id, token_address: SWEPT_TOKEN });

type Desk = ReturnType<typeof createSweepDesk>;

/** Runs and lets everything that was accepted be confirmed, until nothing is left to do. */
async function runToTheEnd(desk: Desk, most = 6): Promise<void> {
  for (let run = 0; run < most && desk.sweep().status === 'open'; run += 1) {
    await desk.run();
    desk.endAll({ status: 'confirmed' });
  }
}

describe('the sweeper', () => {
  it('sends tokens first, then the coin less fees, to the successor, by ordinary transactions on record', async () => {
    const desk = createSweepDesk();
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await desk.run();
    expect(desk.transactions()).toMatchObject([
      {
        ...{ to: SWEPT_TOKEN, value: '0', data: transferCall(HEIR.address, 7n), status: 'queued' },
        valid_until: isoTime(TEST_NOW_MS + MOVE_VALID_MS),
      },
    ]);
    const parsed = TOKEN_ABI.parseTransaction({ data: desk.transactions()[0]?.data ?? '' });
    expect([parsed?.name, ...(parsed?.args ?? [])]).toEqual(['transfer', HEIR.address, 7n]);
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    desk.endAll({ status: 'confirmed' });
    await desk.run();
    expect(desk.transactions()[1]).toMatchObject({
      to: HEIR.address,
      value: COIN,
      data: '0x',
      wallet_id: TEST_WALLET.id,
    });
    const [first] = await desk.entries(desk.transactions()[1]?.id ?? '');
    expect(first).toMatchObject({ actor: 'sweeper', detail: { sweep_of: TEST_WALLET.id } });
    desk.endAll({ status: 'confirmed' });
    await desk.run();
    expect(desk.sweep()).toMatchObject({
      status: 'done',
      failure: null,
      moves: [
        { token_address: SWEPT_TOKEN, amount: '7', status: 'confirmed', attempt: 1 },
        { token_address: null, amount: COIN, status: 'confirmed', attempt: 1 },
      ],
    });
    expect(desk.sweepRow()).not.toHaveProperty('gsi1pk');
    expect(await desk.entries(sweepStream(TEST_WALLET.id))).toMatchObject([
      { action: 'sweep.requested', actor: 'key_operator' },
      { action: 'sweep.done', actor: 'sweeper', severity: 'INFO', detail: { moved: 2, round: 1 } },
    ]);
    expect(await desk.brokenAt()).toBeNull();
    expect(desk.kicks.calls).toHaveLength(2);
    expect(desk.alerts()).toEqual([]);
    await desk.run();
    expect(desk.transactions()).toHaveLength(2);
  });

  it('moves the tokens that the policy limits, each once however it is written', async () => {
    const desk = createSweepDesk({
      policy: { max_value_per_transaction: [tokens(100n)], max_value_per_day: [tokens(100n)] },
    });
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    const other = createSweepDesk({
      policy: { max_value_per_transaction: [{ ...tokens(9n), token_address: OTHER_TOKEN }] },
    });
    other.account.tokens.set(SWEPT_TOKEN, 7n).set(OTHER_TOKEN, 9n);
    await other.run();
    expect(other.transactions().map(({ to }) => to)).toEqual([SWEPT_TOKEN, OTHER_TOKEN]);
  });

  it('is done at once where there is nothing worth a transaction', async () => {
    const desk = createSweepDesk();
    desk.account.balanceWei = 1_000n;
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({ status: 'done', moves: [] });
  });

  it('accepts each asset once, however often and however many at once it runs', async () => {
    const desk = createSweepDesk();
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await Promise.all(Array.from({ length: 8 }, () => desk.run()));
    for (let run = 0; run < 3; run += 1) await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    desk.endAll({ status: 'confirmed' });
    await Promise.all(Array.from({ length: 8 }, () => desk.run()));
    for (let run = 0; run < 3; run += 1) await desk.run();
    expect(desk.transactions()).toHaveLength(2);
    expect(desk.metrics.counts()).not.toHaveProperty('SweepHeld');
  });

  it.each(['request', 'answer'] as const)(
    'cut off at any request in turn, its %s lost, accepts each asset once all the same',
    async (lost) => {
      for (let at = 1, more = true; more; at += 1) {
        const desk = createSweepDesk();
        desk.account.tokens.set(SWEPT_TOKEN, 7n);
        let sent = 0;
        const broken = desk.open((request) => {
          sent += 1;
          if (sent < at) return desk.dynamo.answer(request);
          if (sent === at && lost === 'answer') desk.dynamo.answer(request);
          return new Error('the function died');
        });
        await broken({}, lambdaContext()).catch(() => undefined);
        more = sent >= at;
        await runToTheEnd(desk);
        expect(desk.transactions().map(({ to }) => to)).toEqual([SWEPT_TOKEN, HEIR.address]);
        expect(desk.sweep().status).toBe('done');
        expect(await desk.brokenAt()).toBeNull();
      }
    },
  );
});

describe('a sweep waits', () => {
  it('for what may still be accepted for the old wallet', async () => {
    const desk = createSweepDesk();
    desk.setSweep({ requested_at: isoTime(TEST_NOW_MS - ACCEPTED_BY_MS + 1) });
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    desk.clock.advance(1);
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
  });

  it('for batches that were accepted before and are not stored whole', async () => {
    const desk = createSweepDesk();
    const old = openBatch(TEST_NOW_MS - 60_000, TEST_WALLET.id);
    desk.dynamo.put('ledger', old);
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    desk.dynamo.remove('ledger', old);
    desk.dynamo.put('ledger', openBatch(TEST_NOW_MS + 60_000, TEST_WALLET.id));
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
  });

  it.each([
    ['for what is queued', queueItem(LANE, TEST_WALLET.id, 'tx_1')],
    [
      'for what is on its way',
      laneItem({ ...newLane(LANE, TEST_WALLET.id), in_flight: [{ nonce: 1, id: 'tx_1' }], version: 3 }),
    ],
  ])('%s', async (_name, item) => {
    const desk = createSweepDesk();
    desk.dynamo.put('ledger', item);
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep().status).toBe('open');
    desk.dynamo.remove('ledger', item);
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
  });

  it('for a claim that comes between its looks at the lane', async () => {
    const desk = createSweepDesk();
    const idle = { ...newLane(LANE, TEST_WALLET.id), version: 3 };
    desk.dynamo.put('ledger', laneItem(idle));
    const racing = desk.open((request) => {
      const answer = desk.dynamo.answer(request);
      if (request.operation === 'Query' && JSON.stringify(request).includes('QUEUE#')) {
        desk.dynamo.put('ledger', laneItem({ ...idle, in_flight: [{ nonce: 1, id: 'tx_1' }], version: 4 }));
      }
      return answer;
    });
    await racing({}, lambdaContext());
    expect(desk.transactions()).toEqual([]);
  });

  it('while the wallet is paused', async () => {
    const desk = createSweepDesk();
    desk.setWallet({ paused: true });
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep().status).toBe('open');
  });

  it('for a chain that cannot be asked, which is logged and counted, and goes on when it can', async () => {
    const desk = createSweepDesk();
    desk.account.fault = new RpcTransportError('connection refused');
    await desk.run();
    expect(desk.metrics.counts()).toEqual({ SweepHeld: 1 });
    expect(desk.log.of('SWEEP_HELD')).toMatchObject([{ wallet_id: TEST_WALLET.id, chain_id: TEST_CHAIN.chain_id }]);
    desk.account.fault = undefined;
    await runToTheEnd(desk);
    expect(desk.sweep().status).toBe('done');
  });

  it('for fees that may be paid', async () => {
    const desk = createSweepDesk();
    desk.account.baseFeeWei = BigInt(TEST_CHAIN.max_fee_per_gas_wei);
    await desk.run();
    expect([desk.transactions(), desk.sweep().status]).toEqual([[], 'open']);
  });
});

describe('the other chains of a wallet', () => {
  it('are swept each by itself', async () => {
    const second = { ...TEST_CHAIN, chain_id: 99 };
    const desk = createSweepDesk({ chains: [TEST_CHAIN, second] });
    desk.dynamo.put('ledger', queueItem(LANE, TEST_WALLET.id, 'tx_1'));
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ chain_id: 99, to: HEIR.address, value: COIN }]);
    desk.dynamo.remove('ledger', queueItem(LANE, TEST_WALLET.id, 'tx_1'));
    await runToTheEnd(desk);
    expect(desk.sweep()).toMatchObject({
      status: 'done',
      moves: [{ chain_id: 99 }, { chain_id: TEST_CHAIN.chain_id }],
    });
  });
});

describe('what is refused', () => {
  it.each<[string, Partial<PolicyRules>, string]>([
    ['a destination', { allowed_destinations: [TEST_RECIPIENT.replace('7', '8')] }, 'allowed_destinations'],
    ['a chain', { allowed_chains: [1] }, 'allowed_chains'],
    ['an amount', { max_value_per_transaction: [ether(5n)] }, 'max_value_per_transaction'],
    ["a day's amount", { max_value_per_day: [ether(5n)] }, 'max_value_per_day'],
  ] as const)(
    'by the policy, for %s, is on the sweep and an alert, and not tried again',
    async (_name, policy, word) => {
      const desk = createSweepDesk({ policy });
      await desk.run();
      expect(desk.transactions()).toEqual([]);
      expect(desk.sweep()).toMatchObject({
        status: 'failed',
        failure: { code: 'POLICY_VIOLATION', message: expect.stringContaining(word) },
        moves: [{ token_address: null, transaction_id: null, status: 'failed', failure: { code: 'POLICY_VIOLATION' } }],
      });
      expect((await desk.entries(sweepStream(TEST_WALLET.id))).at(-1)).toMatchObject({
        action: 'sweep.failed',
        severity: 'WARNING',
      });
      expect(desk.alerts()).toMatchObject([{ severity: 'ERROR', category: 'transaction_failed' }]);
      expect(desk.metrics.counts()).toMatchObject({ SweepFailed: 1, AlertRecorded: 1 });
      await desk.run();
      expect(desk.alerts()).toHaveLength(1);
    },
  );

  it('of tokens leaves the coin to go', async () => {
    const desk = createSweepDesk({ policy: { allowed_destinations: [HEIR.address] } });
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await runToTheEnd(desk);
    expect(desk.transactions()).toMatchObject([{ to: HEIR.address, value: COIN }]);
    expect(desk.sweep()).toMatchObject({ status: 'failed', moves: [{ status: 'failed' }, { status: 'confirmed' }] });
  });

  it('after it was accepted is not tried again either', async () => {
    const desk = createSweepDesk();
    await desk.run();
    const failure = { code: 'POLICY_VIOLATION', message: 'allowed_chains does not have chain 31337' };
    desk.endAll({ status: 'failed', failure });
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure });
  });

  it('by a daily limit after it was accepted is asked for anew, and waits for room in it', async () => {
    const desk = createSweepDesk({ policy: { max_value_per_day: [tokens(10n)] } });
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await desk.run();
    const failure = { code: 'POLICY_VIOLATION', message: 'no room', rule: 'max_value_per_day' };
    const buckets = { [String(Math.floor(TEST_NOW_MS / HOUR_MS))]: '5' };
    desk.endAll({ status: 'failed', failure });
    desk.dynamo.put('ledger', { ...spendKey(TEST_WALLET.id, LIMITED), ...NOTHING_SPENT, buckets, version: 9 });
    await desk.run();
    expect(desk.sweep()).toMatchObject({
      status: 'open',
      waiting_for: 'limit',
      moves: [{ status: 'expired', failure }],
    });
    // Its coin stays with it.
    expect(desk.transactions()).toHaveLength(1);
    desk.clock.advance(25 * HOUR_MS);
    await runToTheEnd(desk);
    expect(desk.sweep()).toMatchObject({ status: 'done', moves: [{ attempt: 2 }, { token_address: null }] });
  });

  it('of tokens after they were accepted keeps the coin that they need, where the rule is an amount', async () => {
    const desk = createSweepDesk();
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await desk.run();
    const failure = { code: 'POLICY_VIOLATION', message: 'too much', rule: 'max_value_per_transaction' };
    desk.endAll({ status: 'failed', failure });
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    expect(desk.sweep()).toMatchObject({ status: 'failed', moves: [{ failure }] });
  });

  it('by time is tried again with what is there then, so many times', async () => {
    const desk = createSweepDesk();
    for (let attempt = 1; attempt <= MAX_ATTEMPTS + 1; attempt += 1) {
      await desk.run();
      desk.endAll({ status: 'expired', failure: { code: 'TRANSACTION_TIMEOUT', message: 'late' } });
      desk.account.balanceWei -= 10n ** 15n;
    }
    await desk.run();
    expect(desk.transactions()).toHaveLength(MAX_ATTEMPTS);
    expect(new Set(desk.transactions().map(({ value }) => value)).size).toBe(MAX_ATTEMPTS);
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure: { code: 'TRANSACTION_TIMEOUT' } });
  });
});

describe('a revocation', () => {
  it('of the old wallet ends its sweep, once what is open has ended', async () => {
    const desk = createSweepDesk();
    await desk.run();
    desk.setWallet({ status: 'revoked' });
    await desk.run();
    expect(desk.sweep().status).toBe('open');
    desk.endAll({ status: 'failed', failure: { code: 'WALLET_REVOKED', message: 'x' } });
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure: { code: 'WALLET_REVOKED' } });
    expect(desk.transactions()).toHaveLength(1);
  });

  it('of the successor keeps everything where it is, also when it comes while a transaction is accepted', async () => {
    const desk = createSweepDesk();
    const racing = desk.open((request) => {
      if (request.operation === 'TransactWriteItems') desk.setHeir({ status: 'revoked' });
      return desk.dynamo.answer(request);
    });
    await racing({}, lambdaContext());
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure: { message: 'The successor was revoked' } });
  });

  it('is no concern of a successor that was rotated: all goes to the last of the line', async () => {
    const desk = createSweepDesk();
    desk.setSuccessor(LAST, {});
    desk.setHeir({ status: 'rotated' }, LAST);
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ to: LAST.address }]);
  });
});

describe('tokens that wait for the coin that they need', () => {
  const late = { status: 'expired', failure: { code: 'TRANSACTION_TIMEOUT', message: 'late' } } as const;

  it('are not sent to a successor that was rotated meanwhile, but to the one in its place', async () => {
    const desk = createSweepDesk();
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await desk.run();
    desk.setSuccessor(LAST, {});
    desk.setHeir({ status: 'rotated' }, LAST);
    desk.clock.advance(MOVE_VALID_MS);
    const [first] = desk.transactions();
    expect(first && isExpired(first, desk.clock.now())).toBe(true);
    desk.endAll(late);
    await desk.run();
    expect(desk.transactions().map(({ data, status }) => [data, status])).toEqual([
      [transferCall(HEIR.address, 7n), 'expired'],
      [transferCall(LAST.address, 7n), 'queued'],
    ]);
    await runToTheEnd(desk);
    expect(desk.sweep()).toMatchObject({ status: 'done', moves: [{ attempt: 2, status: 'confirmed' }, {}] });
  });

  it('stay where they are when the successor was revoked meanwhile', async () => {
    const desk = createSweepDesk();
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await desk.run();
    desk.setHeir({ status: 'revoked' });
    desk.clock.advance(MOVE_VALID_MS);
    desk.endAll(late);
    await desk.run();
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ status: 'expired' }]);
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure: { message: 'The successor was revoked' } });
  });

  it('are asked for anew however often they expire, in a row that does not grow', async () => {
    const desk = createSweepDesk();
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    for (let attempt = 1; attempt <= 2 * MAX_ATTEMPTS; attempt += 1) {
      await desk.run();
      desk.clock.advance(MOVE_VALID_MS);
      desk.endAll(late);
    }
    expect(desk.transactions()).toHaveLength(2 * MAX_ATTEMPTS);
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'open', moves: [{ attempt: 2 * MAX_ATTEMPTS + 1, status: 'open' }] });
  });
});

describe('a run that is cut short', () => {
  it('says so', async () => {
    const desk = createSweepDesk();
    await desk.run(1_000);
    expect(desk.log.of('SWEEPS_CUT_OFF')).toMatchObject([{ seen: 0 }]);
    expect(desk.metrics.counts()).toEqual({ SweepsCutOff: 1 });
  });
});
