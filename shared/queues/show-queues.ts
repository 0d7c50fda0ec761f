import type * as z from 'zod';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { RequestContext } from '#shared/platform/http/bound-route.ts';
import { QUEUES, type Queue, queueNamed } from './catalogue.ts';
import type { QueueStand } from './mover-protocol.ts';
import type { QueueMover } from './queue-mover.ts';
import type { ReadRedrive, RedriveRecord } from './redrive-record.ts';
import type { listQueuesRoute, queueView } from './routes.ts';

/** What showing queues needs. */
export interface ShowQueuesDependencies {
  readonly mover: QueueMover;
  readonly readRedrive: ReadRedrive;
  readonly stage: string;
  readonly clock: Clock;
}

type QueueView = z.input<typeof queueView>;

/** A look at all queues takes well below a second, a cold start two; one that takes longer is given up while there is time to say so. */
const LOOK_MS = 10_000;

/**
 * Lists all queues as they stand.
 *
 * @throws QUEUES_UNAVAILABLE
 */
export async function listQueues(
  deps: ShowQueuesDependencies,
  context: RequestContext,
): Promise<z.input<typeof listQueuesRoute.response>> {
  return { at: isoTime(deps.clock()), data: await viewsOf(deps, QUEUES, context) };
}

/**
 * Shows a queue as it stands.
 *
 * @throws QUEUE_NOT_FOUND, QUEUES_UNAVAILABLE
 */
export async function showQueue(
  deps: ShowQueuesDependencies,
  name: string,
  context: RequestContext,
): Promise<QueueView> {
  const queue = foundQueue(deps.stage, name);
  const [view] = await viewsOf(deps, [queue], context);
  if (view === undefined) throw new Error(`There is no view of ${queue.name}`);
  return view;
}

/**
 * Finds a queue by its name in the catalogue or in SQS: alerts and alarms have the latter.
 *
 * @throws QUEUE_NOT_FOUND
 */
export function foundQueue(stage: string, name: string): Queue {
  const prefix = prefixOf(stage);
  const queue = queueNamed(name.startsWith(prefix) ? name.slice(prefix.length) : name);
  if (queue === undefined) throw new HavenError('QUEUE_NOT_FOUND', `There is no queue ${name}`);
  return queue;
}

async function viewsOf(
  deps: ShowQueuesDependencies,
  queues: readonly Queue[],
  context: RequestContext,
): Promise<QueueView[]> {
  // A queue that is worked shows how its dead letters stand.
  const names = queues.flatMap((queue) => (queue.kind === 'work' ? [queue.name, queue.deadLetters] : [queue.name]));
  const [stands, redrives] = await Promise.all([
    look(deps, [...new Set(names)], context),
    Promise.all(queues.map(({ name }) => deps.readRedrive(name))),
  ]);
  const standOf = new Map(stands.map((stand) => [stand.name, stand]));
  return queues.map((queue, index) => viewOf(deps.stage, queue, standOf, redrives[index]));
}

async function look(
  { mover, clock }: ShowQueuesDependencies,
  names: readonly string[],
  { deadline, log }: RequestContext,
): Promise<readonly QueueStand[]> {
  try {
    return await mover.look(names, Deadline.in(deadline.capMs(LOOK_MS), clock));
  } catch (error) {
    log.write('QUEUES_UNREADABLE', { error });
    throw new HavenError('QUEUES_UNAVAILABLE', 'Nobody can say how the queues stand at the moment', { cause: error });
  }
}

function viewOf(
  stage: string,
  queue: Queue,
  stands: ReadonlyMap<string, QueueStand>,
  redrive: RedriveRecord | undefined,
): QueueView {
  const stand = stands.get(queue.name);
  const counts = stand?.counts ?? null;
  return {
    name: queue.name,
    queue_name: prefixOf(stage) + queue.name,
    kind: queue.kind,
    feeds: queue.feeds,
    visible: counts?.visible ?? null,
    in_flight: counts?.inFlight ?? null,
    delayed: counts?.delayed ?? null,
    oldest_age_seconds: stand?.oldestAgeSeconds ?? null,
    dead_letters:
      queue.kind === 'work' ? { queue: queue.deadLetters, messages: messagesIn(stands.get(queue.deadLetters)) } : null,
    source: queue.kind === 'work' ? null : queue.source,
    redrive: queue.kind === 'work' ? null : queue.redrive,
    last_redrive: redrive === undefined ? null : lastRedrive(redrive),
  };
}

/** Those that somebody holds are no less dead. */
function messagesIn(stand: QueueStand | undefined): number | null {
  const counts = stand?.counts ?? null;
  return counts === null ? null : counts.visible + counts.inFlight;
}

function lastRedrive({ begun_at, by, ended_at, outcome }: RedriveRecord): QueueView['last_redrive'] {
  return {
    begun_at,
    by,
    ended_at,
    moved: outcome?.moved ?? null,
    refused: outcome?.refused ?? null,
    unreadable: outcome?.unreadable ?? null,
    more: outcome?.more ?? null,
  };
}

function prefixOf(stage: string): string {
  return `haven-${stage}-`;
}
