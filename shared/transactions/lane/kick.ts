import { randomUUID } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Clock } from '#shared/platform/clock.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { type LaneKey, laneKeySchema, laneName } from './lane.ts';

/** Why a lane is kicked; for the logs. */
export const kickCauseSchema = z.enum(['accept', 'request', 'schedule', 'unfinished', 'wake']);

/** A message that says: look at this lane. It carries no work, so it can be lost, doubled or late without harm. */
export const kickSchema = z.object({
  lane: laneKeySchema,
  cause: kickCauseSchema,
  /** When the work is due, in milliseconds since the Unix epoch. Only on a wake. */
  due_at_ms: z.number().int().optional(),
});

/** A message that says: look at this lane. */
export type Kick = z.output<typeof kickSchema>;

/** SQS's longest delay of a message. */
export const MAX_WAKE_DELAY_SECONDS = 900;

/** Sends kicks. */
export interface LaneKicker {
  /** Wakes a lane's driver now. Never fails: a kick that could not be sent is logged, and the schedule makes up for it. */
  kick(lane: LaneKey, cause: 'accept' | 'request' | 'schedule' | 'unfinished'): Promise<void>;
  /** Passes a wake on to its lane. Never fails. Wakes of one lane that are due within the same second become one. */
  pass(wake: Kick): Promise<void>;
  /** Wakes a lane's driver later. Never fails. */
  wake(lane: LaneKey, delayMs: number): Promise<void>;
}

/**
 * Kicks by SQS. The kick queue is FIFO with the lane as message group, so that one driver at a time works a lane. Each
 * kick has its own deduplication id, because SQS would otherwise swallow a second kick for five minutes; wakes on the
 * contrary share one per point in time, or every kick of a burst would leave a chain of wakes of its own. FIFO queues take no
 * delay per message, so wakes come through a standard queue.
 */
export function createLaneKicker(
  sqs: SQSClient,
  queues: { readonly kickQueueUrl: string; readonly wakeQueueUrl: string },
  clock: Clock,
  log: Log,
  metrics: Metrics,
): LaneKicker {
  async function send(lane: LaneKey, command: SendMessageCommand): Promise<void> {
    try {
      await sqs.send(command);
    } catch (error) {
      log.write('KICK_NOT_SENT', { lane: laneName(lane), error });
      metrics.count('KickNotSent');
    }
  }

  function sendKick(kick: Kick, group: string, deduplicationId: string): Promise<void> {
    return send(
      kick.lane,
      new SendMessageCommand({
        QueueUrl: queues.kickQueueUrl,
        MessageBody: JSON.stringify(kick),
        MessageGroupId: group,
        MessageDeduplicationId: deduplicationId,
      }),
    );
  }

  return {
    kick(lane, cause) {
      const name = laneName(lane);
      // A worker that dies as it starts leaves its message group blocked for the queue's whole visibility time-out. The
      // schedule must never wait for that: each of its kicks has a group of its own, at the price of two drivers at times.
      const id = randomUUID();
      return sendKick({ lane, cause }, cause === 'schedule' ? `${name}#${id}` : name, id);
    },
    pass(wake) {
      const name = laneName(wake.lane);
      return sendKick(wake, name, `wake-${name}-${Math.floor((wake.due_at_ms ?? clock()) / 1000)}`);
    },
    wake(lane, delayMs) {
      const { dueAtMs, delaySeconds } = wakeTime(clock(), delayMs);
      const wake: Kick = { lane, cause: 'wake', due_at_ms: dueAtMs };
      return send(
        lane,
        new SendMessageCommand({
          QueueUrl: queues.wakeQueueUrl,
          MessageBody: JSON.stringify(wake),
          DelaySeconds: delaySeconds,
        }),
      );
    },
  };
}

/**
 * When a wake is due. Rounded up to a grid that grows with the delay: several runs of one lane each leave a wake, and
 * those of a lane that keeps waiting come to fall on the same point and become one.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function wakeTime(nowMs: number, delayMs: number): { readonly dueAtMs: number; readonly delaySeconds: number } {
  const gridMs = 1000 * 2 ** Math.max(0, Math.floor(Math.log2(delayMs / 4000)));
  const onGridMs = Math.ceil((nowMs + Math.max(0, delayMs)) / gridMs) * gridMs;
  const dueAtMs = Math.min(onGridMs, nowMs + MAX_WAKE_DELAY_SECONDS * 1000);
  const delaySeconds = Math.max(1, Math.ceil((dueAtMs - nowMs) / 1000));
  return { dueAtMs, delaySeconds };
}
