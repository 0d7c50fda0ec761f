import { describe, expect, it } from 'vitest';
import { isGasFunding } from '#shared/payments/sweeps/deposit-sweep.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import {
  COIN_GAS,
  createDepositDesk,
  DEPOSIT_TOKEN,
  GAS_PRICE_WEI,
  NEXT_TREASURY,
  TREASURY,
} from '#test/support/fakes/deposit-desk.ts';
import { TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

import { testPayment } from '#test/support/fakes/orders.ts';

const DEPOSIT = TEST_WALLET.address;
const ETHER = 10n ** 18n;

describe('a settled order that was paid in coin', () => {
  it('has its coin in the treasury, but for what its fee might have been', async () => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', round: 1, failure: null });
    const fee = COIN_GAS * GAS_PRICE_WEI;
    const rest = desk.balanceOf('coin', DEPOSIT);
    expect(rest).toBeLessThan(2n * fee);
    expect(desk.balanceOf('coin', TREASURY.address)).toBe(ETHER + ETHER - fee - rest);
    expect(desk.sweep()?.left).toEqual([{ token_address: null, amount: `${rest}`, reason: 'not_worth_gas' }]);
    expect(desk.marked()).toEqual([]);
    expect((await desk.entries()).map(({ action }) => action)).toEqual(['deposit_sweep.opened', 'deposit_sweep.done']);
    expect(await desk.brokenAt()).toBeNull();
  });

  it('is not touched while it waits for more, and is as soon as it does not', async () => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    for (const status of ['awaiting_payment', 'confirming'] as const) {
      desk.putOrder({ status });
      await desk.run();
      expect(desk.sweep()).toBeUndefined();
      expect(desk.marked()).toHaveLength(1);
    }
    desk.putOrder({ status: 'expired' });
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
  });

  it('has another round for a payment that comes later', async () => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    await desk.runToTheEnd();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment({ id: '31337:0xlater:native' });
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', round: 2 });
    expect(desk.balanceOf('coin', TREASURY.address)).toBeGreaterThan(3n * ETHER - ETHER / 1_000n);
    expect(new Set(desk.transactions().map(({ reference }) => reference)).size).toBe(2);
  });

  it('has the round of a payment that comes while the one before goes on', async () => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    await desk.run();
    desk.putPayment({ id: '31337:0xlater:native' });
    await desk.run();
    desk.mine();
    desk.give('coin', DEPOSIT, ETHER);
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', round: 2 });
    expect(desk.transactions()).toHaveLength(2);
  });
});

