import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { MAX_BATCH_INTENTS } from '#shared/transactions/batch/batch-record.ts';
import { laneName } from '#shared/transactions/lane/lane.ts';
import { referenceKey } from '#shared/transactions/ledger-items.ts';
import { createBatchDesk, intent, OTHER_CHAIN, OTHER_WALLET } from '#test/support/fakes/batch-desk.ts';
import { batchTraces, brokenBatchLaws } from '#test/support/fakes/batch-laws.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { storedWallet, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { ether, storedPolicy } from '#test/support/fakes/policies.ts';

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => intent({ value: String(n), reference: `r-${n}` }));
const transactSchema = z.object({ TransactItems: z.array(z.record(z.string(), z.unknown())) });

describe('accepting a batch', () => {
  it('gives its members back in the order of the request, which is the order of their ids and so of their lane', async () => {
    const desk = createBatchDesk();
    const { transactions } = await desk.process().accept(many(10));
    expect(transactions.map(({ value }) => value)).toEqual(Array.from({ length: 10 }, (_, n) => String(n)));
    const ids = transactions.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(10);
  });

  it.each([1, 2, 32, 33, MAX_BATCH_INTENTS])(
    'stores all of %i members with everything that is theirs',
    async (count) => {
      const desk = createBatchDesk();
      const process = desk.process();
      await process.accept(many(count));
      expect(brokenBatchLaws(desk.dynamo)).toEqual([]);
      expect(batchTraces(desk.dynamo)).toEqual({ answers: 1, references: count, transactions: count, open: 0 });
      for (const { operation, body } of process.aws.requests) {
        if (operation !== 'TransactWriteItems') continue;
        expect(transactSchema.parse(body).TransactItems.length).toBeLessThanOrEqual(100);
      }
    },
  );

  it('decides by one write: nothing but answer, references and the record is in it', async () => {
    const process = createBatchDesk().process();
    await process.accept(many(MAX_BATCH_INTENTS));
    const commit = process.aws.requests.find(({ operation }) => operation === 'TransactWriteItems');
    expect(transactSchema.parse(commit?.body).TransactItems).toHaveLength(MAX_BATCH_INTENTS + 2);
  });

  it('kicks each lane once, after all is stored', async () => {
    const desk = createBatchDesk();
    const lanes = [
      { walletId: TEST_WALLET.id },
      { walletId: OTHER_WALLET.id },
      { walletId: TEST_WALLET.id, chainId: OTHER_CHAIN.chain_id },
    ];
    await desk.process().accept([...lanes, ...lanes, ...lanes].map(intent));
    expect(desk.calls.map((call) => (call.kind === 'kick' ? laneName(call.lane) : '')).sort()).toEqual(
      [
        laneName({ chain_id: 31_337, address: TEST_WALLET.address }),
        laneName({ chain_id: 31_337, address: OTHER_WALLET.address }),
        laneName({ chain_id: 10, address: TEST_WALLET.address }),
      ].sort(),
    );
    expect(desk.metrics.counts()).toEqual({ TransactionAccepted: 9 });
  });

  it('names the batch in the first audit entry of each member', async () => {
    const desk = createBatchDesk();
    const { id } = await desk.process().accept(many(2));
    expect(desk.dynamo.items('audit').filter((entry) => JSON.stringify(entry).includes(id))).toHaveLength(2);
  });
});

