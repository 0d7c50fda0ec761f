import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';

/** A message that says: deliver to these. It carries no work, so it can be lost, doubled or late without harm. */
export const webhookWakeSchema = z.object({ endpoint_ids: z.array(z.string().min(1)).min(1) });

/** Wakes whoever delivers to endpoints. */
export interface WebhookWaker {
  /**
   * Says that there is something to deliver. Never fails: a wake that could not be sent is logged, and the schedule makes up for it.
   *
   * @param delaySeconds 900 at most, as SQS has it
   */
  wake(endpointIds: readonly string[], delaySeconds?: number): Promise<void>;
}

/** Endpoints that one message names: who works them does it side by side, so that one that hangs delays few wakes. */
const ENDPOINTS_A_WAKE = 10;

/** Wakes by SQS. */
export function createWebhookWaker(sqs: SQSClient, queueUrl: string, log: Log, metrics: Metrics): WebhookWaker {
  return {
    async wake(endpointIds, delaySeconds = 0) {
      for (let start = 0; start < endpointIds.length; start += ENDPOINTS_A_WAKE) {
        const wake: z.output<typeof webhookWakeSchema> = {
          endpoint_ids: endpointIds.slice(start, start + ENDPOINTS_A_WAKE),
        };
        try {
          await sqs.send(
            new SendMessageCommand({
              QueueUrl: queueUrl,
              MessageBody: JSON.stringify(wake),
              ...(delaySeconds === 0 ? {} : { DelaySeconds: delaySeconds }),
            }),
          );
        } catch (error) {
          log.write('WEBHOOK_WAKE_NOT_SENT', { endpoints: wake.endpoint_ids.length, error });
          metrics.count('WebhookWakeNotSent');
        }
      }
    },
  };
}
