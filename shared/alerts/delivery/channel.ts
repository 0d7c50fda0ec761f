import type { Breaker } from '#shared/platform/breaker/breaker.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import type { Routing } from '../channels/routing.ts';
import type { AlertNotice } from './alert-message.ts';

/** A way to tell people of alerts. */
export interface AlertChannel {
  /** `email` and `webhook:<name>` of those that the stage configures, `<type>:chn_…` of those that operators made by API. */
  readonly name: string;
  /** What it wants to hear of, and when. */
  readonly routing: Routing;
  /** Stands before it. */
  readonly breaker: Breaker;
  /**
   * Tells of an alert once.
   *
   * @throws DeliveryFailed
   */
  send(notice: AlertNotice, deadline: Deadline): Promise<void>;
}

/** All channels as they are configured now. */
export interface AlertChannels {
  readonly channels: readonly AlertChannel[];
  /** Whether there may be more: some could not be read. Then nothing is ended for want of them. */
  readonly complete: boolean;
}

/** What a failed call came to. */
export interface DeliveryFailure {
  /** In a few words that are safe to show: `timed_out`, `http_503`. */
  readonly reason: string;
  /** Whether it tells that the other side is unwell: time-outs, connections, 5xx and throttling. Its circuit counts these. */
  readonly unwell: boolean;
  /** Whether trying again can't help. */
  readonly final: boolean;
  /** Whether nobody answered, or it asked to be left alone: then it is, for the rest of the run. Each call would cost as much time, or be refused. */
  readonly silent: boolean;
  /** How long it asks to be left alone. */
  readonly retryAfterMs?: number | undefined;
}

/** Thrown when a call to a channel failed. */
export class DeliveryFailed extends Error implements DeliveryFailure {
  readonly reason: string;
  readonly unwell: boolean;
  readonly final: boolean;
  readonly silent: boolean;
  readonly retryAfterMs: number | undefined;

  constructor({ reason, unwell, final, silent, retryAfterMs }: DeliveryFailure, cause?: unknown) {
    super(`An alert was not delivered: ${reason}`, { cause });
    // A circuit keeps the name of what opened it.
    this.name = `DeliveryFailed (${reason})`;
    this.reason = reason;
    this.unwell = unwell;
    this.final = final;
    this.silent = silent;
    this.retryAfterMs = retryAfterMs;
  }
}

/** https://www.rfc-editor.org/rfc/rfc6585#section-4 */
export const TOO_MANY_REQUESTS = 429;
const REQUEST_TIMEOUT = 408;

/** Whether an HTTP status tells that the other side is unwell, and not that it dislikes what it was sent. */
export function isUnwell(status: number): boolean {
  return status >= 500 || status === TOO_MANY_REQUESTS || status === REQUEST_TIMEOUT;
}
