import { describe, expect, it } from 'vitest';
import { sweepStream } from '#shared/custody/lifecycle/sweep.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { newLane } from '#shared/transactions/lane/lane.ts';
import { laneItem, queueItem } from '#shared/transactions/ledger-items.ts';
import { MOVE_VALID_MS } from '#shared/transactions/sweep/plan-moves.ts';
import { transferCall } from '#shared/transactions/sweep/read-holdings.ts';
import { ACCEPTED_BY_MS } from '#shared/transactions/sweep/sweep-wallets.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TOKEN_ABI } from '#test/support/fakes/fake-token.ts';
import { TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { tokens } from '#test/support/fakes/policies.ts';
import { createSweepDesk, HEIR, openBatch, runToTheEnd, SWEPT_TOKEN } from '#test/support/fakes/sweep-desk.ts';

const LANE = { chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address };
/** 1 ether, less twice what 25,200 gas cost at twice the base fee and the least tip. */
const COIN = (10n ** 18n - 25_200n * 2n * (2n * 10n ** 9n + 10n ** 6n)).toString();
const OTHER_TOKEN = '0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9';

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

describe('a run that is cut short', () => {
  it('says so', async () => {
    const desk = createSweepDesk();
    await desk.run(1_000);
    expect(desk.log.of('SWEEPS_CUT_OFF')).toMatchObject([{ seen: 0 }]);
    expect(desk.metrics.counts()).toEqual({ SweepsCutOff: 1 });
  });
});
