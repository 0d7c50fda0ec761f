import type { ReadChannels } from '#shared/alerts/channels/channel-store.ts';
import { openChannel } from '#shared/alerts/channels/open-channel.ts';
import type { StoredChannel } from '#shared/alerts/channels/stored-channel.ts';
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
  /** Channels that operators made by API. */
  readonly readStored: () => Promise<ReadChannels>;
  /** Reads the secret with which what is secret of those is sealed. */
  readonly readNotifyKey: () => Promise<string>;
  readonly mailer: Mailer;
  readonly post: OutboundPost;
  readonly breakers: Breakers;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Reads which channels there are: those of the stage's configuration, of the secret, and of the table. What is missing or not valid, or an entry of it, is
 * logged by its field and counted; it stops no other channel.
 */
export async function stageChannels(deps: StageChannelsDependencies): Promise<AlertChannels> {
  const email: AlertChannel[] = deps.email === undefined ? [] : [createEmailChannel(deps, deps.email)];
  const [named, stored] = await Promise.all([secretChannels(deps), storedChannels(deps)]);
  return {
    channels: [...email, ...named.channels, ...stored.channels],
    complete: named.complete && stored.complete,
  };
}

const NONE: AlertChannels = { channels: [], complete: false };

async function secretChannels(deps: StageChannelsDependencies): Promise<AlertChannels> {
  try {
    const { webhooks, problems } = parseAlertWebhooks(await deps.readWebhooks());
    for (const problem of problems) report(deps, { problem });
    return {
      channels: webhooks.map((webhook) => createWebhookChannel(deps, webhook)),
      complete: problems.length === 0,
    };
  } catch (error) {
    report(deps, { error });
    return NONE;
  }
}

async function storedChannels(deps: StageChannelsDependencies): Promise<AlertChannels> {
  try {
    const { channels, unreadable } = await deps.readStored();
    for (const id of unreadable) report(deps, { problem: `${id}: can not be read` });
    const opened = await Promise.all(
      channels.filter(({ enabled }) => enabled).map((channel) => opening(deps, channel)),
    );
    return {
      channels: opened.flatMap((channel) => channel ?? []),
      complete: unreadable.length === 0 && !opened.includes(undefined),
    };
  } catch (error) {
    report(deps, { error });
    return NONE;
  }
}

async function opening(deps: StageChannelsDependencies, stored: StoredChannel): Promise<AlertChannel | undefined> {
  try {
    return await openChannel(deps, stored);
  } catch (error) {
    report(deps, { problem: `${stored.id}: can not be opened`, error });
    return undefined;
  }
}

function report({ log, metrics }: StageChannelsDependencies, fields: Readonly<Record<string, unknown>>): void {
  log.write('ALERT_CHANNELS_UNUSABLE', fields);
  metrics.count('AlertChannelsUnusable');
}
