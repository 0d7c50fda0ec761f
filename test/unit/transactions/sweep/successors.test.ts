import { describe, expect, it } from 'vitest';
import { isExpired } from '#shared/transactions/lane/lane-time.ts';
import { MAX_ATTEMPTS, MOVE_VALID_MS } from '#shared/transactions/sweep/plan-moves.ts';
import { transferCall } from '#shared/transactions/sweep/read-holdings.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { createSweepDesk, HEIR, runToTheEnd, SECOND_HEIR, SWEPT_TOKEN } from '#test/support/fakes/sweep-desk.ts';

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
    desk.setSuccessor(SECOND_HEIR, {});
    desk.setHeir({ status: 'rotated' }, SECOND_HEIR);
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ to: SECOND_HEIR.address }]);
  });
});

describe('tokens that wait for the coin that they need', () => {
  const late = { status: 'expired', failure: { code: 'TRANSACTION_TIMEOUT', message: 'late' } } as const;

  it('are not sent to a successor that was rotated meanwhile, but to the one in its place', async () => {
    const desk = createSweepDesk();
    desk.account.tokens.set(SWEPT_TOKEN, 7n);
    await desk.run();
    desk.setSuccessor(SECOND_HEIR, {});
    desk.setHeir({ status: 'rotated' }, SECOND_HEIR);
    desk.clock.advance(MOVE_VALID_MS);
    const [first] = desk.transactions();
    expect(first && isExpired(first, desk.clock.now())).toBe(true);
    desk.endAll(late);
    await desk.run();
    expect(desk.transactions().map(({ data, status }) => [data, status])).toEqual([
      [transferCall(HEIR.address, 7n), 'expired'],
      [transferCall(SECOND_HEIR.address, 7n), 'queued'],
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
