import { parseAlertWebhooks } from '#shared/alerts/delivery/alert-webhooks.ts';
import type { AlertChannel, AlertChannels } from '#shared/alerts/delivery/channel.ts';
import { type AlertEmail, createEmailChannel } from '#shared/alerts/delivery/email-channel.ts';
import { createWebhookChannel } from '#shared/alerts/delivery/webhook-channel.ts';
import type { SecretReader } from '#shared/platform/aws/secrets.ts';
import type { Mailer } from '#shared/platform/aws/ses-mailer.ts';
import type { Breakers } from '#shared/platform/breaker/breaker.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { OutboundPost } from '#shared/platform/http/outbound-post.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';

/** What the channels of a stage are made of. */
export interface StageChannelsDependencies {
  /** Absent: nobody is mailed. */
  readonly email: AlertEmail | undefined;
  readonly readWebhooks: SecretReader<Readonly<Record<string, unknown>>>;
  readonly mailer: Mailer;
  readonly post: OutboundPost;
  readonly breakers: Breakers;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Reads which channels there are. A secret that is missing or not valid, or an entry of it, is logged by its field and counted; it
 * stops no other channel.
 */
export async function stageChannels(deps: StageChannelsDependencies): Promise<AlertChannels> {
  const email: AlertChannel[] = deps.email === undefined ? [] : [createEmailChannel(deps, deps.email)];
  try {
    const { webhooks, problems } = parseAlertWebhooks(await deps.readWebhooks());
    for (const problem of problems) report(deps, { problem });
    return {
      channels: [...email, ...webhooks.map((webhook) => createWebhookChannel(deps, webhook))],
      complete: problems.length === 0,
    };
  } catch (error) {
    report(deps, { error });
    return { channels: email, complete: false };
  }
}

function report({ log, metrics }: StageChannelsDependencies, fields: Readonly<Record<string, unknown>>): void {
  log.write('ALERT_CHANNELS_UNUSABLE', fields);
  metrics.count('AlertChannelsUnusable');
}
