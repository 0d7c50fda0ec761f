import { describe, expect, it } from 'vitest';
import { transactionItem } from '#shared/transactions/ledger-items.ts';
import { transactionSchema } from '#shared/transactions/transaction.ts';
import { toTransactionDetail, toTransactionView } from '#shared/transactions/view.ts';
import { acceptedTransaction, attemptOf, mined } from '#test/support/fakes/ledger-transactions.ts';

/** api.md, the transaction's fields. */
const SHOWN = [
  'id',
  'status',
  'wallet_id',
  'from',
  'to',
  'value',
  'data',
  'chain_id',
  'nonce',
  'hash',
  'speed',
  'reference',
  'retried_by',
  'retry_of',
  'valid_until',
  'required_confirmations',
  'confirmations',
  'block_number',
  'gas_used',
  'effective_gas_price',
  'created_at',
  'updated_at',
  'version',
  'waiting_for',
  'cancellation',
  'failure',
];

describe('a transaction as it is shown', () => {
  it('has the declared fields and no other: no audit head, no keys of tables and indexes', () => {
    const stored = { ...transactionItem(mined(4, 100)), signed: '0xf86c', pk: 'TX#1' };
    expect(Object.keys(toTransactionView(stored)).toSorted()).toEqual(SHOWN.toSorted());
  });

  it('shows what it waits for and why it failed', () => {
    const failure = { code: 'CONTRACT_REVERT', message: 'no' };
    expect(toTransactionView(mined(4, 100, { waiting_for: 'funds', failure }))).toMatchObject({
      waiting_for: 'funds',
      failure,
    });
  });
});

describe('a transaction shown with its history', () => {
  const { transaction, entry } = acceptedTransaction(1, { attempts: [attemptOf(4)] });

  it('has attempts and history besides, and nothing internal in either', () => {
    const attempts = [{ ...attemptOf(4), bytes: '0xf86c' }];
    const detail = toTransactionDetail({ ...transactionItem(transaction), attempts }, [entry]);
    expect(Object.keys(detail).toSorted()).toEqual([...SHOWN, 'attempts', 'history'].toSorted());
    const { nonce_too_low_since: _forDrivers, ...shown } = attemptOf(4);
    expect(detail.attempts).toEqual([shown]);
    expect(detail.history).toEqual([{ at: entry.at, action: entry.action, actor: entry.actor, detail: entry.detail }]);
  });

  it('keeps the order of its history', () => {
    const entries = [entry, { ...entry, action: 'transaction.signed' }, { ...entry, action: 'transaction.submitted' }];
    expect(toTransactionDetail(transaction, entries).history.map(({ action }) => action)).toEqual([
      'transaction.queued',
      'transaction.signed',
      'transaction.submitted',
    ]);
  });
});

describe('the item of a transaction', () => {
  it('reads back as the transaction', () => {
    expect(transactionSchema.parse(transactionItem(transaction()))).toEqual(transaction());
  });

  it('is in the lists of its wallet and its status under its id', () => {
    const { id, wallet_id, status } = transaction();
    expect(transactionItem(transaction())).toMatchObject({
      pk: `TX#${id}`,
      sk: 'TX',
      gsi1sk: id,
      gsi2pk: `TRANSACTIONS#${wallet_id}`,
      gsi2sk: id,
      gsi3pk: `TRANSACTIONS#${status}`,
      gsi3sk: id,
    });
  });

  function transaction() {
    return mined(4, 100);
  }
});
