import { createHandler } from '#functions/monitor/handler.ts';
import { bounded, type Check } from '#shared/monitors/check.ts';
import type { RaisedCondition } from '#shared/monitors/condition.ts';
import { createConditionStore } from '#shared/monitors/condition-store.ts';
import type { Timer } from '#shared/monitors/look.ts';
import { lambdaContext } from './api-request.ts';
import { createFakeClock } from './fake-clock.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';

/** After how long conditions are told again here. */
export const COOL_DOWN_MS = 60 * 60_000;

/** A condition as a look finds it. */
export function raisedCondition(change: Partial<RaisedCondition> = {}): RaisedCondition {
  return {
    key: 'things:1',
    category: 'alarm',
    severity: 'WARNING',
    summary: 'A thing is not as it should be',
    details: { thing: '1' },
    ...change,
  };
}

/** A check that finds what a test says. */
export interface FakeCheck extends Check {
  /** What it finds from now on; an Error: it gets no facts; undefined: it never comes to an end. */
  finds(what: readonly RaisedCondition[] | Error | undefined, sawAll?: boolean): void;
}

/** Makes a check that finds nothing yet. */
export function fakeCheck(name: string): FakeCheck {
  let found: readonly RaisedCondition[] | Error | undefined = [];
  let isWhole = true;
  return {
    name,
    finds(what, sawAll = true) {
      found = what;
      isWhole = sawAll;
    },
    async look() {
      if (found === undefined) return new Promise(() => undefined);
      if (found instanceof Error) throw found;
      return bounded(found, isWhole);
    },
  };
}

/** Says what the network does with a request to the table; undefined: what tables do. */
type Network = (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer | Error;

/** A timer that is over at once when nothing else is left to do: a look that hangs is cut off without a wait. */
const impatient: Timer = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handle = setImmediate(() => setImmediate(resolve));
  return { over: promise, cancel: () => clearImmediate(handle) };
};

/** Conditions in a table in memory, and the function that watches. */
export function createMonitorBench(checks: readonly Check[]) {
  const dynamo = createMemoryDynamo({ logs: ['pk', 'sk'] });
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  let ids = 0;

  /** The function by a network of its own. */
  function monitor(network: Network = (_request, answer) => answer(), timer?: Timer) {
    const aws = createScriptedAws((request) => network(request, () => dynamo.answer(request)));
    const handler = createHandler({
      checks,
      store: createConditionStore(scriptedDocumentClient(aws), 'logs', async () => undefined),
      coolDownMs: COOL_DOWN_MS,
      clock: clock.now,
      newId: (prefix) => {
        ids += 1;
        return `${prefix}_${String(ids).padStart(26, '0')}`;
      },
      log: log.log,
      metrics: metrics.metrics,
      ...(timer === undefined ? {} : { timer }),
    });
    return { run: () => handler({}, lambdaContext()), requests: aws.requests };
  }

  const rows = (prefix: string) =>
    dynamo
      .items('logs')
      .map(plainItem)
      .filter((row) => String(row['pk']).startsWith(prefix));

  return {
    /** What the tables have. */
    dynamo,
    clock,
    log,
    metrics,
    monitor,
    run: () => monitor().run(),
    /** A run in which a look that hangs is cut off at once. */
    runImpatiently: () => monitor(undefined, impatient).run(),
    /** Alerts in the order in which they were recorded. */
    alerts: () => rows('ALERT#').toSorted((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1)),
    conditions: () => rows('CONDITION#').toSorted((a, b) => (String(a['key']) < String(b['key']) ? -1 : 1)),
    runs: () => rows('MONITOR#')[0],
  };
}
