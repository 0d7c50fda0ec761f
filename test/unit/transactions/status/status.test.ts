import { describe, expect, it } from 'vitest';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { newLane } from '#shared/transactions/lane/lane.ts';
import { laneItem, queueItem, transactionItem } from '#shared/transactions/ledger-items.ts';
import { gasPriceOf, legacyGasPriceOf } from '#shared/transactions/status/gas-price.ts';
import { transactionsStatusRoute } from '#shared/transactions/status/routes.ts';
import { showStatus } from '#shared/transactions/status/show-status.ts';
import { createStatusStore } from '#shared/transactions/status/status-store.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { answered, createFakeRpc } from '#test/support/fakes/fake-rpc.ts';
import { TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { queued, submitted, TEST_CHAIN, TEST_WALLET, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const OTHER_CHAIN = { ...TEST_CHAIN, chain_id: 10, name: 'other' };
const MINUTE_MS = 60_000;
const ago = (minutes: number) => isoTime(TEST_NOW_MS - minutes * MINUTE_MS);
const hex = (value: number) => `0x${value.toString(16)}`;

function status(transactions: readonly Transaction[], baseFees: readonly number[] = [10, 10, 10, 30]) {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'] });
  for (const transaction of transactions) {
    dynamo.put('ledger', transactionItem(transaction));
    const lane = { chain_id: transaction.chain_id, address: transaction.from };
    if (transaction.status === 'queued') dynamo.put('ledger', queueItem(lane, transaction.wallet_id, transaction.id));
  }
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const rpc = createFakeRpc(() => [answered({ baseFeePerGas: baseFees.map(hex) })]);
  const log = createRecordingLog();
  const clock = createFakeClock();
  const deps = {
    store: createStatusStore(scriptedDocumentClient(aws), 'ledger'),
    chains: new ChainRegistry([TEST_CHAIN, OTHER_CHAIN]),
    clients: {
      for: async (chainId: number) => {
        if (chainId === OTHER_CHAIN.chain_id) throw new RpcTransportError('no endpoint');
        return new ChainClient(rpc);
      },
    },
    clock: clock.now,
    pendingThresholdMinutes: 5,
    gasSpikeThreshold: 2,
  };
  const show = async () => {
    const shown = await showStatus(deps, Deadline.in(5_000, clock.now), log.log);
    return transactionsStatusRoute.response.parse(shown);
  };
  return { dynamo, aws, log, rpc, show };
}

describe('the status of transactions', () => {
  it('counts by status, chain and lane', async () => {
    const { show, dynamo } = status([
      queued(1),
      queued(2),
      submitted(3),
      queued(4, { chain_id: 10 }),
      queued(5, { status: 'confirmed' }),
    ]);
    const lane = { ...newLane(TEST_LANE, TEST_WALLET.id), next_nonce: 4, version: 2 };
    dynamo.put('ledger', laneItem({ ...lane, in_flight: [{ nonce: 3, id: transactionId(3) }] }));
    const shown = await show();
    const counts = Object.fromEntries(shown.by_status.map(({ status: name, count }) => [name, count]));
    expect(counts).toMatchObject({ queued: 3, submitted: 1, signed: 0, mined: 0 });
    expect(shown.by_lane).toEqual([
      {
        chain_id: TEST_CHAIN.chain_id,
        address: TEST_WALLET.address,
        wallet_id: TEST_WALLET.id,
        queued: 2,
        in_flight: 1,
      },
      { chain_id: 10, address: TEST_WALLET.address, wallet_id: null, queued: 1, in_flight: 0 },
    ]);
    expect(shown.by_chain).toMatchObject([
      { chain_id: TEST_CHAIN.chain_id, queued: 2, in_flight: 1 },
      { chain_id: 10, queued: 1, in_flight: 0 },
    ]);
  });

  it('names what has been open for too long, oldest first, with what it waits for', async () => {
    const { show } = status([
      queued(1, { created_at: ago(30), waiting_for: 'funds' }),
      submitted(2, { created_at: ago(6), chain_id: 10 }),
      queued(3, { created_at: ago(5) }),
      queued(4, { created_at: ago(90), status: 'confirmed' }),
    ]);
    const { stuck, oldest_pending, by_chain, stuck_truncated } = await show();
    expect(stuck.map(({ id, waiting_for, age_seconds }) => [id, waiting_for, age_seconds])).toEqual([
      [transactionId(1), 'funds', 1_800],
      [transactionId(2), null, 360],
    ]);
    expect(oldest_pending?.id).toBe(transactionId(1));
    expect(by_chain.map((chain) => [chain.stuck, chain.oldest_pending?.id])).toEqual([
      [1, transactionId(1)],
      [1, transactionId(2)],
    ]);
    expect(stuck_truncated).toBe(false);
  });

  it('counts failures by when they ended, by chain; a cancelled one is none', async () => {
    const { show } = status([
      queued(1, { status: 'failed', updated_at: ago(10) }),
      queued(2, { status: 'reverted', updated_at: ago(59) }),
      queued(3, { status: 'expired', updated_at: ago(600), chain_id: 10 }),
      queued(4, { status: 'failed', updated_at: ago(25 * 60) }),
      queued(5, { status: 'cancelled', updated_at: ago(1) }),
    ]);
    expect((await show()).by_chain.map(({ failures }) => failures)).toEqual([
      { last_hour: 2, last_day: 2 },
      { last_hour: 0, last_day: 1 },
    ]);
  });

  it('shows the gas price against its baseline; a chain that does not answer takes nothing from the others', async () => {
    const { show, log, rpc } = status([]);
    expect((await show()).by_chain.map(({ gas, gas_error }) => ({ gas, gas_error }))).toEqual([
      {
        gas: { measure: 'base_fee', price_per_gas: '30', baseline_price_per_gas: '10', ratio: '3.00', spike: true },
        gas_error: null,
      },
      { gas: null, gas_error: expect.any(String) },
    ]);
    expect(log.of('DEPENDENCY_FAILED')).toMatchObject([{ dependency: 'other' }]);
    expect(rpc.asked[0]?.[0]).toMatchObject({ method: 'eth_feeHistory', params: ['0x400', 'latest', []] });
  });

  it('costs the same however many transactions there are, and says what was cut off', async () => {
    const few = status([queued(1, { created_at: ago(60) })]);
    await few.show();
    const many = status(Array.from({ length: 450 }, (_, n) => queued(n, { created_at: ago(60) })));
    const shown = await many.show();
    expect(shown.stuck).toHaveLength(100);
    expect(shown).toMatchObject({ stuck_truncated: true, failures_truncated: false });
    expect(shown.by_status.find((one) => one.status === 'queued')?.count).toBe(450);
    expect(many.aws.requests.length).toBeLessThanOrEqual(few.aws.requests.length + 1);
    expect(many.aws.requests.filter(({ operation }) => operation === 'Scan')).toEqual([]);
  });

  it('passes on that DynamoDB cut a count off', async () => {
    const aws = createScriptedAws([{ body: { Count: 7_000, LastEvaluatedKey: { pk: { S: 'TX#tx_1' } } } }]);
    const store = createStatusStore(scriptedDocumentClient(aws), 'ledger');
    expect(await store.count('confirmed', TEST_NOW_MS)).toEqual({ count: 7_000, truncated: true });
    expect(aws.requests[0]?.body).toMatchObject({
      Select: 'COUNT',
      ExpressionAttributeValues: { ':since': { S: expect.stringMatching(/^tx_[0-9A-Z]{10}$/) } },
    });
  });
});

describe('the gas price', () => {
  const price = (baseFees: readonly bigint[], threshold = 2) => gasPriceOf({ baseFees, rewards: [] }, threshold);

  it.each<[string, readonly number[], number, boolean]>([
    ['as ever', [10, 10, 10, 10], 100, false],
    ['just below the threshold', [100, 100, 199], 199, false],
    ['at the threshold', [100, 100, 200], 200, true],
    ['low', [100, 100, 50], 50, false],
    ['high against a median that one spike does not move', [10, 10, 900, 10, 40], 400, true],
  ])('is %s', (_name, baseFees, ratio, isSpike) => {
    expect(price(baseFees.map(BigInt))).toMatchObject({ ratioHundredths: BigInt(ratio), isSpike });
  });

  it('of a chain without base fees is what its node suggests, against what the blocks with transactions paid', () => {
    const history = { baseFees: [0n, 0n, 0n, 0n, 0n, 0n], rewards: [[0n], [20n], [0n], [10n], [90n]] };
    expect(legacyGasPriceOf(45n, history, 2)).toEqual({
      nowWei: 45n,
      baselineWei: 20n,
      ratioHundredths: 225n,
      isSpike: true,
    });
    for (const rewards of [[], [[0n], []]]) expect(legacyGasPriceOf(45n, { ...history, rewards }, 2)).toBeUndefined();
  });

  it('is not told without a baseline', () => {
    for (const baseFees of [[], [5n], [0n, 0n]]) expect(price(baseFees)).toBeUndefined();
  });
});
