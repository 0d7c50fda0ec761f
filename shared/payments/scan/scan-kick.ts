import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Clock } from '#shared/platform/clock.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';

/** A message that says: read this chain. It carries no work, so it can be lost, doubled or late without harm. */
export const scanKickSchema = z.object({
  chain_id: z.number().int().positive(),
  /** Until when passes that it starts may have another follow; milliseconds since the Unix epoch. */
  until_ms: z.number().int().nonnegative(),
  /** How many passes follow although no payment waits: what a customer has just sent is in one of the next blocks. */
  looks: z.number().int().nonnegative().max(10),
});

/** A kick of the payment scanner. */
export type ScanKick = z.output<typeof scanKickSchema>;

/** Kicks the payment scanner. */
export interface ScanKicker {
  /**
   * Has a chain read. Never fails: a kick that could not be sent is logged, and the schedule makes up for it.
   *
   * @param delaySeconds from now; at most 900, which is what SQS takes
   */
  kick(kick: ScanKick, delaySeconds?: number): Promise<void>;
}

/** Blocks in which a payment is looked for after a customer asked: one that pays the going fee is in one of them. */
export const LOOKS = 3;

/** For how long passes follow each other without the schedule: it runs each minute, and begins anew. */
export const FOLLOW_MS = 60_000;

/** Kicks by SQS. */
export function createScanKicker(
  sqs: SQSClient,
  queueUrl: string,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): ScanKicker {
  return {
    async kick(kick, delaySeconds = 0) {
      try {
        await sqs.send(
          new SendMessageCommand({
            QueueUrl: queueUrl,
            MessageBody: JSON.stringify(kick),
            ...(delaySeconds === 0 ? {} : { DelaySeconds: delaySeconds }),
          }),
        );
      } catch (error) {
        log.write('SCAN_KICK_NOT_SENT', { chain_id: kick.chain_id, error });
        metrics.count('ScanKickNotSent');
      }
    },
  };
}

/**
 * When a pass is to follow another, so that payments are confirmed without waiting for the schedule: a block later, as long as the kick allows.
 * Each schedule and each customer who asks starts one row of passes, and none outlives its minute. Pure.
 *
 * @returns seconds from now; undefined: none is to follow
 */
export function followsIn(blockTimeMs: number, untilMs: number, clock: Clock): number | undefined {
  const delayMs = Math.max(1_000, blockTimeMs);
  return clock() + delayMs > untilMs ? undefined : Math.ceil(delayMs / 1_000);
}
