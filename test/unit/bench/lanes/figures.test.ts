import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../../bench/lanes/figures.ts';
import { confirmedTransfer, failedTransfer } from './contender-times.ts';

describe('the figures of a contender', () => {
  it('are taken over the transfers of all its runs', () => {
    const runs = [0, 10_000].map((began) => ({
      outcomes: [confirmedTransfer(1, began), confirmedTransfer(2, began + 20)],
      lastMinedAt: began + 1_000,
    }));
    const figures = figuresOf('x', 2, runs);
    expect(figures).toMatchObject({ runs: 2, asked: 4, confirmed: 4 });
    expect(figures.acceptMs).toMatchObject({ count: 4, min: 15, median: 15, max: 15 });
    expect(figures.toBroadcastMs).toMatchObject({ count: 4, median: 20 });
    expect(figures.askedToBroadcastMs).toMatchObject({ count: 4, median: 30 });
    expect(figures.toConfirmedMs).toMatchObject({ count: 4, median: 1_990 });
  });

  it('count a second from the first transfer asked for to the last one with a node, and the last block seen', () => {
    const outcomes = [confirmedTransfer(1, 100), confirmedTransfer(2, 120)];
    const { broadcastPerSecond, minedPerSecond } = figuresOf('x', 2, [{ outcomes, lastMinedAt: 1_100 }]);
    expect(broadcastPerSecond).toMatchObject({ count: 1, median: 2 / 0.05 });
    expect(minedPerSecond).toMatchObject({ count: 1, median: 2 });
  });

  it('leave out what failed, and say so', () => {
    const outcomes = [confirmedTransfer(1), failedTransfer(2)];
    const figures = figuresOf('x', 2, [{ outcomes, lastMinedAt: 1_000 }]);
    expect(figures).toMatchObject({ asked: 2, confirmed: 1 });
    expect(figures.toConfirmedMs?.count).toBe(1);
    expect(figures.minedPerSecond?.median).toBe(1);
  });

  it('are none when nothing was confirmed', () => {
    const figures = figuresOf('x', 1, [{ outcomes: [failedTransfer(1)], lastMinedAt: null }]);
    expect(figures).toMatchObject({ confirmed: 0, acceptMs: null, toConfirmedMs: null, minedPerSecond: null });
    expect(figures.broadcastPerSecond).toBeNull();
  });
});
