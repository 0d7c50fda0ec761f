import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '#shared/platform/clock.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';

/** Has the pool refilled before the schedule does. */
export interface PoolKicker {
  /** Never fails: a kick that could not be sent is logged, and the schedule makes up for it. */
  kick(): Promise<void>;
}

/** A pool at low water is kicked by everyone who takes from it: one message in this time by each process is enough. */
const KICK_EVERY_MS = 5_000;

/** It says: look at the pool. It carries no work, so it can be lost, doubled or late without harm. */
const KICK = JSON.stringify({ reason: 'low_water' });

/** Kicks by SQS. */
export function createPoolKicker(
  sqs: SQSClient,
  queueUrl: string,
  parts: { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics },
): PoolKicker {
  let nextMs = 0;
  return {
    async kick() {
      if (parts.clock() < nextMs) return;
      nextMs = parts.clock() + KICK_EVERY_MS;
      try {
        await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: KICK }));
      } catch (error) {
        parts.log.write('DEPOSIT_POOL_KICK_NOT_SENT', { error });
        parts.metrics.count('DepositPoolKickNotSent');
      }
    },
  };
}
