import { describe, expect, it } from 'vitest';
import { isoTime } from '#shared/platform/clock.ts';
import { FAILURE_LOG_EVERY_MS, nextFailureNote } from '#shared/transactions/top-up/failure-note.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { ether } from '#test/support/fakes/policies.ts';
import { createTopUpDesk, lowBalance } from '#test/support/fakes/top-up-desk.ts';

const MINUTE_MS = 60_000;
const first = nextFailureNote(undefined, lowBalance(), undefined, 'POLICY_VIOLATION', TEST_NOW_MS);
const topUp = { wallet_id: 'w', chain_id: 1, opened_at: '', attempt: 1, wasted: 0, transaction_id: 'tx', version: 4 };

describe('a top-up that fails is to be logged', () => {
  const next = (afterMs: number, cause = 'POLICY_VIOLATION', condition = lowBalance(), last?: typeof topUp) =>
    nextFailureNote(first, condition, last, cause, TEST_NOW_MS + afterMs);

  it('when it begins', () => {
    const at = isoTime(TEST_NOW_MS);
    expect(first).toMatchObject({ cause: 'POLICY_VIOLATION', since: at, logged_at: at, after: 0, version: 1 });
  });

  it('once an hour while it lasts, with when it began', () => {
    for (const afterMs of [0, MINUTE_MS, FAILURE_LOG_EVERY_MS - 1]) expect(next(afterMs)).toBeUndefined();
    expect(next(FAILURE_LOG_EVERY_MS)).toMatchObject({
      since: isoTime(TEST_NOW_MS),
      logged_at: isoTime(TEST_NOW_MS + FAILURE_LOG_EVERY_MS),
      version: 2,
    });
  });

  it('at once for another cause, another need, or after one that was accepted', () => {
    const since = isoTime(TEST_NOW_MS + MINUTE_MS);
    expect(next(MINUTE_MS, 'WRITE_CONFLICT')).toMatchObject({ since });
    expect(next(MINUTE_MS, undefined, lowBalance({ opened_at: since }))).toMatchObject({ since });
    expect(next(MINUTE_MS, undefined, undefined, topUp)).toMatchObject({ since, after: 4 });
  });
});

describe('the function that tops up', () => {
  it('says once an hour that it cannot, and counts it each minute, so that the alarm stays on', async () => {
    const desk = createTopUpDesk({ max_value_per_transaction: [ether(1n)] }, 2);
    for (let minute = 0; minute < 130; minute += 1) {
      for (const n of [1, 2]) desk.setCondition({ seen_at: isoTime(desk.clock.now()) }, n);
      await desk.run();
      desk.clock.advance(MINUTE_MS);
    }
    const lines = desk.log.of('TOP_UP_FAILED');
    expect(lines).toHaveLength(6);
    for (const line of lines)
      expect(line).toMatchObject({ since: isoTime(TEST_NOW_MS), error: { code: 'POLICY_VIOLATION' } });
    expect(desk.metrics.counts()).toMatchObject({ TopUpFailed: 260 });
  });

  it('says it once however many run at once', async () => {
    const desk = createTopUpDesk({ max_value_per_transaction: [ether(1n)] });
    await Promise.all(Array.from({ length: 6 }, () => desk.run()));
    expect(desk.log.of('TOP_UP_FAILED')).toHaveLength(1);
  });
});
