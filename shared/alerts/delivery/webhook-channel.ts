import type { Breakers } from '#shared/platform/breaker/breaker.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { OutboundFailure, type OutboundFailureKind, type OutboundPost } from '#shared/platform/http/outbound-post.ts';
import { webhookHeaders } from '#shared/platform/http/standard-webhooks.ts';
import { alertWebhookBody } from './alert-message.ts';
import type { AlertWebhook } from './alert-webhooks.ts';
import { type AlertChannel, DeliveryFailed, isUnwell } from './channel.ts';

/** What webhooks need. */
export interface WebhookChannelDependencies {
  readonly post: OutboundPost;
  readonly breakers: Breakers;
  readonly clock: Clock;
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the receiver wants no more. */
const GONE = 410;

/** A refused address stays refused until somebody changes it; the others may pass. */
const FINAL_FAILURES: ReadonlySet<OutboundFailureKind> = new Set(['refused']);

/** A channel that posts alerts, signed by Standard Webhooks. Its circuit is `webhook:<name>`. */
export function createWebhookChannel(
  { post, breakers, clock }: WebhookChannelDependencies,
  { name, url, secrets }: AlertWebhook,
): AlertChannel {
  const channel = `webhook:${name}`;
  return {
    name: channel,
    breaker: breakers.of(channel),
    async send(notice, deadline) {
      const body = alertWebhookBody(notice);
      const timestampSeconds = Math.floor(clock() / 1_000);
      const headers = webhookHeaders({ id: notice.alert.id, timestampSeconds, body }, secrets);
      const status = await statusOf(post, { url, body, headers }, deadline);
      if (status >= 200 && status < 300) return;
      throw new DeliveryFailed({
        reason: status === GONE ? 'gone' : status >= 300 && status < 400 ? 'redirected' : `http_${status}`,
        unwell: isUnwell(status),
        final: status === GONE,
        silent: false,
      });
    },
  };
}

async function statusOf(
  post: OutboundPost,
  message: Parameters<OutboundPost>[0],
  deadline: Parameters<OutboundPost>[1],
): Promise<number> {
  try {
    return (await post(message, deadline)).status;
  } catch (error) {
    if (!(error instanceof OutboundFailure)) throw error;
    const final = FINAL_FAILURES.has(error.kind);
    const reason = error.kind === 'refused' ? 'address_refused' : error.kind;
    throw new DeliveryFailed({ reason, unwell: !final, final, silent: error.kind === 'timed_out' }, error);
  }
}
