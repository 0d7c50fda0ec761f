import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrashPlan, KillPoint } from '#test/support/crash/crash-plan.ts';
import { KillBench, type KillCase, type KillResult } from '#test/support/crash/kill-matrix.ts';
import {
  distinctKillPoints,
  killPoints,
  onePointByState,
  shuffled,
  sidesKilledAt,
  stateAt,
  withAccesses,
} from '#test/support/crash/kill-points.ts';
import { CRASH_SCENARIOS, type CrashScenario } from '#test/support/crash/scenarios.ts';
import { type WorkerEnd, WorkerProcesses } from '#test/support/crash/worker-process.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const SEED = 20_261_122;
/** Benches side by side, each with a chain of its own: a worker waits half of its time. */
const BENCHES = 3;
/**
 * Workers are killed on both sides of every access that a recorded run of theirs made: before the request leaves, and after its
 * answer is there. That is every await of theirs, because between two accesses nothing outside changes (kill-points.ts says more).
 *
 * Once within `npm test`, where points that are the same from outside are taken as one, and all but the first scenario
 * have one point for each state that a worker can leave, and what they are there for; `npm run test:crash -- --runs N` takes
 * all of all, each run with other points of the second execution.
 */
const runs = Number(process.env['HAVEN_CRASH_RUNS'] ?? '0');
/** A run of all points of a scenario takes one to six minutes, and several times as long on a machine that is busy. */
const RUN_TIMEOUT_MS = 1_800_000;

let haven: LocalHaven;
let tables: LabTables;
let benches: readonly KillBench[];
const workers = new WorkerProcesses<CrashPlan>('lane-worker.ts');

beforeAll(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
  await workers.prepare();
  benches = await Promise.all(Array.from({ length: BENCHES }, () => KillBench.open(haven, tables, workers)));
});
afterAll(async () => {
  await Promise.all(benches.map((bench) => bench.close()));
  await tables.drop();
  workers.remove();
});

/** Does all of the work, each bench taking what comes next. Ends when every bench has: a failure must not meet the next test. */
async function onBenches<T, R>(
  work: readonly T[],
  run: (bench: KillBench, item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = work.entries();
  let hasFailed = false;
  const ends = await Promise.allSettled(
    benches.map(async (bench) => {
      for (const [index, item] of queue) {
        if (hasFailed) return;
        results[index] = await run(bench, item).catch((error: unknown) => {
          hasFailed = true;
          throw error;
        });
      }
    }),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}

/** In words: how many points there are, and how many were killed at. */
function report(
  recording: WorkerEnd,
  asked: number,
  firsts: number,
  seconds: number,
  sides: number,
  results: readonly KillResult[],
): string {
  const distinct = (pick: (result: KillResult) => unknown) =>
    new Set(results.map((result) => JSON.stringify(pick(result)))).size;
  const names = recording.accesses.map(({ name }) => name);
  return [
    `${names.length} accesses: ${names.join(', ')}`,
    `First execution: killed at ${distinct(({ killed }) => killed.first)} of ${firsts} points, which are ${sides} of ${2 * names.length} sides of accesses`,
    `Second execution: ${distinct(({ killed }) => killed)} kills; ${seconds} points in all states it begins in`,
    // Each case asserts it of its lane, by the ledger and by the chain (lane-laws.ts).
    `${results.length} lanes of ${asked} transactions, whose worker was killed twice: ${results.length * asked} asked, all at their ends, none lost, none sent twice`,
  ].join('\n  ');
}

const nameAndSide = ({ accesses }: WorkerEnd, { index, side }: KillPoint) => `${side} ${accesses[index]?.name}`;

/** Where a scenario's first execution is killed in this run. */
function firstPoints(scenario: CrashScenario, recording: WorkerEnd): readonly KillPoint[] {
  if (runs > 0) return killPoints(recording);
  if (scenario === CRASH_SCENARIOS[0]) return distinctKillPoints(recording);
  return withAccesses(recording, onePointByState(recording, SEED), scenario.killedAt ?? []);
}

describe('a lane worker killed by SIGKILL', () => {
  it.each(CRASH_SCENARIOS)(
    'at any access of its first and of its second execution loses nothing and sends nothing twice: $name',
    async (scenario) => {
      const pointsOf = runs === 0 ? distinctKillPoints : killPoints;
      const [recording] = await onBenches([null], (bench) => bench.record(scenario, null));
      if (recording === undefined) throw new Error('Nothing was recorded');
      const firsts = firstPoints(scenario, recording);
      // The second execution depends on the state in which the first left the lane: a recording for each such state.
      const states = [...Map.groupBy(firsts, (point) => stateAt(recording, point)).values()];
      const seconds = await onBenches(states, async (bench, [point]) =>
        pointsOf(await bench.record(scenario, point ?? null)),
      );
      const cases = Array.from({ length: Math.max(1, runs) }, (_, run) =>
        states.flatMap((points, state) => {
          const order = shuffled(seconds[state] ?? [], SEED + state);
          return points.flatMap((first, index): KillCase[] => {
            const second = order[(run * points.length + index) % order.length];
            return second === undefined ? [] : [{ first, second }];
          });
        }),
      ).flat();

      const results = await onBenches(cases, (bench, item) => bench.run(scenario, item));
      const sides = sidesKilledAt(
        recording,
        results.map(({ killed }) => killed.first),
      );
      const said = report(recording, scenario.ends.length, firsts.length, seconds.flat().length, sides, results);
      process.stdout.write(`\n  ${scenario.name}: ${said}\n`);
      expect(results.filter(({ wasHit }) => !wasHit.first || !wasHit.second)).toEqual([]);
      expect(new Set(results.map(({ killed }) => killed.first)).size).toBe(firsts.length);
      const killedAt = new Set(results.map(({ killed }) => nameAndSide(recording, killed.first)));
      const wanted = (scenario.killedAt ?? []).flatMap((name) => [`before ${name}`, `after ${name}`]);
      expect(wanted.filter((point) => !killedAt.has(point))).toEqual([]);
      if (runs > 0 || scenario === CRASH_SCENARIOS[0]) expect(sides).toBe(2 * recording.accesses.length);
    },
    Math.max(1, runs) * RUN_TIMEOUT_MS,
  );
});
