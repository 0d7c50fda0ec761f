import { describe, expect, it } from 'vitest';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { referenceKey, transactionItem } from '#shared/transactions/ledger-items.ts';
import { FIRST_WAIT_MS, MAX_WASTED, TOP_UP_VALID_MS } from '#shared/transactions/top-up/next-top-up.ts';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { attemptOf, queued, TEST_CHAIN, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { ether } from '#test/support/fakes/policies.ts';
import { createTopUpDesk, poorWallet, TEST_TOP_UP } from '#test/support/fakes/top-up-desk.ts';

const REFERENCE = `top-up:${poorWallet().id}:${TEST_CHAIN.chain_id}:${isoTime(TEST_NOW_MS)}`;
const LANE = { chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address };

describe('the function that tops up', () => {
  it('accepts one transaction of the treasury for a wallet that runs low, on record, and kicks its lane', async () => {
    const desk = createTopUpDesk();
    await desk.run();
    const [transaction, ...others] = desk.transactions();
    expect(others).toEqual([]);
    expect(transaction).toMatchObject({
      wallet_id: TEST_WALLET.id,
      to: poorWallet().address,
      value: '900',
      data: '0x',
      status: 'queued',
      reference: `${REFERENCE}:1`,
      valid_until: isoTime(TEST_NOW_MS + TOP_UP_VALID_MS),
    });
    const entries = await createAuditStore(desk.deps.client, 'audit').stored(transaction?.id ?? '');
    expect(entries).toMatchObject([
      { actor: 'top-up', request_id: 'invocation-1', detail: { top_up_of: poorWallet().id, value: '900' } },
    ]);
    expect(desk.topUpRow()).toMatchObject({ attempt: 1, transaction_id: transaction?.id, version: 1 });
    expect(desk.kicks.calls).toEqual([{ kind: 'kick', lane: LANE, cause: 'accept' }]);
    expect(desk.log.of('TOP_UP_ACCEPTED')).toMatchObject([{ wallet_id: poorWallet().id, value_wei: '900' }]);
    expect(desk.metrics.counts()).toEqual({ TransactionAccepted: 1, TopUpAccepted: 1 });
  });

  it('accepts one for one need, however often and however many at once it runs', async () => {
    const desk = createTopUpDesk();
    await Promise.all(Array.from({ length: 8 }, () => desk.run()));
    for (let time = 0; time < 3; time += 1) await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    expect(desk.metrics.counts()).toEqual({ TransactionAccepted: 1, TopUpAccepted: 1 });
    expect(desk.log.of('TOP_UP_FAILED')).toEqual([]);
  });

  it.each(['request', 'answer'] as const)(
    'cut off at any request in turn, its %s lost, has accepted one or none, and the next run leaves one',
    async (lost) => {
      const points = await cutOffAt(createTopUpDesk(), 0, lost);
      // The index, the rows, the treasury, the write.
      expect(points).toBe(4);
      for (let at = 1; at <= points; at += 1) {
        const desk = createTopUpDesk();
        await cutOffAt(desk, at, lost);
        expect(desk.transactions()).toHaveLength(at === points && lost === 'answer' ? 1 : 0);
        await desk.run();
        await desk.run();
        expect(desk.transactions()).toHaveLength(1);
      }
    },
  );

  it('leaves wallets alone whose policy tops up nothing, or another chain', async () => {
    const desk = createTopUpDesk({}, 2);
    desk.setRule(undefined, 1);
    desk.setRule({ ...TEST_TOP_UP, chain_id: 1 }, 2);
    await desk.run();
    expect(desk.transactions()).toEqual([]);
    expect(desk.log.lines).toEqual([]);
  });

  it('sees to every wallet, past the end of a page', async () => {
    const desk = createTopUpDesk({}, 70);
    await desk.run();
    const served = desk.transactions().map(({ to }) => to);
    expect(served.toSorted()).toEqual(Array.from({ length: 70 }, (_, index) => poorWallet(index + 1).address));
  });

  it('begins nothing that it has no time for, and says so', async () => {
    const desk = createTopUpDesk();
    await desk.run(2_500);
    expect(desk.transactions()).toEqual([]);
    expect(desk.log.of('TOP_UPS_CUT_OFF')).toMatchObject([{ seen: 0 }]);
  });

  it('does not send when the balance was seen anew between its look and its write', async () => {
    const desk = createTopUpDesk();
    const run = desk.open((request) => {
      if (request.operation === 'TransactWriteItems') desk.setCondition({ state: 'resolved', version: 2 });
      return desk.dynamo.answer(request);
    });
    await run({}, lambdaContext());
    expect(desk.transactions()).toEqual([]);
    expect(desk.metrics.counts()).toEqual({});
  });
});

describe('a transaction that waits for funds', () => {
  it('gets what it lacks, and nothing once it was cancelled', async () => {
    const desk = createTopUpDesk();
    const waiting = queued(500, { wallet_id: poorWallet().id });
    const lacking = { transaction_id: waiting.id, missing_wei: '5000', threshold_wei: null };
    desk.setCondition(lacking);
    desk.dynamo.put('ledger', transactionItem({ ...waiting, status: 'cancelled' }));
    await desk.run();
    expect(desk.transactions().map(({ value }) => value)).not.toContain('5000');
    desk.dynamo.put('ledger', transactionItem(waiting));
    await desk.run();
    expect(desk.transactions().filter(({ value }) => value === '5000')).toHaveLength(1);
  });
});

describe('the policy of the treasury', () => {
  it('holds for top-ups: its daily limit is never exceeded, and what it refuses is told', async () => {
    const desk = createTopUpDesk({ max_value_per_day: [ether(2_000n)], max_fee_per_gas: '0' }, 5);
    await Promise.all([desk.run(), desk.run()]);
    expect(desk.transactions()).toHaveLength(2);
    expect(desk.spent()).toBe(1_800n);
    const refusals = desk.log.of('TOP_UP_FAILED');
    expect(refusals.length).toBeGreaterThanOrEqual(3);
    for (const line of refusals) expect(line).toMatchObject({ error: { code: 'POLICY_VIOLATION' } });
  });

  it('that does not allow a wallet keeps nothing from the others', async () => {
    const desk = createTopUpDesk({ allowed_destinations: [poorWallet(2).address] }, 3);
    await desk.run();
    expect(desk.transactions().map(({ to }) => to)).toEqual([poorWallet(2).address]);
    expect(desk.metrics.counts()).toMatchObject({ TopUpAccepted: 1, TopUpFailed: 2 });
  });

  it('and a need that it refused is met when it allows it', async () => {
    const desk = createTopUpDesk({ max_value_per_transaction: [ether(899n)] });
    await desk.run();
    expect([desk.transactions(), desk.topUpRow()]).toEqual([[], undefined]);
    desk.clock.advance(5_000);
    desk.setRule({ ...TEST_TOP_UP, to: '999' });
    await desk.run();
    expect(desk.transactions()).toMatchObject([{ value: '899', reference: `${REFERENCE}:1` }]);
  });
});

describe('a second try', () => {
  it('comes after the first has ended without effect, once, and not before its time', async () => {
    const desk = createTopUpDesk();
    await desk.run();
    desk.clock.advance(TOP_UP_VALID_MS);
    desk.setCondition({ seen_at: isoTime(desk.clock.now()), version: 2 });
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    await desk.end({ status: 'expired' });
    await desk.run();
    expect(desk.transactions()).toHaveLength(1);
    desk.clock.advance(FIRST_WAIT_MS);
    await Promise.all(Array.from({ length: 5 }, () => desk.run()));
    expect(desk.transactions().map(({ reference }) => reference)).toEqual([`${REFERENCE}:1`, `${REFERENCE}:2`]);
    expect(desk.topUpRow()).toMatchObject({ attempt: 2, wasted: 0, version: 2 });
  });

  it('is none after too many that cost a fee each; that is told, and ends with the need', async () => {
    const desk = createTopUpDesk();
    for (let minute = 0; minute < 200; minute += 1) {
      desk.setCondition({ seen_at: isoTime(desk.clock.now()) });
      await desk.run();
      if (desk.transactions().at(-1)?.status === 'queued') {
        await desk.end({ status: 'reverted', attempts: [attemptOf(1)] });
      }
      desk.clock.advance(60_000);
    }
    expect(desk.transactions()).toHaveLength(MAX_WASTED);
    expect(desk.log.of('TOP_UP_GIVEN_UP')[0]).toMatchObject({ transaction_id: desk.transactions().at(-1)?.id });
    const now = isoTime(desk.clock.now());
    desk.setCondition({ opened_at: now, seen_at: now });
    await desk.run();
    expect(desk.transactions()).toHaveLength(MAX_WASTED + 1);
  });

  it('is the one that a person made: while that is under way there is no other', async () => {
    const desk = createTopUpDesk();
    await desk.run();
    await desk.end({ status: 'expired' });
    const [first] = desk.transactions();
    const retry = await desk.openProcess().accept({ to: poorWallet().address, value: '900' });
    desk.dynamo.put('ledger', { ...desk.rowOf({ pk: `TX#${first?.id}`, sk: 'TX' }), retried_by: retry.id });
    desk.clock.advance(10 * FIRST_WAIT_MS);
    desk.setCondition({ seen_at: isoTime(desk.clock.now()) });
    await desk.run();
    expect(desk.transactions()).toHaveLength(2);
  });

  it('is told of when somebody else has used its reference, and sends nothing', async () => {
    const desk = createTopUpDesk();
    desk.dynamo.put('ledger', { ...referenceKey(`${REFERENCE}:1`), transaction_id: 'tx_other' });
    await desk.run();
    expect([desk.transactions(), desk.topUpRow()]).toEqual([[], undefined]);
    expect(desk.log.of('TOP_UP_FAILED')).toMatchObject([{ error: { code: 'DUPLICATE_REFERENCE' } }]);
  });
});

/** Runs by a network that fails at one request, and says how many there were. */
async function cutOffAt(
  desk: ReturnType<typeof createTopUpDesk>,
  at: number,
  lost: 'request' | 'answer',
): Promise<number> {
  let requests = 0;
  const run = desk.open((request) => {
    requests += 1;
    if (requests !== at) return desk.dynamo.answer(request);
    if (lost === 'answer') desk.dynamo.answer(request);
    return new Error('cut off');
  });
  await Promise.allSettled([run({}, lambdaContext())]);
  return requests;
}
