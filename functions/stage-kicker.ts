import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { createLaneKicker, type LaneKicker } from '#shared/transactions/lane/kick.ts';

/** Where this stage's kicks go, as the settings of every function that sends them name it. */
interface QueueSettings {
  readonly KICK_QUEUE_URL: string;
  readonly WAKE_QUEUE_URL: string;
}

/** The kicker of this stage's lanes. */
export function stageKicker(
  config: QueueSettings,
  parts: { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics },
  sqs: SQSClient = new SQSClient(awsClientOptions()),
): LaneKicker {
  const queues = { kickQueueUrl: config.KICK_QUEUE_URL, wakeQueueUrl: config.WAKE_QUEUE_URL };
  return createLaneKicker(sqs, queues, parts.clock, parts.log, parts.metrics);
}
