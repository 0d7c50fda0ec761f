import { describe, expect, it } from 'vitest';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { endRedemption, isStillToBurn, type Redemption, redemptionStatusSchema } from '#shared/token/redemption.ts';
import { type TransactionStatus, transactionStatusSchema } from '#shared/transactions/transaction.ts';
import type { TransactionEnded } from '#shared/transactions/watcher.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { TOKEN_ADDRESS } from '#test/support/fakes/fake-token.ts';
import { TEST_CHAIN, transactionId } from '#test/support/fakes/ledger-transactions.ts';
import { nthId } from '#test/support/fakes/redemption-desk.ts';

const AT = isoTime(1_000);
const BY = { actor: 'outbox-worker', request_id: 'invocation-1' };
const ID = nthId('red', 1);

const redemption = (overrides: Partial<Redemption> = {}): Redemption => ({
  ...emptyHead(ID),
  id: ID,
  status: 'pending',
  user_id: nthId('usr', 1),
  amount: '5',
  reference: 'r-1',
  chain_id: TEST_CHAIN.chain_id,
  token_address: TOKEN_ADDRESS,
  transaction_id: transactionId(1),
  failure: null,
  created_at: isoTime(0),
  updated_at: isoTime(0),
  version: 1,
  ...overrides,
});

const burned = (status: TransactionStatus, overrides: Partial<TransactionEnded> = {}): TransactionEnded => ({
  type: 'transaction.ended',
  transaction_id: transactionId(1),
  status,
  failure: null,
  ...overrides,
});

/** What becomes of a pending redemption, by the state of its burn, in the words of the issue. */
const ENDS: Readonly<Record<TransactionStatus, Redemption['status'] | undefined>> = {
  queued: undefined,
  signed: undefined,
  submitted: undefined,
  mined: undefined,
  confirmed: 'completed',
  reverted: 'failed',
  failed: 'failed',
  cancelled: 'failed',
  expired: 'failed',
};

describe('the end of a redemption', () => {
  it.each(transactionStatusSchema.options)('by a burn that is %s is as the rules say', (status) => {
    const end = () => endRedemption(redemption(), burned(status), AT, BY);
    const wanted = ENDS[status];
    if (wanted === undefined) {
      expect(caught(HavenError, end)).toMatchObject({ code: 'INVALID_TRANSITION' });
      return;
    }
    const { before, after, entry } = end() ?? {};
    expect(before).toEqual(redemption());
    expect(after).toMatchObject({ status: wanted, version: 2, updated_at: AT });
    expect(entry).toMatchObject({ action: `redemption.${wanted}`, stream: ID, seq: 1 });
    expect(after?.failure === null).toBe(wanted === 'completed');
    if (after !== undefined) expect(firstBreak(ID, [entry], after)).toBeNull();
  });

  it('says why nothing was burned', () => {
    const failure = { code: 'CONTRACT_REVERT', message: 'ERC20InsufficientBalance' };
    expect(endRedemption(redemption(), burned('failed', { failure }), AT, BY)?.after.failure).toEqual({
      code: 'REDEMPTION_FAILED',
      message: 'Nothing was burned, the transaction is failed: ERC20InsufficientBalance',
    });
  });

  it.each(['completed', 'failed'] as const)('told again is no change: %s', (status) => {
    const burn = burned(status === 'completed' ? 'confirmed' : 'reverted');
    expect(endRedemption(redemption({ status }), burn, AT, BY)).toBeUndefined();
  });

  it.each([
    ['completed', 'failed'],
    ['completed', 'reverted'],
    ['failed', 'confirmed'],
  ] as const)('of a %s one can not be turned by a burn that is %s', (status, burn) => {
    const error = caught(HavenError, () => endRedemption(redemption({ status }), burned(burn), AT, BY));
    expect(error.code).toBe('INVALID_TRANSITION');
  });

  it.each(redemptionStatusSchema.options)('is not told by the burn of another: %s', (status) => {
    const other = burned('confirmed', { transaction_id: transactionId(2) });
    expect(caught(HavenError, () => endRedemption(redemption({ status }), other, AT, BY)).code).toBe(
      'INVALID_TRANSITION',
    );
  });
});

describe('a burn, as of a balance at block 42,', () => {
  it.each([
    ['is still to come while it is queued', { status: 'queued', block_number: null, succeeded: null }, true],
    ['is still to come while it is in no block', { status: 'submitted', block_number: null, succeeded: null }, true],
    ['is still to come in a later block', { status: 'mined', block_number: 43, succeeded: true }, true],
    ['is in the balance in that block', { status: 'mined', block_number: 42, succeeded: true }, false],
    ['is in the balance in an earlier one', { status: 'confirmed', block_number: 7, succeeded: true }, false],
    ['never comes when it was mined and reverted', { status: 'mined', block_number: 43, succeeded: false }, false],
    ['never comes when it failed', { status: 'failed', block_number: null, succeeded: null }, false],
    ['never comes when it expired', { status: 'expired', block_number: null, succeeded: null }, false],
    ['never comes when it was cancelled', { status: 'cancelled', block_number: null, succeeded: null }, false],
  ] as const)('%s', (_name, burn, counts) => {
    expect(isStillToBurn(burn, 42)).toBe(counts);
  });
});
