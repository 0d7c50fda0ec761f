import { describe, expect, it } from 'vitest';
import { inWords, lostOf, successOf } from '#test/support/chaos/chaos-figures.ts';
import { runChaos } from '#test/support/chaos/chaos-run.ts';
import { alertWork, mailWork, monitorWork, webhookWork } from '#test/support/chaos/chaos-work.ts';
import { NETWORK_FAULTS } from '#test/support/chaos/faulty-network.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

/** Of the issue: so much of what background jobs are asked is done, whatever happens around them. */
const SUCCESS = 0.995;

describe('of what is asked of a background job, through a network that fails and runs that are killed,', () => {
  it.each([
    // In so many minutes more is asked; what is left then is worked on for as long as it takes.
    ['alerts told', alertWork, 26, 11],
    ['webhooks delivered', webhookWork, 26, 22],
    ['mails to customers', mailWork, 26, 33],
    // It asks little of its tables, so it takes longer until all has gone wrong.
    ['notices of conditions', monitorWork, 150, 44],
  ] as const)('99.5 % is done, the rest told of, and nothing lost: %s', async (what, workOf, minutes, seed) => {
    const random = seededRandom(seed);
    const { work, runs } = await runChaos(await workOf(random), minutes, random);
    process.stdout.write(`\n  ${inWords(what, work, runs)}\n`);
    expect(successOf(work)).toBeGreaterThanOrEqual(SUCCESS);
    expect({ open: work.open, lost: lostOf(work) }).toEqual({ open: 0, lost: 0 });
    // It was chaos: every kind of fault, runs that failed, and work that was done on retry alone.
    expect(work.onRetry).toBeGreaterThan(0);
    const spared = NETWORK_FAULTS.filter((fault) => runs.every(({ faults }) => faults[fault] === 0));
    expect(spared).toEqual([]);
    expect(runs.filter(({ failed, killed }) => Math.min(failed, killed) === 0)).toEqual([]);
  });
});
