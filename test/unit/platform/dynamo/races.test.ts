import { describe, expect, it } from 'vitest';
import { Deadline } from '#shared/platform/deadline.ts';
import { Raced, untilUnraced } from '#shared/platform/dynamo/races.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';

const POLICY = { maxAttempts: 4, baseDelayMs: 10, maxDelayMs: 10 };

/** Fails so often, and then answers with how often it was tried. */
function racing(failures: number, error: Error = new Raced('changed meanwhile')) {
  const clock = createFakeClock();
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    if (tries <= failures) throw error;
    return tries;
  };
  const wait = async () => undefined;
  return { run: () => untilUnraced(attempt, POLICY, Deadline.in(1_000, clock.now), wait), tries: () => tries };
}

describe('a change that others come before', () => {
  it('is read and computed anew until nobody does', async () => {
    expect(await racing(3).run()).toBe(4);
  });

  it('is a conflict, to be tried again, when they always do', async () => {
    const { run, tries } = racing(4);
    expect(await caughtLater(HavenError, run)).toMatchObject({ code: 'WRITE_CONFLICT', retryAfterSeconds: 1 });
    expect(tries()).toBe(4);
  });

  it('is tried once when it fails for anything else', async () => {
    const { run, tries } = racing(1, new Error('no table'));
    expect((await caughtLater(Error, run)).message).toBe('no table');
    expect(tries()).toBe(1);
  });
});
