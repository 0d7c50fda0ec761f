import { describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';

describe('a deadline', () => {
  it('runs down with the clock and never below zero', () => {
    const clock = createFakeClock();
    const deadline = Deadline.in(100, clock.now);
    expect(deadline.remainingMs()).toBe(100);
    clock.advance(60);
    expect(deadline.remainingMs()).toBe(40);
    clock.advance(60);
    expect(deadline.remainingMs()).toBe(0);
  });

  it('allows what ends exactly with it and not a millisecond more', () => {
    const deadline = Deadline.in(100, createFakeClock().now);
    expect(deadline.allows(100)).toBe(true);
    expect(deadline.allows(101)).toBe(false);
  });

  it('allows nothing that takes time once it has passed', () => {
    const deadline = Deadline.in(-5, createFakeClock().now);
    expect(deadline.allows(1)).toBe(false);
    expect(deadline.allows(0)).toBe(true);
  });

  it.each([
    ['the limit of an inner call', 1_000, 50, 50],
    ['its own end, when that is sooner', 30, 50, 30],
    ['a millisecond, the least that a timer takes, when it has passed', 0, 50, 1],
  ])('caps a time-out at %s', (_name, leftMs, limitMs, cappedMs) => {
    expect(Deadline.in(leftMs, createFakeClock().now).capMs(limitMs)).toBe(cappedMs);
  });
});
