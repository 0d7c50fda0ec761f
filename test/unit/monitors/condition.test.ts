import { describe, expect, it } from 'vitest';
import { alertSchema } from '#shared/alerts/alert.ts';
import { type CoolDown, judgeCoolDown } from '#shared/alerts/delivery/cool-down.ts';
import {
  type Condition,
  lapsedCondition,
  MAX_OPENINGS_TOLD,
  type Notice,
  type RaisedCondition,
  stepCondition,
} from '#shared/monitors/condition.ts';
import { conditionAlert } from '#shared/monitors/condition-alert.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { alertId, testAlert } from '#test/support/fakes/alert-bench.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { COOL_DOWN_MS, raisedCondition } from '#test/support/fakes/monitor-bench.ts';

const MINUTE_MS = 60_000;
const found = (change: Partial<RaisedCondition> = {}) => ({ ...raisedCondition(change), check: 'things' });

/** Steps a condition through looks, a minute between two unless said otherwise, and collects what is told of it. */
function history(looks: readonly (RaisedCondition | undefined)[], everyMs = MINUTE_MS) {
  const notices: (Notice | undefined)[] = [];
  const keys: string[] = [];
  let stored: Condition | undefined;
  looks.forEach((raised, index) => {
    const nowMs = TEST_NOW_MS + index * everyMs;
    const step = stepCondition(stored, raised && { ...raised, check: 'things' }, nowMs, COOL_DOWN_MS);
    stored = step?.after ?? stored;
    notices.push(step?.notice);
    if (step?.notice !== undefined) keys.push(conditionAlert('alr_1', step.after, step.notice, nowMs).dedupe_key);
  });
  return { notices, keys, stored };
}

const W = raisedCondition();
const E = raisedCondition({ severity: 'ERROR' });
const C = raisedCondition({ severity: 'CRITICAL' });
const OWN = raisedCondition({ isToldByItsOwner: true });
const OWN_E = raisedCondition({ severity: 'ERROR', isToldByItsOwner: true });

