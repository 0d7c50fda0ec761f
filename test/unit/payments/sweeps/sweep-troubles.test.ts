import { describe, expect, it } from 'vitest';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TREASURY } from '#test/support/fakes/deposit-desk.ts';
import { TEST_CHAIN } from '#test/support/fakes/ledger-transactions.ts';
import { testPayment } from '#test/support/fakes/orders.ts';
import { paidInCoin, paidInTokens } from '#test/support/fakes/paid-deposit.ts';

describe('what ends otherwise', () => {
  it.each([
    ['expired', null, 'asked for again'],
    ['reverted', { code: 'TRANSACTION_REVERTED', message: 'no' }, 'failed'],
    ['cancelled', null, 'failed'],
    // Its lane could not submit it: nothing of it is on the chain.
    ['failed', { code: 'CONTRACT_REVERT', message: 'in simulation' }, 'asked for again'],
  ] as const)('%s is %s', async (status, failure, noted) => {
    const desk = paidInCoin();
    await desk.run();
    const [first] = desk.transactions();
    if (first !== undefined) desk.end(first, { status, failure });
    await desk.run();
    const isAgain = noted !== 'failed';
    expect(desk.sweep()?.moves).toMatchObject([isAgain ? { attempt: 2, status: 'open' } : { status: 'failed' }]);
    expect(desk.transactions()).toHaveLength(isAgain ? 2 : 1);
  });

  it.each(['valid_until', 'refused'] as const)('given up by its lane (%s) is asked for again', async (reason) => {
    const desk = paidInCoin();
    await desk.run();
    const [first] = desk.transactions();
    const at = isoTime(desk.clock.now());
    const cancellation = { reason, requested_at: at, requested_by: 'lane-worker', outcome: 'won' } as const;
    if (first !== undefined) desk.end(first, { status: 'cancelled', cancellation });
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done', failure: null });
  });

  it('is asked for as often as nobody can submit it, and noted once', async () => {
    const desk = paidInCoin();
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
    const desk = paidInTokens();
    await desk.run();
    desk.mine();
    desk.chain.head -= 1;
    await desk.run();
    expect(desk.sweep()).toMatchObject({ waiting_for: 'behind' });
    expect(desk.transactions()).toHaveLength(1);
  });

  it('a chain that does not answer is asked again by the next run', async () => {
    const desk = paidInCoin();
    desk.chain.fault = new Error('no answer');
    await desk.run();
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'error' });
    desk.chain.fault = undefined;
    await desk.runToTheEnd();
    expect(desk.sweep()).toMatchObject({ status: 'done' });
  });
});

it('a chain whose endpoints hang keeps no other waiting', async () => {
  const desk = paidInCoin();
  const slow = { ...TEST_CHAIN, chain_id: 2, name: 'slow' };
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
