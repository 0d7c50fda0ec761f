import { describe, expect, it } from 'vitest';
import { RpcTransportError } from '#shared/platform/chain/rpc-errors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { queueItem } from '#shared/transactions/ledger-items.ts';
import { HELD_AFTER_MS } from '#shared/transactions/sweep/waiting.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createSweepDesk, HEIR, openBatch, SWEPT_TOKEN } from '#test/support/fakes/sweep-desk.ts';

const LANE = { chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address };

type Desk = ReturnType<typeof createSweepDesk>;

/** A desk whose sweep has accepted a transfer, of which the lane says what it waits for. */
async function accepted(desk: Desk, waiting_for: 'funds' | 'custody' | null): Promise<void> {
  await desk.run();
  desk.noteAll({ waiting_for });
}

/** A desk whose sweep has a transfer on its way. */
async function signedFor(desk: Desk): Promise<void> {
  await desk.run();
  desk.noteAll({ status: 'submitted' });
}

describe('what a sweep waits for', () => {
  it.each<[string, string, (desk: Desk) => unknown]>([
    ['lane', 'what is queued before it', (desk) => desk.dynamo.put('ledger', queueItem(LANE, TEST_WALLET.id, 'tx_1'))],
    ['lane', 'its own transfer', (desk) => accepted(desk, null)],
    ['funds', 'its own transfer', (desk) => accepted(desk, 'funds')],
    ['custody', 'its own transfer', (desk) => accepted(desk, 'custody')],
    ['fees', 'fees', (desk) => Object.assign(desk.account, { baseFeeWei: BigInt(TEST_CHAIN.max_fee_per_gas_wei) })],
    ['circuit', 'a chain', (desk) => Object.assign(desk.account, { fault: new RpcTransportError('refused') })],
    ['circuit', 'a circuit', (desk) => Object.assign(desk.account, { fault: new HavenError('CIRCUIT_OPEN', 'open') })],
    ['error', 'a setting', (desk) => Object.assign(desk.account, { fault: new HavenError('CONFIGURATION', 'none') })],
    ['error', 'what nobody thought of', (desk) => Object.assign(desk.account, { fault: new TypeError('x is not') })],
    ['batch', 'a batch', (desk) => desk.dynamo.put('ledger', openBatch(TEST_NOW_MS - 60_000, TEST_WALLET.id))],
    ['paused', 'the end of a pause', (desk) => desk.setWallet({ paused: true })],
    ['heir', 'an end, without a successor', (desk) => signedFor(desk).then(() => desk.setHeir({ status: 'revoked' }))],
  ])('is noted: %s, for %s, and only once', async (waiting_for, _for, arrange) => {
    const desk = createSweepDesk();
    await arrange(desk);
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for, waiting_since: isoTime(TEST_NOW_MS) });
    const { version } = desk.sweep();
    desk.clock.advance(60_000);
    await desk.run();
    expect(desk.sweep()).toMatchObject({ waiting_for, waiting_since: isoTime(TEST_NOW_MS), version });
  });

  it('is nothing once it has ended', async () => {
    const desk = createSweepDesk();
    await desk.run();
    desk.endAll({ status: 'confirmed' });
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'done', waiting_for: null, waiting_since: null });
  });
});

describe('a sweep that has got no further', () => {
  it('for half an hour is told of each minute, with what it waits for, whatever that was before', async () => {
    const desk = createSweepDesk();
    desk.setWallet({ paused: true });
    await desk.run();
    desk.setWallet({ paused: false });
    desk.dynamo.put('ledger', queueItem(LANE, TEST_WALLET.id, 'tx_1'));
    desk.clock.advance(HELD_AFTER_MS - 1);
    await desk.run();
    expect(desk.metrics.counts()).toEqual({});
    desk.clock.advance(1);
    await desk.run();
    await desk.run();
    expect(desk.metrics.counts()).toEqual({ SweepHeld: 2 });
    expect(desk.log.of('SWEEP_HELD')[0]).toMatchObject({ wallet_id: TEST_WALLET.id, waiting_for: 'lane' });
  });

  it('is not one of which a transfer arrived meanwhile, but one of which it expired', async () => {
    for (const [status, held] of [
      ['confirmed', undefined],
      ['expired', 1],
    ] as const) {
      const desk = createSweepDesk();
      desk.account.tokens.set(SWEPT_TOKEN, 7n);
      await desk.run();
      desk.clock.advance(HELD_AFTER_MS);
      desk.endAll({ status });
      await desk.run();
      expect(desk.metrics.counts()['SweepHeld']).toBe(held);
      expect(desk.transactions()).toHaveLength(2);
    }
  });
});

describe('an open batch', () => {
  it('of other wallets holds up no sweep, however old', async () => {
    const desk = createSweepDesk();
    for (let age = 0; age < 150; age += 1) desk.dynamo.put('ledger', openBatch(TEST_NOW_MS - 60_000 - age, HEIR.id));
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
  });

  it('of the wallet does, however many there are before it', async () => {
    const desk = createSweepDesk();
    for (let age = 0; age < 150; age += 1) desk.dynamo.put('ledger', openBatch(TEST_NOW_MS - 70_000 - age, HEIR.id));
    desk.dynamo.put('ledger', openBatch(TEST_NOW_MS - 60_000, TEST_WALLET.id));
    await desk.run();
    expect(desk.transactions()).toEqual([]);
  });
});
