import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { ChainView } from './chain-view.ts';
import { finalClaims, judgeClaims, judgedBy } from './final-claims.ts';
import type { LaneState } from './lane.ts';
import type { LaneSnapshot } from './lane-action.ts';
import type { LanePatch } from './lane-change.ts';
import { hasNoSay, voicesOf } from './second-opinion.ts';

/**
 * Other endpoints that had no say for so long, in every look that asked them, are away: longer than a circuit stays open,
 * so that they were tried again meanwhile.
 */
export const AWAY_AFTER_MS = 60_000;

/** How often it is noted that they still are: a note is a write of the lane. */
const NOTED_EACH_MS = 30_000;

/** A lane that had nothing to ask for so long knows nothing of whether they came back meanwhile. */
export const AWAY_FORGOTTEN_AFTER_MS = 3 * 60_000;

/**
 * Whether one endpoint's word is enough where the others have no say: when they have been away for a while without a break,
 * and the last that had a say did not contradict. Pure.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function mayGoAlone(lane: Pick<LaneState, 'alone' | 'disputed_by'>, nowMs: number): boolean {
  const { alone, disputed_by } = lane;
  if (disputed_by !== null || alone === null || isForgotten(alone, nowMs)) return false;
  return nowMs - Date.parse(alone.since) >= AWAY_AFTER_MS;
}

/**
 * What a lane remembers of the endpoints that were asked for a second opinion: since when none has a say, and who
 * contradicted. After a dispute nothing is final by one endpoint until another agrees with all that would be. Pure.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function witnessOf(snapshot: LaneSnapshot, view: ChainView, chain: ChainConfig, nowMs: number): LanePatch {
  const { alone, disputed_by } = snapshot.lane;
  const claims = finalClaims(snapshot, view, chain, nowMs);
  if (claims === undefined) return {};
  const { second } = view;
  const judged = judgeClaims(claims, view);
  const contradicting = voicesOf(second).find((voice) =>
    judgedBy(voice, claims, view).some(
      ({ agreement }, index) => agreement === 'disagrees' && judged[index]?.agreement === 'disagrees',
    ),
  );
  if (contradicting !== undefined) {
    // Who contradicts has a say, however old its head is.
    return {
      ...(disputed_by === null ? { disputed_by: contradicting.endpoint } : {}),
      ...(alone === null ? {} : { alone: null }),
    };
  }
  if (hasNoSay(second)) return noteAbsence(alone, nowMs);
  if (second.kind !== 'given') return {};
  const agrees = judged.every(({ agreement }) => agreement === 'agrees');
  return {
    ...(alone === null ? {} : { alone: null }),
    ...(agrees && disputed_by !== null ? { disputed_by: null } : {}),
  };
}

function noteAbsence(alone: LaneState['alone'], nowMs: number): LanePatch {
  const seen_at = isoTime(nowMs);
  if (alone === null || isForgotten(alone, nowMs)) return { alone: { since: seen_at, seen_at } };
  return nowMs - Date.parse(alone.seen_at) < NOTED_EACH_MS ? {} : { alone: { ...alone, seen_at } };
}

/** Whether a note tells nothing of now: too old, or by a clock that is ahead of this one. */
function isForgotten({ since, seen_at }: NonNullable<LaneState['alone']>, nowMs: number): boolean {
  const seenForMs = nowMs - Date.parse(seen_at);
  return seenForMs > AWAY_FORGOTTEN_AFTER_MS || seenForMs < 0 || Date.parse(since) > nowMs;
}
