import { expect, it } from 'vitest';
import { isoTime, systemClock } from '#shared/platform/clock.ts';

it.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [1_795_285_800_007, '2026-11-21T18:30:00.007Z'],
])('isoTime writes %i ms as UTC with milliseconds', (epochMs, text) => {
  expect(isoTime(epochMs)).toBe(text);
});

it('isoTime gives texts that sort as their instants do', () => {
  const instants = [0, 999, 1_000, 1_795_285_799_999, 1_795_285_800_000];
  const texts = instants.map(isoTime);
  expect([...texts].sort()).toEqual(texts);
});

it('systemClock reads milliseconds since the epoch', () => {
  const before = Date.now();
  const read = systemClock();
  expect(read).toBeGreaterThanOrEqual(before);
  expect(read).toBeLessThanOrEqual(Date.now());
});
