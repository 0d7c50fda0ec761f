import { describe, expect, it } from 'vitest';
import { lambdaContext } from '#test/support/fakes/api-request.ts';
import { createSweepDesk } from '#test/support/fakes/sweep-desk.ts';

describe('more open sweeps than a run has time for', () => {
  const OPEN = 250;
  const ids = Array.from({ length: OPEN }, (_, at) => `wal_${String(at).padStart(4, '0')}`);

  /** A sweeper for which each look takes a second, and what it looked at. */
  function slowSweeper(random: () => number) {
    const desk = createSweepDesk();
    const seen: string[] = [];
    const handle = desk.open(undefined, {
      random,
      find: {
        open: async (limit, after = '') => ids.filter((id) => id > after).slice(0, limit),
        load: async (id) => {
          seen.push(id);
          desk.clock.advance(1_000);
          return undefined;
        },
      },
    });
    return { seen, run: (remainingMs: number) => handle({}, lambdaContext(remainingMs)), log: desk.log };
  }

  it('are all seen, each once, where there is time, from whichever it begins', async () => {
    const { seen, run, log } = slowSweeper(() => 0.999);
    await run((OPEN + 60) * 1_000);
    expect(seen).toEqual([...ids.slice(-1), ...ids.slice(0, -1)]);
    expect(log.of('SWEEPS_CUT_OFF')).toEqual([]);
  });

  it('have each its turn, wherever their ids are', async () => {
    const starts = Array.from({ length: 10 }, (_, at) => ((at * 7) % 10) / 10);
    let run = 0;
    const sweeper = slowSweeper(() => starts[run] ?? 0);
    for (; run < starts.length; run += 1) await sweeper.run(36_000);
    expect(sweeper.log.of('SWEEPS_CUT_OFF')).toHaveLength(starts.length);
    expect(new Set(sweeper.seen)).toEqual(new Set(ids));
  });
});