describe('a batch is refused as a whole, naming the member at fault', () => {
  it.each([
    ['an unknown chain', { chainId: 5 }, 'INVALID_PARAMETER', 'body.transactions[3].chain_id'],
    [
      'a past valid_until',
      { validUntil: '2020-01-01T00:00:00Z' },
      'INVALID_PARAMETER',
      'body.transactions[3].valid_until',
    ],
    ['a used reference', { reference: 'used' }, 'DUPLICATE_REFERENCE', 'body.transactions[3].reference'],
    ['the reference of another member', { reference: 'r-1' }, 'DUPLICATE_REFERENCE', 'body.transactions[3].reference'],
  ])('for %s', async (_name, fault, code, field) => {
    const desk = createBatchDesk();
    desk.dynamo.put('ledger', { ...referenceKey('used'), transaction_id: 'tx_first' });
    const before = desk.dynamo.items('ledger').length;
    const intents = [...many(3), intent(fault), intent()];
    const error = await caughtLater(HavenError, () => desk.process().accept(intents));
    expect(error).toMatchObject({ code, details: { index: 3, fields: [{ field }] } });
    expect(desk.dynamo.items('ledger')).toHaveLength(before);
    expect(desk.dynamo.items('audit')).toEqual([]);
    expect(desk.dynamo.items('ephemeral')).toEqual([]);
    expect(desk.calls).toEqual([]);
    expect(desk.metrics.counts()).toEqual({});
  });

  it.each([
    ['an unknown wallet', 'wal_none', 'WALLET_NOT_FOUND'],
    ['a paused wallet', OTHER_WALLET.id, 'POLICY_VIOLATION'],
  ])('for %s', async (_name, walletId, code) => {
    const desk = createBatchDesk();
    desk.dynamo.put('ledger', { ...walletKey(OTHER_WALLET.id), ...storedWallet({ ...OTHER_WALLET, paused: true }) });
    const error = await caughtLater(HavenError, () => desk.process().accept([intent(), intent({ walletId })]));
    expect(error).toMatchObject({ code, details: { index: 1 } });
    expect(error.message).toMatch(/^transactions\[1\]: /);
    expect(batchTraces(desk.dynamo).transactions).toBe(0);
  });

  it('for a daily limit without room for all, naming the first member that finds none', async () => {
    const desk = createBatchDesk();
    const limit = storedPolicy({ max_value_per_day: [ether(10n)], max_fee_per_gas: '0' });
    desk.dynamo.put('ledger', { ...policyKey(TEST_WALLET.id), ...limit });
    const values = ['4', '3', '2', '2', '1'];
    const others = [intent({ walletId: OTHER_WALLET.id, value: '100' })];
    const intents = [...others, ...values.map((value) => intent({ value }))];
    const error = await caughtLater(HavenError, () => desk.process().accept(intents));
    expect(error).toMatchObject({
      code: 'POLICY_VIOLATION',
      details: {
        index: 4,
        rule: 'max_value_per_day',
        taken: '9',
        amount: '2',
        fields: [{ field: 'body.transactions[4]' }],
      },
    });
    expect(batchTraces(desk.dynamo)).toEqual({ answers: 0, references: 0, transactions: 0, open: 0 });
    await desk.process().accept(intents.slice(0, 4));
  });

  it('for more references and daily limits than one write takes, saying how many there are', async () => {
    const desk = createBatchDesk();
    const wallets = Array.from({ length: 50 }, (_, n) => `wal_01JD8Q4X7M5N2V9C3R6T0W1${String(n).padStart(3, '0')}`);
    for (const id of wallets) {
      desk.dynamo.put('ledger', { ...walletKey(id), ...storedWallet({ id }) });
      desk.dynamo.put('ledger', { ...policyKey(id), ...storedPolicy({ max_value_per_day: [ether(10n ** 18n)] }) });
    }
    const intents = wallets.map((walletId, n) => intent({ walletId, reference: `limited-${n}` }));
    const error = await caughtLater(HavenError, () => desk.process().accept(intents));
    expect(error).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: {
        fields: [
          {
            field: 'body.transactions',
            message: 'take from 50 daily limits and have 50 references; both together may be at most 98',
          },
        ],
      },
    });
    expect((await desk.process().accept(intents.slice(0, 49))).transactions).toHaveLength(49);
  });

  it('names the first of several members at fault', async () => {
    const intents = [intent(), intent({ chainId: 6 }), intent({ chainId: 7 })];
    const error = await caughtLater(HavenError, () => createBatchDesk().process().accept(intents));
    expect(error.details['index']).toBe(1);
  });
});

describe('the same batch again', () => {
  it('is answered as the first time and changes nothing', async () => {
    const desk = createBatchDesk();
    const first = await desk.process().accept(many(3));
    const items = desk.dynamo.items('ledger').length;
    const replay = await caughtLater(IdempotentReplay, () => desk.process().accept(many(3)));
    expect(replay.answer.status).toBe(202);
    expect(replay.answer.body).toMatchObject({
      id: first.id,
      transactions: first.transactions.map(({ id }) => ({ id, status: 'queued' })),
    });
    expect(desk.dynamo.items('ledger')).toHaveLength(items);
    expect(desk.calls).toHaveLength(1);
  });
});
