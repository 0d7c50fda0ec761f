import { isUnwell } from '#shared/alerts/delivery/channel.ts';
import type { Clock } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { OutboundFailure, type OutboundPost } from '#shared/platform/http/outbound-post.ts';
import { outboundUrlFault } from '#shared/platform/http/outbound-url.ts';
import { parseRetryAfterMs } from '#shared/platform/http/retry-after.ts';
import { webhookHeaders } from '#shared/platform/http/standard-webhooks.ts';
import { secretsInUse, type WebhookEndpoint } from './endpoint.ts';
import type { WebhookEvent } from './event.ts';

/** What calling endpoints needs. */
export interface CallDependencies {
  readonly post: OutboundPost;
  /** With which signing secrets are sealed. */
  readonly readNotifyKey: () => Promise<string>;
  readonly exemptHosts: readonly string[];
  readonly clock: Clock;
}

/** What an endpoint answered, whatever its status. */
export interface Answered {
  readonly status: number | null;
  /** Null: nothing was said. */
  readonly excerpt: string | null;
}

/** What a failed call came to. */
interface CallFailure extends Answered {
  /** In a few words that are safe to show: `timed_out`, `http_503`. */
  readonly reason: string;
  /** Whether it tells that the other side is unwell: time-outs, connections, 5xx and throttling. Its circuit counts these. */
  readonly unwell: boolean;
  /** Whether the endpoint says that it wants to hear nothing any more. */
  readonly gone: boolean;
  /** Whether nobody answered: then the endpoint is left alone, for each call would cost as much time. */
  readonly silent: boolean;
  readonly retryAfterMs: number | undefined;
}

/** Thrown when an endpoint did not take what it was told. */
export class CallFailed extends Error {
  readonly failure: CallFailure;

  constructor(failure: CallFailure, cause?: unknown) {
    super(`A webhook was not taken: ${failure.reason}`, { cause });
    // A circuit keeps the name of what opened it.
    this.name = `CallFailed (${failure.reason})`;
    this.failure = failure;
  }
}

/** How much of an answer is read, so that one that is no longer than others send ends as it should. */
export const MAX_ANSWER_BYTES = 65_536;
/** How much of it is kept, for people to look at. */
const EXCERPT_CHARS = 1_024;
/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: the receiver wants no more. */
const GONE = 410;
/** No wish to be left alone is honoured for longer: the schedule goes on after a day at most. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60_000;

/**
 * Tells an endpoint of an event once, signed at this moment with every secret in use.
 *
 * @throws CallFailed, SealBroken
 */
export async function callEndpoint(
  { post, readNotifyKey, exemptHosts, clock }: CallDependencies,
  endpoint: WebhookEndpoint,
  { id, body }: WebhookEvent,
  deadline: Deadline,
): Promise<Answered> {
  // The stage's exempt hosts may have changed since the endpoint was made.
  if (outboundUrlFault(endpoint.url, exemptHosts) !== undefined) throw noAnswer('address_refused', {});
  const secrets = secretsInUse(await readNotifyKey(), endpoint, clock());
  const headers = webhookHeaders({ id, timestampSeconds: Math.floor(clock() / 1_000), body }, secrets);
  const answer = await answerOf(post, { url: endpoint.url, body, headers }, deadline);
  const { status, retryAfter } = answer;
  const excerpt = excerptOf(answer.excerpt);
  if (status >= 200 && status < 300) return { status, excerpt };
  throw new CallFailed({
    reason: status === GONE ? 'gone' : status >= 300 && status < 400 ? 'redirected' : `http_${status}`,
    unwell: isUnwell(status),
    gone: status === GONE,
    silent: false,
    retryAfterMs: retryAfter === undefined ? undefined : retryAfterMs(retryAfter, clock()),
    status,
    excerpt,
  });
}

async function answerOf(post: OutboundPost, message: Parameters<OutboundPost>[0], deadline: Deadline) {
  try {
    return await post(message, deadline);
  } catch (error) {
    if (!(error instanceof OutboundFailure)) throw error;
    // What a name means may be put right; that it is refused says nothing of how the other side is.
    if (error.kind === 'refused') throw noAnswer('address_refused', { cause: error });
    throw noAnswer(error.kind, { unwell: true, silent: error.kind === 'timed_out', cause: error });
  }
}

function noAnswer(
  reason: string,
  { unwell = false, silent = false, cause }: { unwell?: boolean; silent?: boolean; cause?: unknown },
): CallFailed {
  const nothing = { status: null, excerpt: null, gone: false, retryAfterMs: undefined };
  return new CallFailed({ reason, unwell, silent, ...nothing }, cause);
}

/** What a header `Retry-After` asks for; a day at most; undefined when it can't be read. */
export function retryAfterMs(text: string, nowMs: number): number | undefined {
  const askedMs = parseRetryAfterMs(text, nowMs);
  return askedMs === undefined ? undefined : Math.min(MAX_RETRY_AFTER_MS, askedMs);
}

/** Without what a terminal or a log would take for a command; by characters as people count them. */
function excerptOf(text: string): string | null {
  const shown = [...text.slice(0, 2 * EXCERPT_CHARS).replace(/[^\P{C}\n\t]/gu, '')].slice(0, EXCERPT_CHARS).join('');
  return shown === '' ? null : shown;
}
