import type { Breakers } from '#shared/platform/breaker/breaker.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { OutboundFailure, type OutboundFailureKind, type OutboundPost } from '#shared/platform/http/outbound-post.ts';
import { parseRetryAfterMs } from '#shared/platform/http/retry-after.ts';
import { webhookHeaders } from '#shared/platform/http/standard-webhooks.ts';
import { type Routing, TELL_ALL } from '../channels/routing.ts';
import { type AlertNotice, alertWebhookBody } from './alert-message.ts';
import type { AlertWebhook } from './alert-webhooks.ts';
import { type AlertChannel, DeliveryFailed, isUnwell, TOO_MANY_REQUESTS } from './channel.ts';
import { discordMessage } from './discord-message.ts';
import { slackMessage } from './slack-message.ts';

/** What webhooks need. */
export interface WebhookChannelDependencies {
  readonly post: OutboundPost;
  readonly breakers: Breakers;
  readonly clock: Clock;
}

/** A channel that posts, whatever its format. */
interface PostChannel {
  /** See AlertChannel. */
  readonly name: string;
  readonly routing: Routing;
  readonly url: string;
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the receiver wants no more. */
const GONE: readonly number[] = [410];
/** Besides: a chat that was archived, or a webhook of it that was removed (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, https://docs.discord.com/developers/topics/opcodes-and-status-codes). */
const CHAT_GONE: readonly number[] = [404, 410];

/** A refused address stays refused until somebody changes it; the others may pass. */
const FINAL_FAILURES: ReadonlySet<OutboundFailureKind> = new Set(['refused']);

/** What is asked for beyond that is not believed: it is tried again after an hour. */
const MAX_RETRY_AFTER_MS = 60 * 60_000;

/** A channel that posts alerts, signed by Standard Webhooks, as the stage's secret names them. Its circuit is `webhook:<name>`. */
export function createWebhookChannel(
  deps: WebhookChannelDependencies,
  { name, url, secrets }: AlertWebhook,
): AlertChannel {
  return createSignedChannel(deps, { name: `webhook:${name}`, routing: TELL_ALL, url }, secrets);
}

/** A channel that posts alerts, signed by Standard Webhooks. Its circuit has its name, in lower case. */
export function createSignedChannel(
  deps: WebhookChannelDependencies,
  channel: PostChannel,
  secrets: readonly string[],
): AlertChannel {
  return postChannel(deps, channel, GONE, (notice) => {
    const body = alertWebhookBody(notice);
    const timestampSeconds = Math.floor(deps.clock() / 1_000);
    return { body, headers: webhookHeaders({ id: notice.alert.id, timestampSeconds, body }, secrets) };
  });
}

const FORMATS = { slack: slackMessage, discord: discordMessage } as const;

/** A channel that posts alerts to a chat, in its own format. Its circuit has its name, in lower case. */
export function createChatChannel(
  deps: WebhookChannelDependencies,
  channel: PostChannel,
  format: keyof typeof FORMATS,
): AlertChannel {
  return postChannel(deps, channel, CHAT_GONE, (notice) => ({ body: FORMATS[format](notice), headers: {} }));
}

function postChannel(
  { post, breakers, clock }: WebhookChannelDependencies,
  { name, routing, url }: PostChannel,
  gone: readonly number[],
  encode: (notice: AlertNotice) => Pick<Parameters<OutboundPost>[0], 'body' | 'headers'>,
): AlertChannel {
  return {
    name,
    routing,
    breaker: breakers.of(name.toLowerCase()),
    async send(notice, deadline) {
      const { status, retryAfter } = await answerOf(post, { url, ...encode(notice) }, deadline);
      if (status >= 200 && status < 300) return;
      const askedMs = parseRetryAfterMs(retryAfter ?? null, clock());
      const isGone = gone.includes(status);
      throw new DeliveryFailed({
        reason: isGone ? 'gone' : status >= 300 && status < 400 ? 'redirected' : `http_${status}`,
        unwell: isUnwell(status),
        final: isGone,
        silent: status === TOO_MANY_REQUESTS || askedMs !== undefined,
        retryAfterMs: askedMs === undefined ? undefined : Math.min(askedMs, MAX_RETRY_AFTER_MS),
      });
    },
  };
}

async function answerOf(
  post: OutboundPost,
  message: Parameters<OutboundPost>[0],
  deadline: Parameters<OutboundPost>[1],
): ReturnType<OutboundPost> {
  try {
    return await post(message, deadline);
  } catch (error) {
    if (!(error instanceof OutboundFailure)) throw error;
    const final = FINAL_FAILURES.has(error.kind);
    const reason = error.kind === 'refused' ? 'address_refused' : error.kind;
    throw new DeliveryFailed({ reason, unwell: !final, final, silent: error.kind === 'timed_out' }, error);
  }
}
