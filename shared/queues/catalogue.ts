/**
 * What redriving a dead-letter queue does. `move`: its messages go back to the queue they come from. `run`: its letters are runs of a
 * schedule that were missed or failed; they carry no work, so its job is run once for all of them. `call`: its letters are events that a
 * function failed on; it is called again with each.
 */
export const REDRIVES = ['move', 'run', 'call'] as const;

/** What redriving a dead-letter queue does. */
export type Redrive = (typeof REDRIVES)[number];

/** A queue of a stage that a function works. */
export interface WorkQueue {
  readonly kind: 'work';
  /** Without the stage's prefix. */
  readonly name: string;
  /** The function that works its messages. */
  readonly feeds: string;
  /** The name of its dead-letter queue. */
  readonly deadLetters: string;
}

/** A queue of a stage in which ends what was given up. */
export interface DeadLetterQueue {
  readonly kind: 'dead_letters';
  /** Without the stage's prefix. */
  readonly name: string;
  /** The function that gave its letters up, and gets them again by a redrive. */
  readonly feeds: string;
  readonly redrive: Redrive;
  /** The queue that its messages come from; null where they come from a schedule or an event. */
  readonly source: string | null;
}

/** A queue of a stage. */
export type Queue = WorkQueue | DeadLetterQueue;

/** Queues that are worked, with the function that works each. */
const WORKED: readonly (readonly [queue: string, functionName: string])[] = [
  ['lane-kicks.fifo', 'lane-worker'],
  ['lane-wakes', 'lane-kicker'],
  ['outbox-wakes', 'outbox-worker'],
  ['pool-kicks', 'deposit-pool'],
  ['scan-kicks', 'payment-scanner'],
  ['webhook-wakes', 'webhook-sender'],
];

/** What a schedule's missed and failed runs are called, with the function that it calls. */
const SCHEDULED: readonly (readonly [of: string, functionName: string])[] = [
  ['alerts-schedule', 'alert-notifier'],
  ['anchors-schedule', 'audit-anchor'],
  ['cart-schedule', 'cart-sweeper'],
  ['deposit-sweep-schedule', 'deposit-sweeper'],
  ['destruction-schedule', 'key-destroyer'],
  ['lane-schedule', 'lane-kicker'],
  ['mails-schedule', 'customer-mailer'],
  ['monitoring-schedule', 'monitor'],
  ['order-schedule', 'order-expirer'],
  ['outbox-schedule', 'outbox-worker'],
  ['pool-schedule', 'deposit-pool'],
  ['scan-schedule', 'payment-scanner'],
  ['stock-schedule', 'stock-reconciler'],
  ['sweep-schedule', 'sweeper'],
  ['top-ups-schedule', 'top-up'],
  ['webhook-events-schedule', 'webhook-dispatcher'],
  ['webhook-sends-schedule', 'webhook-sender'],
];

/** What events are called that a function was called with in vain, with that function. */
const CALLED: readonly (readonly [of: string, functionName: string])[] = [
  ['alarm-events', 'alarm-receiver'],
  ['incident-lines', 'incident-keeper'],
];

/** The dead-letter queue of what has this name: SQS moves messages only between queues of one kind. */
function deadLettersOf(name: string): string {
  return name.replace(/(\.fifo)?$/, '-dlq$1');
}

/**
 * Every queue of a stage, by name. A test holds it against the templates: a queue that is not here could neither be seen nor redriven, and
 * its letters would be found by an alarm alone.
 */
export const QUEUES: readonly Queue[] = [
  ...WORKED.flatMap(([name, feeds]): readonly Queue[] => [
    { kind: 'work', name, feeds, deadLetters: deadLettersOf(name) },
    { kind: 'dead_letters', name: deadLettersOf(name), feeds, redrive: 'move', source: name },
  ]),
  ...SCHEDULED.map(([of, feeds]) => deadLetters(of, feeds, 'run')),
  ...CALLED.map(([of, feeds]) => deadLetters(of, feeds, 'call')),
].sort((a, b) => (a.name < b.name ? -1 : 1));

function deadLetters(of: string, feeds: string, redrive: Redrive): DeadLetterQueue {
  return { kind: 'dead_letters', name: deadLettersOf(of), feeds, redrive, source: null };
}

/** The queue of that name; undefined: there is none. */
export function queueNamed(name: string): Queue | undefined {
  return QUEUES.find((queue) => queue.name === name);
}