describe('a condition', () => {
  it.each([
    ['is told when it opens, and not again while it lasts', [W, W, W], ['opened', undefined, undefined]],
    ['is told again at once when it is graver', [W, E, E, C], ['opened', 'graver', undefined, 'graver']],
    [
      'is not told again when it is less grave, nor when it is as grave as before',
      [E, W, E],
      ['opened', undefined, undefined],
    ],
    ['is resolved with a notice', [W, undefined], ['opened', 'resolved']],
    ['is resolved once', [W, undefined, undefined], ['opened', 'resolved', undefined]],
    ['that opens anew is told anew', [W, undefined, W], ['opened', 'resolved', 'opened']],
    ['that nobody raised is none', [undefined], [undefined]],
    ['that its owner told is resolved with a notice', [OWN, OWN, undefined], [undefined, undefined, 'resolved']],
    ['that its owner told is graver without a notice', [OWN, OWN_E], [undefined, undefined]],
  ] as const)('%s', (_name, looks, notices) => {
    expect(history(looks).notices).toEqual(notices);
  });

  it.each([
    ['told', W, 'opened'],
    ['told by its owner', OWN, undefined],
  ] as const)('that was %s is told again once in each cool-down', (_name, raised, first) => {
    const { notices } = history(
      Array.from({ length: 5 }, () => raised),
      COOL_DOWN_MS / 2,
    );
    expect(notices).toEqual([first, undefined, 'repeated', undefined, 'repeated']);
  });

  it('that opens over and over is told so a few times, and then when a cool-down has passed since the first of those', () => {
    const flapping = Array.from({ length: 70 }, (_, index) => (index % 2 === 0 ? W : undefined));
    const opened = history(flapping).notices.flatMap((notice, index) => (notice === 'opened' ? [index] : []));
    expect(opened).toEqual([0, 2, 4, 60, 62, 64]);
    expect(MAX_OPENINGS_TOLD).toBe(3);
  });

  it('that opened silently, because it flaps, is resolved silently', () => {
    expect(history([W, undefined, W, undefined, W, undefined, W, undefined]).notices.slice(-2)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('that flaps is told at once when it is graver than any opening that was told, and not over and over', () => {
    const flapped = [W, undefined, W, undefined, W, undefined] as const;
    expect(history([...flapped, C, C, undefined, C, undefined]).notices.slice(6)).toEqual([
      'opened',
      undefined,
      'resolved',
      undefined,
      undefined,
    ]);
    // It opens as before, unheard, and gets worse than any that was heard.
    expect(history([...flapped, W, E]).notices.slice(6)).toEqual([undefined, 'opened']);
    // That it got worse was heard before.
    expect(history([W, E, undefined, W, undefined, W, undefined, E]).notices.at(-1)).toBeUndefined();
  });

  it('that its owner tells over and over is resolved a few times, and then silently', () => {
    const flapping = Array.from({ length: 59 }, (_, index) => (index % 2 === 0 ? OWN : undefined));
    const resolved = history(flapping).notices.filter((notice) => notice === 'resolved');
    expect(resolved).toHaveLength(MAX_OPENINGS_TOLD);
    expect(history([...flapping.slice(0, 8), OWN_E, undefined]).notices.at(-1)).toBe('resolved');
  });

  it('ends with what the last look found of it, also where that was not told', () => {
    const looks = [raisedCondition({ details: { ids: ['a'] } }), raisedCondition({ details: { ids: ['a', 'b'] } })];
    const { notices, stored } = history([...looks, looks[1], undefined]);
    expect([notices, stored?.version, stored?.details]).toEqual([
      ['opened', undefined, undefined, 'resolved'],
      3,
      { ids: ['a', 'b'] },
    ]);
  });

  it('of which nothing is known any more ends without a word', () => {
    const { stored } = history([W]);
    if (stored === undefined) throw new Error('It is open');
    const { after, notice } = lapsedCondition(stored, TEST_NOW_MS + MINUTE_MS);
    expect([after.state, after.notices, after.version, notice]).toEqual(['resolved', 1, 2, undefined]);
  });

  it('is resolved as news of no gravity, for all who heard of the gravest that was told', () => {
    const looks = [W, C, ...Array.from({ length: 60 }, () => W), undefined];
    const { notices, stored } = history(looks);
    expect(notices.filter((notice) => notice !== undefined)).toEqual(['opened', 'graver', 'repeated', 'resolved']);
    if (stored === undefined) throw new Error('It was open');
    expect(conditionAlert('alr_1', stored, 'resolved', TEST_NOW_MS)).toMatchObject({
      severity: 'INFO',
      routed_as: 'CRITICAL',
    });
    expect(conditionAlert('alr_1', stored, 'repeated', TEST_NOW_MS)).not.toHaveProperty('routed_as');
  });

  it('says since when it is open, and as which notice, in the words of its last look', () => {
    const first = stepCondition(undefined, found(), TEST_NOW_MS, COOL_DOWN_MS);
    const nowMs = TEST_NOW_MS + 90 * MINUTE_MS;
    const step = stepCondition(
      first?.after,
      found({ summary: 'Two things', details: { things: 2 } }),
      nowMs,
      COOL_DOWN_MS,
    );
    if (step?.notice === undefined) throw new Error('It is to be told');
    const alert = conditionAlert('alr_2', step.after, step.notice, nowMs);
    expect(alertSchema.parse(alert)).toEqual({
      id: 'alr_2',
      severity: 'WARNING',
      category: 'alarm',
      summary: 'Still: Two things',
      details: {
        things: 2,
        condition: 'things:1',
        notice: 'repeated',
        number_of_notice: 2,
        open_since: isoTime(TEST_NOW_MS),
        open_minutes: 90,
      },
      dedupe_key: `things:1@${isoTime(TEST_NOW_MS)}#2`,
      occurred_at: isoTime(nowMs),
    });
  });

  it('is never held back by the cool-down of who tells alerts: each notice has a key of its own', () => {
    const { keys } = history([W, E, undefined, W, undefined]);
    const told = new Map<string, CoolDown>();
    for (const [index, dedupe_key] of keys.entries()) {
      const alert = { ...testAlert({ id: alertId(index), severity: 'INFO' }), dedupe_key };
      const { tell, coolDown } = judgeCoolDown(alert, told.get(dedupe_key), COOL_DOWN_MS, TEST_NOW_MS);
      expect([dedupe_key, tell]).toEqual([dedupe_key, true]);
      told.set(dedupe_key, coolDown);
    }
  });

  it('has a dedupe key that alerts can have, however long its own is', () => {
    const step = stepCondition(
      undefined,
      found({ key: 'k'.repeat(160), summary: 's'.repeat(299) }),
      TEST_NOW_MS,
      COOL_DOWN_MS,
    );
    if (step === undefined) throw new Error('It is to open');
    for (const notice of ['opened', 'graver', 'repeated', 'resolved'] as const)
      expect(
        alertSchema.safeParse(conditionAlert('alr_1', { ...step.after, notices: 99_999 }, notice, TEST_NOW_MS)).success,
      ).toBe(true);
  });
});
