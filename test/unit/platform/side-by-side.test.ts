import { describe, expect, it } from 'vitest';
import { sideBySide } from '#shared/platform/side-by-side.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createRecordingSleep } from '#test/support/fakes/recording-sleep.ts';

/** A source that counts how much of it was asked for. */
function counted(size: number) {
  let asked = 0;
  async function* source() {
    for (let nth = 0; nth < size; nth += 1) {
      asked += 1;
      yield nth;
    }
  }
  return { source: source(), asked: () => asked };
}

const FAST = { concurrency: 3, perSecond: 1_000_000 };

describe('work side by side', () => {
  it('is done on every piece once, on no more at once than allowed, and holds no more of the source', async () => {
    const { source, asked } = counted(20);
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await sideBySide(
      source,
      async (piece) => {
        running += 1;
        most = Math.max(most, running);
        expect(asked()).toBeLessThanOrEqual(done.length + FAST.concurrency + 1);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        done.push(piece);
      },
      FAST,
    );
    expect([...done].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, nth) => nth));
    expect(most).toBe(3);
  });

  it('keeps to its rate, but for pieces that take nothing', async () => {
    const clock = createFakeClock();
    const { sleep, waitsMs } = createRecordingSleep(clock);
    const isFree = (piece: number) => piece >= 5;
    const pace = { concurrency: 1, perSecond: 10 };
    await sideBySide(counted(50).source, async () => undefined, pace, isFree, clock.now, sleep);
    expect(waitsMs).toEqual([100, 100, 100, 100]);
  });

  it('begins no other piece after a failure, finishes those under way, and throws the first one', async () => {
    const { source, asked } = counted(50);
    const finished: number[] = [];
    const work = async (piece: number) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (piece === 1) throw new Error('first');
      finished.push(piece);
    };
    await expect(sideBySide(source, work, FAST)).rejects.toThrow('first');
    expect(asked()).toBeLessThan(10);
    expect(finished).toContain(0);
    expect(finished).toContain(2);
  });

  it('throws what the source fails with', async () => {
    async function* source() {
      yield 1;
      throw new Error('source');
    }
    await expect(sideBySide(source(), async () => undefined, FAST)).rejects.toThrow('source');
  });
});
