import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Incident } from '#shared/incidents/incident.ts';
import { createPatternCounters } from '#shared/incidents/pattern-counters.ts';
import { PATTERNS, type Pattern, type SecurityEvent } from '#shared/incidents/patterns.ts';
import { sightingsOf } from '#shared/incidents/sightings.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const THRESHOLD = 4;
const WINDOW_MS = 1_000;

const [any] = PATTERNS;
if (any === undefined) throw new Error('There is no pattern');
const pattern: Pattern = {
  ...any,
  threshold: THRESHOLD,
  windowMs: WINDOW_MS,
  sightingOf: ({ incident }) => ({ subject: 'one', thing: incident.code }),
};

interface Seen {
  readonly atMs: number;
  readonly thing: string;
}

/** The most different things within any stretch of that length. */
function mostWithin(events: readonly Seen[], lengthMs: number): number {
  const counts = events.map(
    ({ atMs: from }) =>
      new Set(events.filter(({ atMs }) => atMs >= from && atMs < from + lengthMs).map(({ thing }) => thing)).size,
  );
  return Math.max(0, ...counts);
}

const event = ({ atMs, thing }: Seen): SecurityEvent => {
  const incident: Incident = {
    ...{ lineId: `${atMs}${thing}`, atMs, kind: 'security', security: 'forbidden', code: thing, function: 'f' },
    ...{ place: '', message: '', requestId: null, errorId: null, principal: null, sourceAddress: null },
    ...{ context: {}, stack: null },
  };
  return { kind: 'forbidden', incident, address: undefined };
};

it('whatever comes within a window is found, in whatever order, batches and doubles it is told; what is too little in two never is', async () => {
  await fc.assert(
    fc.asyncProperty(
      // Late by less than two windows: later ones may find theirs removed.
      fc.array(
        fc.record({
          atMs: fc.integer({ min: 5_000, max: 7_999 }),
          thing: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
        }),
        { maxLength: 12 },
      ),
      fc.array(fc.nat(11), { maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      fc.scheduler(),
      async (events, doubles, batchSize, scheduler) => {
        const dynamo = createMemoryDynamo({ ephemeral: ['pk'] });
        const client = scriptedDocumentClient(createScriptedAws((request) => dynamo.answer(request)));
        const counters = createPatternCounters(client, 'ephemeral');
        const told = [...events, ...doubles.flatMap((at) => events[at] ?? [])].map(event);
        const batches = Array.from({ length: Math.ceil(told.length / batchSize) }, (_, at) =>
          told.slice(at * batchSize, (at + 1) * batchSize),
        );
        const outcomes: boolean[] = [];
        const work = batches.flatMap((batch) =>
          sightingsOf([pattern], batch).map(async (sightings) => {
            await scheduler.schedule(Promise.resolve());
            outcomes.push(await counters.count(sightings));
          }),
        );
        await scheduler.waitFor(Promise.all(work));
        const found = outcomes.some((outcome) => outcome);
        if (mostWithin(events, WINDOW_MS) >= THRESHOLD) expect(found).toBe(true);
        if (mostWithin(events, 2 * WINDOW_MS) < THRESHOLD) expect(found).toBe(false);
      },
    ),
    { numRuns: 300 },
  );
});
