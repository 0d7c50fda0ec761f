import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { createWebhookWaker, type WebhookWaker } from '#shared/webhooks/waker.ts';

/** Wakes whoever delivers webhooks of this stage. */
export function stageWebhookWaker(
  { WEBHOOK_QUEUE_URL }: { readonly WEBHOOK_QUEUE_URL: string },
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): WebhookWaker {
  return createWebhookWaker(new SQSClient(awsClientOptions()), WEBHOOK_QUEUE_URL, log, metrics);
}
