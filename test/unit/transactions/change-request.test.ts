import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { requestCancel, requestSpeed } from '#shared/transactions/change-request.ts';
import { replacementOf } from '#shared/transactions/lane/replacement.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { timeIs } from '#test/support/fakes/lane-situations.ts';
import { attemptOf, mined, queued, signed, submitted } from '#test/support/fakes/ledger-transactions.ts';

const AT = isoTime(TEST_NOW_MS + 5_000);
const BY = { actor: 'key_tester', request_id: 'request-2' };
const ENDED = (['confirmed', 'reverted', 'failed', 'cancelled', 'expired'] as const).map((status) =>
  queued(1, { status }),
);

describe('cancelling', () => {
  it('ends what waits in the queue at once, and has won', () => {
    const { after, entry } = requestCancel(queued(1), AT, BY);
    expect(after).toMatchObject({ status: 'cancelled', cancellation: { reason: 'requested', outcome: 'won' } });
    expect(entry).toMatchObject({ action: 'transaction.cancelled', actor: 'key_tester' });
  });

  it.each([signed(5), submitted(5)])(
    'only asks for it when it is $status: the original may still win',
    (transaction) => {
      const { after, entry } = requestCancel(transaction, AT, BY);
      expect(after).toMatchObject({
        status: transaction.status,
        cancellation: { requested_at: AT, outcome: 'pending' },
      });
      expect(entry.action).toBe('transaction.cancel_requested');
    },
  );

  it('a second time changes nothing of the first', () => {
    const { after } = requestCancel(submitted(5), AT, BY);
    const again = requestCancel(after, isoTime(TEST_NOW_MS + 9_000), { ...BY, actor: 'key_other' });
    expect(again.after.cancellation).toEqual(after.cancellation);
  });

  it.each([mined(5, 100), ...ENDED])('is too late when it is $status, and says so', (transaction) => {
    const error = caught(HavenError, () => requestCancel(transaction, AT, BY));
    expect(error).toMatchObject({ code: 'INVALID_TRANSITION', details: { from: transaction.status } });
  });
});

describe('another speed', () => {
  it('is that of a queued one when it is signed, and nothing more', () => {
    expect(requestSpeed('fastest')(queued(1), AT, BY).after).toMatchObject({ speed: 'fastest', accelerated_at: null });
  });

  it.each([signed(5), submitted(5)])('makes a $status one due to be signed anew', (transaction) => {
    const { after, entry } = requestSpeed('fast')(transaction, AT, BY);
    expect(after).toMatchObject({ status: transaction.status, speed: 'fast', accelerated_at: AT });
    expect(entry).toMatchObject({ action: 'transaction.accelerated', detail: { speed: 'fast', before: 'standard' } });
  });

  it.each([0, 1, 5_000])(
    'counts though the clock that signed it is %i ms ahead of the one that is asked',
    (aheadMs) => {
      const signedAt = isoTime(Date.parse(AT) + aheadMs);
      const before = submitted(5, { attempts: [attemptOf(5, { signed_at: signedAt })] });
      const { after } = requestSpeed('fastest')(before, AT, BY);
      expect(replacementOf(after, 100, timeIs(Date.parse(AT)))).toMatchObject({ cause: 'accelerated' });
    },
  );

  it.each([mined(5, 100), ...ENDED])('is too late when it is $status', (transaction) => {
    expect(caught(HavenError, () => requestSpeed('fast')(transaction, AT, BY)).code).toBe('INVALID_TRANSITION');
  });
});
