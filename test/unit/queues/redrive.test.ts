import { describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import type { Letter, LetterBox } from '#shared/queues/letters.ts';
import { type Pass, redrive, Unreadable } from '#shared/queues/redrive.ts';
import { createFakeClock, TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';

const letter = (id: string, more: Partial<Letter> = {}): Letter => ({
  id,
  receiptHandle: `handle of ${id}`,
  body: id,
  attributes: {},
  group: undefined,
  trace: undefined,
  sentMs: TEST_NOW_MS - 60_000,
  ...more,
});

/** A dead-letter queue in memory, which holds what is taken as SQS does: of a group nothing more is given out while a letter of it is held. */
function createBox(letters: readonly Letter[], perTake = 10) {
  const waiting = [...letters];
  const held = new Set<Letter>();
  const box: LetterBox & { stubborn: number } = {
    stubborn: 0,
    async take() {
      const busy = new Set([...held].flatMap(({ group }) => group ?? []));
      const given = waiting.filter(({ group }) => group === undefined || !busy.has(group)).slice(0, perTake);
      for (const one of given) {
        waiting.splice(waiting.indexOf(one), 1);
        held.add(one);
      }
      return given;
    },
    async remove(gone) {
      for (const one of gone) held.delete(one);
      return box.stubborn;
    },
    async release(back) {
      for (const one of back) {
        held.delete(one);
        waiting.push(one);
      }
    },
  };
  return { box, waiting: () => waiting.map(({ id }) => id), held: () => [...held].map(({ id }) => id) };
}

function bench(letters: readonly Letter[], pass?: Pass, perTake?: number) {
  const clock = createFakeClock();
  const recording = createRecordingLog();
  const made = createBox(letters, perTake);
  const passed: string[] = [];
  const deps = {
    box: made.box,
    clock: clock.now,
    log: recording.log,
    pass: async (one: Letter) => {
      await pass?.(one);
      passed.push(one.id);
    },
  };
  const run = (timeMs = 8_000) => redrive(deps, Deadline.in(timeMs, clock.now));
  return { ...made, run, passed, clock, log: recording };
}

const many = (count: number) => Array.from({ length: count }, (_, index) => letter(`letter-${index}`));

describe('a redrive', () => {
  it('passes all letters on, each once, and removes them', async () => {
    const { run, passed, waiting, held } = bench(many(95));
    expect(await run()).toEqual({ moved: 95, refused: 0, unreadable: 0, more: false });
    expect(passed.toSorted()).toEqual(
      many(95)
        .map(({ id }) => id)
        .toSorted(),
    );
    expect([...waiting(), ...held()]).toEqual([]);
  });

  it('of an empty queue moves nothing, and says that there is no more', async () => {
    expect(await bench([]).run()).toEqual({ moved: 0, refused: 0, unreadable: 0, more: false });
  });

  it('begins no round without time for it, and says that there may be more', async () => {
    const { run, passed } = bench(many(3));
    expect(await run(2_000)).toEqual({ moved: 0, refused: 0, unreadable: 0, more: true });
    expect(passed).toEqual([]);
  });

  it('ends when its time is over, and another goes on where it ended', async () => {
    const { run, clock } = bench(many(400), async () => {
      clock.advance(100);
    });
    const first = await run();
    expect(first.more).toBe(true);
    expect(first.moved).toBeLessThan(400);
    let { moved } = first;
    for (let answer = first; answer.more; moved += answer.moved) answer = await run();
    expect(moved).toBe(400);
  });

  it('leaves letters that were not taken, gives them back, and names how many', async () => {
    const { run, waiting, held, log } = bench(many(5), async ({ id }) => {
      if (id === 'letter-1') throw new Error('no such queue');
      if (id === 'letter-2') throw new Unreadable('no JSON');
    });
    expect(await run()).toEqual({ moved: 3, refused: 1, unreadable: 1, more: true });
    expect([waiting().toSorted(), held()]).toEqual([['letter-1', 'letter-2'], []]);
    expect(log.of('LETTER_NOT_PASSED_ON')).toMatchObject([
      { message_id: 'letter-1', reason: 'refused' },
      { message_id: 'letter-2', reason: 'unreadable' },
    ]);
  });

  it('gives up after some letters where whoever is to take them takes none', async () => {
    const { run, waiting } = bench(many(500), () => Promise.reject(new Error('down')));
    const { moved, refused, more } = await run();
    expect([moved, more]).toEqual([0, true]);
    expect(refused).toBeLessThan(100);
    expect(waiting()).toHaveLength(500);
  });

  it('keeps the order of a group: what stands behind a letter that is left is left, other groups go on', async () => {
    const letters = ['a1', 'b1', 'a2', 'b2', 'a3'].map((id) => letter(id, { group: id.charAt(0) }));
    const { run, passed, waiting } = bench(letters, async ({ id }) => {
      if (id === 'a2') throw new Error('no');
    });
    expect(await run()).toMatchObject({ moved: 3, refused: 1, more: true });
    expect(passed.filter((id) => id.startsWith('b'))).toEqual(['b1', 'b2']);
    expect(waiting()).toEqual(['a2', 'a3']);
  });

  it('does not say that there is no more while somebody holds the letters of a group whose rest waits', async () => {
    const letters = Array.from({ length: 45 }, (_, index) => letter(`${index}`, { group: 'one' }));
    const { run, passed } = bench(letters);
    expect(await run()).toEqual({ moved: 45, refused: 0, unreadable: 0, more: false });
    expect(passed).toEqual(letters.map(({ id }) => id));
  });

  it('leaves letters that came while it ran: what fails again at once goes round no more often than it is asked to', async () => {
    const { run, waiting } = bench([letter('old'), letter('new', { sentMs: TEST_NOW_MS })]);
    expect(await run()).toEqual({ moved: 1, refused: 0, unreadable: 0, more: true });
    expect(waiting()).toEqual(['new']);
  });

  it('tells of letters that could not be removed: they come again', async () => {
    const test = bench(many(3));
    test.box.stubborn = 1;
    expect(await test.run()).toMatchObject({ moved: 3, more: true });
    expect(test.log.of('LETTERS_NOT_REMOVED')).toMatchObject([{ letters: 1 }]);
  });

  it('passes nothing on a second time when it fails before a removal, and gives back what it left', async () => {
    const test = bench(many(25), undefined, 10);
    test.box.remove = () => Promise.reject(new Error('down'));
    await expect(test.run()).rejects.toThrow('down');
    expect(new Set(test.passed).size).toBe(test.passed.length);
  });
});
