import { describe, expect, it } from 'vitest';
import { transferCall } from '#shared/transactions/sweep/read-holdings.ts';
import { isToBeRecalled } from '#shared/transactions/sweep/recall.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { ether } from '#test/support/fakes/policies.ts';
import { createSweepDesk, HEIR, SECOND_HEIR, SWEPT_TOKEN } from '#test/support/fakes/sweep-desk.ts';

type Desk = ReturnType<typeof createSweepDesk>;

function queue(desk: Desk) {
  return desk.dynamo.items('ledger').filter((item) => JSON.stringify(item['sk']).includes('QUEUE#'));
}

describe('what is queued for a successor', () => {
  it.each<[string, bigint]>([
    ['the coin', 0n],
    ['tokens', 7n],
  ])('that was revoked since ends before it is signed, on record, and stays: %s', async (_name, tokens) => {
    const desk = createSweepDesk();
    desk.account.tokens.set(SWEPT_TOKEN, tokens);
    await desk.run();
    expect(queue(desk)).toHaveLength(1);
    desk.setHeir({ status: 'revoked' });
    await desk.run();
    expect(queue(desk)).toEqual([]);
    const [transaction, ...others] = desk.transactions();
    const failure = { code: 'WALLET_REVOKED', message: expect.stringContaining('revoked before it was signed') };
    expect([transaction, others]).toMatchObject([{ status: 'failed', failure, waiting_for: null }, []]);
    const id = transaction?.id ?? '';
    expect((await desk.entries(id)).at(-1)).toMatchObject({
      action: 'transaction.failed',
      actor: 'sweeper',
      detail: failure,
    });
    expect(desk.log.of('SWEEP_RECALLED')).toMatchObject([{ wallet_id: TEST_WALLET.id, transaction_id: id }]);
    expect(desk.sweep()).toMatchObject({ status: 'failed', failure: { message: 'The successor was revoked' } });
    expect(desk.alerts()).toMatchObject([{ category: 'transaction_failed' }]);
  });

  it('that was rotated since goes to the one in its place, at once', async () => {
    const desk = createSweepDesk();
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await desk.run();
    desk.setSuccessor(SECOND_HEIR, {});
    desk.setHeir({ status: 'rotated' }, SECOND_HEIR);
    await desk.run();
    expect(desk.transactions().map(({ data, status }) => [data, status])).toEqual([
      [transferCall(HEIR.address, 7n), 'failed'],
      [transferCall(SECOND_HEIR.address, 7n), 'queued'],
    ]);
    expect(desk.sweep()).toMatchObject({ status: 'open', moves: [{ attempt: 2, status: 'open' }] });
  });

  it('that was rotated and then revoked goes to the one in its place', async () => {
    const desk = createSweepDesk();
    await desk.run();
    desk.setSuccessor(SECOND_HEIR, {});
    desk.setHeir({ status: 'revoked' }, SECOND_HEIR);
    await desk.run();
    expect(desk.transactions().map(({ to, status }) => [to, status])).toEqual([
      [HEIR.address, 'failed'],
      [SECOND_HEIR.address, 'queued'],
    ]);
  });

  it('gives back what it held of a daily limit', async () => {
    const desk = createSweepDesk({ policy: { max_value_per_day: [ether(15n * 10n ** 17n)] } });
    await desk.run();
    desk.setSuccessor(SECOND_HEIR, {});
    desk.setHeir({ status: 'rotated' }, SECOND_HEIR);
    await desk.run();
    // There is room for one transfer a day only.
    expect(desk.transactions().map(({ status }) => status)).toEqual(['failed', 'queued']);
  });

  it('and is signed first is left to the chain, and what waits for it says so', async () => {
    const desk = createSweepDesk();
    await desk.run();
    desk.setHeir({ status: 'revoked' });
    const lane = desk.open((request) => {
      if (request.operation === 'TransactWriteItems') desk.noteAll({ status: 'signed', version: 2 });
      return desk.dynamo.answer(request);
    });
    await lane({}, lambdaContext());
    expect(desk.transactions()).toMatchObject([{ status: 'signed' }]);
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ status: 'signed', failure: null }]);
    expect(desk.sweep()).toMatchObject({ status: 'open', waiting_for: 'heir' });
  });

  it('is left alone while it is disputed who that is', async () => {
    const desk = createSweepDesk();
    await desk.run();
    desk.setWallet({ successor_id: SECOND_HEIR.id });
    await desk.run();
    expect(desk.sweep()).toMatchObject({ waiting_for: 'disputed' });
    expect(desk.transactions()).toMatchObject([{ status: 'queued' }]);
  });
});

describe('whether a transaction goes to the successor', () => {
  const coin = { token_address: null, amount: '5' };
  const token = { token_address: SWEPT_TOKEN, amount: '5' };
  const toHeir = { status: 'queued', to: HEIR.address, data: '0x' } as const;
  const callFor = (address: string, amount: bigint) =>
    ({ status: 'queued', to: SWEPT_TOKEN, data: transferCall(address, amount) }) as const;

  it('is told by where a coin goes, and by the call that moves a token', () => {
    expect(isToBeRecalled(toHeir, coin, HEIR)).toBe(false);
    expect(isToBeRecalled(toHeir, coin, SECOND_HEIR)).toBe(true);
    expect(isToBeRecalled(callFor(HEIR.address, 5n), token, HEIR)).toBe(false);
    expect(isToBeRecalled(callFor(HEIR.address, 5n), token, SECOND_HEIR)).toBe(true);
    expect(isToBeRecalled(callFor(HEIR.address, 5n), token, undefined)).toBe(true);
  });

  it.each(['signed', 'submitted', 'mined', 'confirmed'] as const)('is too late to ask of one that is %s', (status) => {
    expect(isToBeRecalled({ ...toHeir, status }, coin, undefined)).toBe(false);
  });
});
