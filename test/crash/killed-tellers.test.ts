import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distinctKillPoints, killPoints, shuffled } from '#test/support/crash/kill-points.ts';
import { type Teller, type TellerPlan, tellerSchema } from '#test/support/crash/tellers.ts';
import { TellingBench, type TellingEnd } from '#test/support/crash/telling-bench.ts';
import { WorkerProcesses } from '#test/support/crash/worker-process.ts';
import { localHaven } from '#test/support/local-haven.ts';
import { verifiedWebhook } from '#test/support/webhook-receiver.ts';

const SEED = 20_261_122;
/** Benches side by side, each with tables of its own: a process waits half of its time. */
const BENCHES = 3;
/** Executions of each case: two that are killed, and one that lives. */
const EXECUTIONS = 3;
/** On whose lists of things each is: two endpoints, a customer, a webhook and a mailbox of operators. */
const DELIVERIES: Readonly<Record<Teller, number>> = { webhooks: 2, mails: 1, alerts: 2 };

/** All points of one who tells take a few seconds, and ten times as long on a machine that is busy. */
const RUN_TIMEOUT_MS = 600_000;

let benches: readonly TellingBench[];
const workers = new WorkerProcesses<TellerPlan>('teller.ts');

beforeAll(async () => {
  const haven = localHaven();
  await workers.prepare();
  benches = await Promise.all(Array.from({ length: BENCHES }, () => TellingBench.open(haven, workers)));
});
afterAll(async () => {
  await Promise.all(benches.map((bench) => bench.close()));
  workers.remove();
});

/** Everybody heard of it, at least once, under one id and in the same words, and nothing is left to do. */
function expectTold(teller: Teller, { id, told, open, outcomes }: TellingEnd): void {
  expect(open).toEqual([]);
  expect(outcomes).toEqual(Array.from({ length: DELIVERIES[teller] }, () => 'delivered'));
  for (const { secret, calls } of told.webhooks) {
    expect(calls.length).toBeGreaterThanOrEqual(1);
    expect(calls.length).toBeLessThanOrEqual(EXECUTIONS);
    expect(new Set(calls.map((call) => verifiedWebhook(call, secret).id))).toEqual(new Set([id]));
    expect(new Set(calls.map(({ body }) => body)).size).toBe(1);
  }
  if (teller === 'webhooks') return;
  expect(told.mails.length).toBeGreaterThanOrEqual(1);
  expect(told.mails.length).toBeLessThanOrEqual(EXECUTIONS);
  expect(new Set(told.mails).size).toBe(1);
}

describe('who tells, killed by SIGKILL', () => {
  it.each(tellerSchema.options)(
    'at any access, and again by the next execution, tells everybody at least once, under the same id: %s',
    async (teller) => {
      const [bench] = benches;
      if (bench === undefined) throw new Error('There is no bench');
      const recording = await bench.record(teller);
      const seconds = shuffled(killPoints(recording), SEED);
      const cases = distinctKillPoints(recording).entries();
      const results: TellingEnd[] = [];
      await Promise.all(
        benches.map(async (bench) => {
          for (const [index, first] of cases) {
            const second = seconds[index % seconds.length] ?? first;
            results.push(await bench.run(teller, first, second));
          }
        }),
      );
      for (const result of results) expectTold(teller, result);
      const twice = results.filter(({ wasKilled }) => wasKilled.second).length;
      const repeated = results.filter(({ told: { webhooks, mails } }) =>
        [mails, ...webhooks.map(({ calls }) => calls)].some(({ length }) => length > 1),
      ).length;
      const names = recording.accesses.map(({ name }) => name).join(', ');
      process.stdout.write(
        `\n  ${teller}: ${names}\n  Killed at ${results.length} points, then again ${twice} times; ${repeated} were told more than once\n`,
      );
      expect(results.filter(({ wasKilled }) => !wasKilled.first)).toEqual([]);
      expect(results.length).toBeGreaterThan(recording.accesses.length);
      expect(twice).toBeGreaterThan(0);
    },
    RUN_TIMEOUT_MS,
  );
});