describe('a settled order that was paid in a token', () => {
  it('is sent gas by the treasury first, sends its token, and what is left over of the gas where that is worth it', async () => {
    const desk = createDepositDesk();
    desk.give(DEPOSIT_TOKEN, DEPOSIT, 1_000_000n);
    desk.putPayment();
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ from: TREASURY.address, to: DEPOSIT, data: '0x' }]);
    const gas = { from: TREASURY.address, log_index: null };
    expect(isGasFunding(desk.sweep(), gas)).toBe(true);
    expect(isGasFunding(desk.sweep(), { ...gas, log_index: 0 })).toBe(false);
    expect(isGasFunding(desk.sweep(), { ...gas, from: NEXT_TREASURY.address })).toBe(false);
    expect(isGasFunding(desk.sweep(), { ...gas, from: null })).toBe(false);
    expect(isGasFunding(undefined, gas)).toBe(false);
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    desk.mine();
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', failure: null });
    expect(desk.balanceOf(DEPOSIT_TOKEN, TREASURY.address)).toBe(1_000_000n);
    expect(desk.balanceOf(DEPOSIT_TOKEN, DEPOSIT)).toBe(0n);
  });

  it('is asked for no gas where it has coin enough', async () => {
    const desk = createDepositDesk();
    desk.give(DEPOSIT_TOKEN, DEPOSIT, 1_000_000n);
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    await desk.runToTheEnd();
    expect(desk.sweep()?.moves.map(({ kind, token_address }) => [kind, token_address])).toEqual([
      ['sweep', DEPOSIT_TOKEN],
      ['sweep', null],
    ]);
  });

  it('waits for a treasury that has no coin for gas, and puts nothing into its lane', async () => {
    const desk = createDepositDesk();
    desk.give(DEPOSIT_TOKEN, DEPOSIT, 1_000_000n);
    desk.give('coin', TREASURY.address, -ETHER);
    desk.putPayment();
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'treasury' });
    desk.clock.advance(31 * 60_000);
    await desk.run();
    expect(desk.log.of('DEPOSIT_SWEEP_HELD')).toHaveLength(1);
  });

  it('keeps less than the minimum that is configured, and says so', async () => {
    const desk = createDepositDesk({ minimum: 1_000n });
    desk.give(DEPOSIT_TOKEN, DEPOSIT, 999n);
    desk.putPayment();
    await desk.runToTheEnd();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({
      status: 'done',
      left: [{ token_address: DEPOSIT_TOKEN, amount: '999', reason: 'below_minimum' }],
    });
  });

  it('that nodes refuse to move is no try, waits, and is moved once they do not', async () => {
    const desk = createDepositDesk();
    desk.chain.refusesTokens = true;
    desk.give(DEPOSIT_TOKEN, DEPOSIT, 1_000_000n);
    desk.putPayment();
    for (let minute = 0; minute < 60; minute += 1) {
      await desk.run();
      desk.clock.advance(60_000);
    }
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'refused', moves: [] });
    expect(desk.log.of('DEPOSIT_SWEEP_HELD').length).toBeGreaterThan(0);
    desk.chain.refusesTokens = false;
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', failure: null });
    expect(desk.balanceOf(DEPOSIT_TOKEN, TREASURY.address)).toBe(1_000_000n);
  });

  it('that nodes refuse to move keeps no coin at its address', async () => {
    const desk = createDepositDesk();
    desk.chain.refusesTokens = true;
    desk.give(DEPOSIT_TOKEN, DEPOSIT, 1_000_000n);
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'refused' });
    expect(desk.balanceOf('coin', TREASURY.address)).toBeGreaterThan(2n * ETHER - ETHER / 1_000n);
  });

  it('that nodes refuse to move for a day is told of by an alert', async () => {
    const desk = createDepositDesk();
    desk.chain.refusesTokens = true;
    desk.give(DEPOSIT_TOKEN, DEPOSIT, 1_000_000n);
    desk.putPayment();
    await desk.run();
    desk.clock.advance(24 * 60 * 60_000);
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'open' });
    desk.clock.advance(1);
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure: { code: 'ESTIMATE_REFUSED' } });
    expect(desk.alerts()).toMatchObject([{ severity: 'ERROR' }]);
    expect(await desk.brokenAt()).toBeNull();
  });
});

describe('where it goes', () => {
  it('is nowhere as long as no treasury may be used', async () => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    desk.setWallet(TREASURY, { purpose: 'treasury', paused: true });
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'treasury' });
    expect(desk.transactions()).toEqual([]);
  });

  it('is the treasury of now: what is queued for a former one is recalled and asked for anew', async () => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    await desk.run();
    desk.setTreasury(NEXT_TREASURY);
    await desk.runToTheEnd();
    expect(desk.transactions().map(({ status, to }) => [status, to])).toEqual([
      ['failed', TREASURY.address],
      ['confirmed', NEXT_TREASURY.address],
    ]);
    expect(desk.sweep()).toMatchObject({ status: 'done', failure: null });
  });

  it('is not a wallet that is no treasury, whatever the row says', async () => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    desk.setTreasury({ id: TREASURY.id, address: NEXT_TREASURY.address });
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.sweep()).toMatchObject({ waiting_for: 'error' });
    expect(desk.log.of('DEPOSIT_SWEEP_HELD')).toHaveLength(1);
  });

  it.each(['user', 'treasury'] as const)('never from a %s wallet that an order was made to name', async (purpose) => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    desk.setWallet(TEST_WALLET, { purpose });
    await desk.run();
    expect(desk.transactions()).toEqual([]);
  });

  it.each(['rotated', 'revoked'] as const)('from a %s wallet ends with an alert', async (status) => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    desk.setWallet(TEST_WALLET, { purpose: 'deposit', status });
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure: { code: `WALLET_${status.toUpperCase()}` } });
    expect(desk.alerts()).toHaveLength(1);
  });
});

