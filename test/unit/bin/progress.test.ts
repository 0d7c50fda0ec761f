import { describe, expect, it } from 'vitest';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import type { Output } from '../../../bin/output.ts';
import { duration, Progress, progressLine } from '../../../bin/progress.ts';

describe('a line of progress', () => {
  it.each([
    [{ done: 50, total: 100, settled: 50 }, 10_000, 0, '   50 %  50 rows, 5.0 a second, about 10 s left'],
    // The first half was an earlier run's: it says nothing of how long the rest takes.
    [{ done: 75, total: 100, settled: 200 }, 10_000, 50, '   75 %  200 rows, 20 a second, about 10 s left'],
    [{ done: 0, total: 100, settled: 0 }, 0, 0, '    0 %  0 rows, 0.0 a second'],
    [{ done: 0, total: 0, settled: 0 }, 10, 0, '  100 %  0 rows, 0.0 a second'],
  ])('of %j after %i ms is told', (standing, elapsedMs, startedAt, line) => {
    expect(progressLine(standing, 'rows', elapsedMs, startedAt)).toBe(line);
  });

  it.each([
    [0, '0 s'],
    [59_001, '1 min'],
    [3_600_000, '1 h 0 min'],
    [5_430_000, '1 h 31 min'],
  ])('says %i ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    [true, 40],
    [false, 2],
  ])('comes often on a terminal (%s), and now and then where lines are kept', (isTerminal, lines) => {
    const clock = createFakeClock();
    const said: string[] = [];
    const output: Output = {
      isTerminal,
      print: () => undefined,
      say: () => undefined,
      progress: (line) => said.push(line),
    };
    let done = 0;
    const progress = new Progress(output, 'rows', () => ({ done, total: 1_000, settled: done }), clock.now);
    for (; done < 1_000; done += 1) {
      progress.tick();
      clock.advance(10);
    }
    expect(said.length).toBeGreaterThanOrEqual(lines - 1);
    expect(said.length).toBeLessThanOrEqual(lines);
  });
});
