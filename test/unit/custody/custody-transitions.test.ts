import { describe, expect, it } from 'vitest';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { changeCustody } from '#shared/custody/custody-state.ts';
import { walletTransitions } from '#shared/custody/lifecycle/lifecycle.ts';
import { walletStatusSchema } from '#shared/custody/wallet.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { TEST_WALLET, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';

const STATUSES = walletStatusSchema.options;

describe('a change of a key state', () => {
  const cases = STATUSES.flatMap((from) => STATUSES.map((to) => ({ from, to })));
  it.each(cases)('from $from to $to is added only where there is such a change', ({ from, to }) => {
    const write = new WriteTransaction();
    const change = () =>
      changeCustody(
        write,
        'ledger',
        TEST_WALLET.id,
        { before: unusedCustody({ status: from }), head: emptyHead(TEST_WALLET.id), set: { status: to } },
        () => new Error('raced'),
      );
    if (from === to || walletTransitions[from].includes(to)) {
      change();
      expect(write.size).toBe(1);
    } else {
      expect(change).toThrow(expect.objectContaining({ code: 'INVALID_TRANSITION' }));
      expect(write.size).toBe(0);
    }
  });
});
