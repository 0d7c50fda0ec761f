import * as z from 'zod';
import { reasonField } from '#shared/platform/http/fields.ts';
import { defineRoute, NOTHING } from '#shared/platform/http/route.ts';
import { REDRIVES } from './catalogue.ts';
import { queueNameField } from './queue-name.ts';

const count = () => z.number().int().nullable();

const lastRedriveView = z
  .object({
    begun_at: z.string(),
    by: z.string().describe('Who asked for it.'),
    ended_at: z
      .string()
      .nullable()
      .describe('Null while it runs, and when it was cut off: ask for another one, nothing is lost.'),
    moved: count().describe('Letters that were passed on and removed. Null until it ended.'),
    refused: count().describe('Letters that were not taken where they were to go; they are still there.'),
    unreadable: count().describe('Letters that nobody can read; they are still there.'),
    more: z.boolean().nullable().describe('Whether there may be more letters.'),
  })
  .meta({ id: 'QueueRedrive' });

/** A queue as it stands. */
export const queueView = z
  .object({
    name: z.string().meta({ examples: ['lane-wakes-dlq'] }),
    queue_name: z.string().describe('In SQS: with `haven-` and the stage before it.'),
    kind: z.enum(['work', 'dead_letters']),
    feeds: z
      .string()
      .describe('The function that works its messages; of dead letters the one that gave them up.')
      .meta({ examples: ['lane-kicker'] }),
    visible: count().describe('Messages that wait. Approximate, as SQS says; null while it does not say.'),
    in_flight: count().describe('Messages that somebody works on.'),
    delayed: count().describe('Messages that are to be worked later.'),
    oldest_age_seconds: count().describe(
      'Age of the oldest message, some minutes late: from CloudWatch. Null when there is none, or CloudWatch has no such metric, as locally.',
    ),
    dead_letters: z
      .object({ queue: z.string(), messages: count() })
      .nullable()
      .describe('Of a queue that is worked: where its messages end after too many failures, and how many are there.'),
    source: z
      .string()
      .nullable()
      .describe('Of dead letters: the queue they come from; null where they come from a schedule or an event.'),
    redrive: z
      .enum(REDRIVES)
      .nullable()
      .describe(
        'What a redrive does: `move` back to the source, `run` the job of the schedule once, `call` the function again with each event. Null where there are no dead letters.',
      ),
    last_redrive: lastRedriveView.nullable(),
  })
  .meta({ id: 'Queue' });

const params = z.strictObject({
  name: queueNameField,
});

const read = {
  tag: 'operations',
  access: 'ops:read',
  idempotent: false,
  rate: 'read',
  audited: 'refusals',
  query: NOTHING,
  body: NOTHING,
  status: 200,
} as const;

/** Lists all queues. */
export const listQueuesRoute = defineRoute({
  ...read,
  method: 'GET',
  path: '/admin/queues',
  summary: 'All queues: depth, age, dead letters',
  description: 'By name: the queues that are worked, and the dead-letter queues of queues, schedules and events.',
  params: NOTHING,
  response: z.object({ at: z.string(), data: z.array(queueView) }).meta({ id: 'Queues' }),
  errors: ['QUEUES_UNAVAILABLE'],
});

/** Shows a queue. */
export const getQueueRoute = defineRoute({
  ...read,
  method: 'GET',
  path: '/admin/queues/{name}',
  summary: 'Show a queue',
  description: 'By its name in the list, or in SQS.',
  params,
  response: queueView,
  errors: ['QUEUE_NOT_FOUND', 'QUEUES_UNAVAILABLE'],
});

/** Redrives a dead-letter queue. */
export const redriveQueueRoute = defineRoute({
  method: 'POST',
  path: '/admin/queues/{name}/redrive',
  summary: 'Have dead letters worked again',
  description:
    'For as long as a request may take; with `more` in the answer ask again, with another Idempotency-Key. Each letter arrives at least once, and is removed only after that. What fails again is a dead letter again. A queue that is worked has none of its own: INVALID_TRANSITION.',
  tag: 'operations',
  access: 'ops:write',
  idempotent: true,
  rate: 'sensitive',
  audited: 'refusals',
  params,
  query: NOTHING,
  body: z.strictObject({ reason: reasonField.describe('Why, for the audit stream.') }),
  status: 200,
  response: z
    .object({
      name: z.string(),
      redrive: z.enum(REDRIVES),
      moved: z.number().int().describe('Letters that were passed on and removed.'),
      refused: z.number().int().describe('Letters that were not taken where they were to go; they are still there.'),
      unreadable: z.number().int().describe('Letters that nobody can read; they are still there.'),
      more: z
        .boolean()
        .describe(
          'Whether there may be more letters: those that time did not reach, that were left, or that came meanwhile.',
        ),
    })
    .meta({ id: 'QueueRedriven' }),
  errors: ['QUEUE_NOT_FOUND', 'INVALID_TRANSITION', 'OUTCOME_UNKNOWN'],
});
