import type { RaisedCondition } from './condition.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * Whether the audit of a day that is over is still not anchored. A stage whose first day is not over has no anchor; that none ever comes is
 * what the alarm `audit-anchors-missing` is for. Pure.
 *
 * @param through up to when the last anchor reaches; undefined: there is none
 */
export function judgeAnchors(
  through: string | undefined,
  lateMinutes: number,
  nowMs: number,
): readonly RaisedCondition[] {
  if (through === undefined) return [];
  const midnightMs = (Math.floor(Date.parse(through) / DAY_MS) + 1) * DAY_MS;
  if (nowMs <= midnightMs + lateMinutes * MINUTE_MS) return [];
  return [
    {
      key: 'audit_anchors',
      category: 'security',
      severity: 'ERROR',
      summary: 'The audit streams of a day that is over are not anchored: what is changed of it cannot be proven',
      details: { anchored_through: through },
    },
  ];
}

/** How many messages a dead-letter queue has. */
export interface DeadLetters {
  /** As it is named in the account. */
  readonly queue: string;
  readonly messages: number;
}

/** Dead-letter queues that are not empty. Pure. */
export function judgeDeadLetters(queues: readonly DeadLetters[]): readonly RaisedCondition[] {
  return queues
    .filter(({ messages }) => messages > 0)
    .map(({ queue, messages }) => ({
      key: `dead_letters:${queue}`,
      category: 'alarm',
      severity: 'ERROR',
      summary: `The queue ${queue} has dead letters: work that was given up`,
      details: { queue, messages },
    }));
}
