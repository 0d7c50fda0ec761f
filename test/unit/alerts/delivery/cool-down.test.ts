import { describe, expect, it } from 'vitest';
import type { Alert } from '#shared/alerts/alert.ts';
import { type CoolDown, judgeCoolDown } from '#shared/alerts/delivery/cool-down.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { testAlert } from '#test/support/fakes/alert-bench.ts';
import { TEST_NOW_MS as NOW } from '#test/support/fakes/fake-clock.ts';

const COOL_DOWN_MS = 30 * 60_000;
const last = (change: Partial<CoolDown> = {}): CoolDown => ({
  dedupe_key: 'thing',
  alert_id: 'alr_before',
  severity: 'ERROR',
  until: isoTime(NOW + 1),
  held_back: 3,
  version: 7,
  ...change,
});
const alert = (severity: Alert['severity'] = 'ERROR') => testAlert({ dedupe_key: 'thing', severity });

describe('an alert', () => {
  it.each([
    ['is told when nothing was told of its thing', undefined, 'ERROR', true],
    ['is counted within the cool-down of the same', last(), 'ERROR', false],
    ['is told once that is over', last({ until: isoTime(NOW) }), 'ERROR', true],
    ['that is graver is told at once', last(), 'CRITICAL', true],
    ['that is less grave is counted', last(), 'WARNING', false],
    [
      'that is critical is counted after a critical one of the same thing',
      last({ severity: 'CRITICAL' }),
      'CRITICAL',
      false,
    ],
    ['that was told already is not held back by itself', last({ alert_id: testAlert().id }), 'ERROR', true],
  ] as const)('%s', (_what, before, severity, tell) => {
    expect(judgeCoolDown(alert(severity), before, COOL_DOWN_MS, NOW).tell).toBe(tell);
  });

  it('that is counted leaves the end of the cool-down where it is', () => {
    expect(judgeCoolDown(alert(), last(), COOL_DOWN_MS, NOW).coolDown).toEqual(last({ held_back: 4, version: 8 }));
  });

  it('that is told says how many were counted before it, and begins a cool-down of its own', () => {
    const verdict = judgeCoolDown(alert('CRITICAL'), last(), COOL_DOWN_MS, NOW);
    expect(verdict).toEqual({
      tell: true,
      heldBackBefore: 3,
      coolDown: {
        dedupe_key: 'thing',
        alert_id: testAlert().id,
        severity: 'CRITICAL',
        until: isoTime(NOW + COOL_DOWN_MS),
        held_back: 0,
        version: 8,
      },
    });
  });

  it('is always told where the stage has no cool-down', () => {
    const first = judgeCoolDown(testAlert({ id: 'alr_1' }), undefined, 0, NOW);
    expect(judgeCoolDown(testAlert({ id: 'alr_2' }), first.coolDown, 0, NOW).tell).toBe(true);
  });
});