describe('what ends otherwise', () => {
  it.each([
    ['expired', null, 'asked for again'],
    ['reverted', { code: 'TRANSACTION_REVERTED', message: 'no' }, 'failed'],
    ['cancelled', null, 'failed'],
    // Its lane could not submit it: nothing of it is on the chain.
    ['failed', { code: 'CONTRACT_REVERT', message: 'in simulation' }, 'asked for again'],
  ] as const)('%s is %s', async (status, failure, noted) => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    await desk.run();
    const [first] = desk.transactions();
    if (first !== undefined) desk.end(first, { status, failure });
    await desk.run();
    const isAgain = noted !== 'failed';
    expect(desk.sweep()?.moves).toMatchObject([isAgain ? { attempt: 2, status: 'open' } : { status: 'failed' }]);
    expect(desk.transactions()).toHaveLength(isAgain ? 2 : 1);
  });

  it.each(['valid_until', 'refused'] as const)('given up by its lane (%s) is asked for again', async (reason) => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    await desk.run();
    const [first] = desk.transactions();
    const at = isoTime(desk.clock.now());
    const cancellation = { reason, requested_at: at, requested_by: 'lane-worker', outcome: 'won' } as const;
    if (first !== undefined) desk.end(first, { status: 'cancelled', cancellation });
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', failure: null });
  });

  it('is asked for as often as nobody can submit it, and noted once', async () => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    for (let run = 0; run < 20; run += 1) {
      await desk.run();
      const last = desk.transactions().findLast(({ status }) => status === 'queued');
      if (last !== undefined) desk.end(last, { status: 'expired' });
    }
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({
      status: 'done',
      failure: null,
      moves: [{ attempt: 21, status: 'confirmed' }],
    });
    expect(new Set(desk.transactions().map(({ reference }) => reference)).size).toBe(21);
  });

  it('a node that has not seen the last move is not believed', async () => {
    const desk = createDepositDesk();
    desk.give(DEPOSIT_TOKEN, DEPOSIT, 1_000_000n);
    desk.putPayment();
    await desk.run();
    desk.mine();
    desk.chain.head -= 1;
    await desk.run();
    expect(desk.sweep()).toMatchObject({ waiting_for: 'behind' });
    expect(desk.transactions()).toHaveLength(1);
  });

  it('a chain that does not answer is asked again by the next run', async () => {
    const desk = createDepositDesk();
    desk.give('coin', DEPOSIT, ETHER);
    desk.putPayment();
    desk.chain.fault = new Error('no answer');
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'error' });
    desk.chain.fault = undefined;
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done' });
  });
});

it('a chain whose endpoints hang keeps no other waiting', async () => {
  const desk = createDepositDesk();
  const slow = { ...TEST_CHAIN, chain_id: 2, name: 'slow' };
  desk.give('coin', DEPOSIT, ETHER);
  desk.putPayment();
  const { on_chain } = testPayment(1);
  if (on_chain !== null) desk.putPayment({ id: '2:0xslow:native', on_chain: { ...on_chain, chain_id: slow.chain_id } });
  let release: () => void = () => undefined;
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isAsked = false;
  const never = new ChainClient({
    async ask() {
      isAsked = true;
      await hanging;
      throw new Error('no answer');
    },
  });
  const clients = desk.clients;
  const run = desk.open('desk', {
    chains: new ChainRegistry([slow, TEST_CHAIN]),
    clients: { for: async (id) => (id === slow.chain_id ? never : clients.for(id)) },
  })();
  while (!isAsked || desk.transactions().length === 0) await new Promise(setImmediate);
  expect(desk.transactions()).toMatchObject([{ chain_id: TEST_CHAIN.chain_id, to: TREASURY.address }]);
  release();
  await run;
});
