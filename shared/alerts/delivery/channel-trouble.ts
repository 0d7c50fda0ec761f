import { isoTime } from '#shared/platform/clock.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Alert } from '../alert.ts';
import type { Delivery } from './delivery.ts';

/** Attempts at one alert after which its channel is said to keep failing: some minutes by `backoffMs`. */
const FAILING_ATTEMPTS = 4;

/** Names what is told of troubles of a channel. */
export function channelTroubleKey(channel: string): string {
  return `alert-channel#${channel}`;
}

/**
 * The alert that tells the other channels that one keeps failing, or was not told of an alert for good; undefined when a delivery's change is no
 * such thing.
 *
 * It is never told to the channel that it is about, nor to those that the failed alert itself was not for: an alert about an alert about a channel has one
 * channel less, so that however many fail, it ends. Of a channel that an operator took away, and of a test that an operator looks at, there is nothing to tell.
 *
 * @param alert which was to be delivered
 * @param before of the delivery
 */
export function channelTrouble(
  alert: Alert,
  before: Delivery,
  after: Delivery,
  { newId, nowMs }: { readonly newId: NewId; readonly nowMs: number },
): Alert | undefined {
  const { channel, attempts, last_error } = after;
  const { audience } = alert;
  if (audience !== undefined && 'only' in audience) return undefined;
  const isGivenUp = after.status === 'given_up' && last_error !== 'channel_removed';
  const isFailing =
    before.status === 'sending' &&
    after.status === 'waiting' &&
    attempts === FAILING_ATTEMPTS &&
    before.attempts === attempts;
  if (!isGivenUp && !isFailing) return undefined;
  return {
    id: newId('alr'),
    severity: isFailing ? 'WARNING' : alert.severity === 'CRITICAL' ? 'CRITICAL' : 'ERROR',
    category: 'alarm',
    summary: isFailing ? 'A channel of alerts keeps failing' : 'An alert could not be told to one of its channels',
    details: { channel, alert_id: alert.id, attempts, reason: last_error },
    dedupe_key: channelTroubleKey(channel),
    occurred_at: isoTime(nowMs),
    audience: { except: [...(audience?.except ?? []), channel] },
  };
}
