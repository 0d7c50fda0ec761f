import { describe, expect, it } from 'vitest';
import { CLIENT_RETRY, MAX_RETRY_AFTER_MS, type Outcome, retryDelayMs } from '#shared/client/retry-rules.ts';
import { parseRetryAfterMs } from '#shared/platform/http/retry-after.ts';

const NOW_MS = Date.parse('2026-11-21T18:30:00.000Z');
const UNANSWERED: Outcome = { kind: 'unanswered' };
const answered = (status: number, retryAfter: string | null = null): Outcome => ({
  kind: 'answered',
  status,
  retryAfter,
});

/** The longest possible wait. */
const delay = (outcome: Outcome, repeatable: boolean, attempt = 0) =>
  retryDelayMs(outcome, repeatable, attempt, CLIENT_RETRY, NOW_MS, () => 1);

describe('another attempt', () => {
  it.each([
    ['no answer', UNANSWERED, true, false],
    ['429', answered(429), true, true],
    ['500', answered(500), true, false],
    ['502', answered(502), true, false],
    ['503', answered(503), true, true],
    ['504', answered(504), true, false],
    ['200', answered(200), false, false],
    ['302', answered(302), false, false],
    ['400', answered(400), false, false],
    ['409', answered(409), false, false],
    ['409 that says when to come back', answered(409, '1'), true, false],
    ['412', answered(412), false, false],
    ['422', answered(422), false, false],
  ])('after %s depends on whether the request may be repeated', (_, outcome, whenRepeatable, whenNot) => {
    expect(delay(outcome, true) !== undefined).toBe(whenRepeatable);
    expect(delay(outcome, false) !== undefined).toBe(whenNot);
  });

  it('is not made beyond the cap', () => {
    expect(delay(UNANSWERED, true, CLIENT_RETRY.maxAttempts - 2)).toBeDefined();
    expect(delay(UNANSWERED, true, CLIENT_RETRY.maxAttempts - 1)).toBeUndefined();
  });

  it('waits between nothing and a ceiling that doubles', () => {
    const policy = { maxAttempts: 9, baseDelayMs: 100, maxDelayMs: 500 };
    const waits = (random: number) =>
      [0, 1, 2, 3, 4].map((attempt) => retryDelayMs(UNANSWERED, true, attempt, policy, NOW_MS, () => random));
    expect(waits(0)).toEqual([0, 0, 0, 0, 0]);
    expect(waits(1)).toEqual([100, 200, 400, 500, 500]);
  });

  it('waits at least as long as the answer asks for', () => {
    const wait = (random: number) => retryDelayMs(answered(429, '3'), false, 0, CLIENT_RETRY, NOW_MS, () => random);
    expect(wait(0)).toBe(3_000);
    expect(wait(1)).toBe(3_000 + CLIENT_RETRY.baseDelayMs);
  });

  it('is not made when the answer asks for more patience than a caller has', () => {
    expect(delay(answered(429, String(MAX_RETRY_AFTER_MS / 1000)), true)).toBeDefined();
    expect(delay(answered(429, String(MAX_RETRY_AFTER_MS / 1000 + 1)), true)).toBeUndefined();
  });
});

describe('Retry-After', () => {
  it.each([
    ['absent', null, undefined],
    ['seconds', '7', 7_000],
    ['zero', '0', 0],
    ['a date to come', 'Sat, 21 Nov 2026 18:30:05 GMT', 5_000],
    ['a date gone by', 'Sat, 21 Nov 2026 18:29:00 GMT', 0],
    ['nonsense', 'soon', undefined],
  ])('is read: %s', (_, header, expected) => {
    expect(parseRetryAfterMs(header, NOW_MS)).toBe(expected);
  });
});
