import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { ChainView } from './chain-view.ts';
import { finalClaims, judgeClaims } from './final-claims.ts';
import type { LaneState } from './lane.ts';
import type { LaneSnapshot } from './lane-action.ts';
import type { LanePatch } from './lane-change.ts';
import { isMissing } from './second-opinion.ts';

/**
 * Other endpoints that had no say for so long, in every look that asked them, are away: longer than a circuit stays open,
 * so that they were tried again meanwhile.
 */
export const AWAY_AFTER_MS = 60_000;

/**
 * What was noted so long ago says nothing of now: a lane that had nothing to ask since may have missed that they came back.
 */
export const AWAY_FORGOTTEN_AFTER_MS = 60 * 60_000;

/**
 * Whether one endpoint's word is enough where the others have no say: when they have been away for a while, and the last
 * that had a say did not contradict. Pure.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function mayGoAlone(lane: Pick<LaneState, 'alone_since' | 'disputed_by'>, nowMs: number): boolean {
  return lane.disputed_by === null && aloneMs(lane, nowMs) >= AWAY_AFTER_MS;
}

/**
 * What a lane remembers of the endpoints that were asked for a second opinion: since when none has a say, and who
 * contradicted. After a dispute nothing is final by one endpoint until another agrees with all that would be. Pure.
 *
 * @param nowMs milliseconds since the Unix epoch
 */
export function witnessOf(snapshot: LaneSnapshot, view: ChainView, chain: ChainConfig, nowMs: number): LanePatch {
  const { lane } = snapshot;
  const { second } = view;
  const claims = finalClaims(snapshot, view, chain);
  if (claims === undefined) return {};
  if (isMissing(second)) {
    return Number.isNaN(aloneMs(lane, nowMs)) ? { alone_since: isoTime(nowMs) } : {};
  }
  if (second.kind !== 'given') return {};
  const agreements = judgeClaims(claims, view).map(({ agreement }) => agreement);
  const disputes = agreements.includes('disagrees');
  const agrees = agreements.every((agreement) => agreement === 'agrees');
  return {
    ...(lane.alone_since === null ? {} : { alone_since: null }),
    ...(disputes && lane.disputed_by === null ? { disputed_by: second.endpoint } : {}),
    ...(agrees && lane.disputed_by !== null ? { disputed_by: null } : {}),
  };
}

/** For how long no other endpoint had a say; not a number: it is not known. */
function aloneMs({ alone_since }: Pick<LaneState, 'alone_since'>, nowMs: number): number {
  const elapsedMs = alone_since === null ? Number.NaN : nowMs - Date.parse(alone_since);
  return elapsedMs <= AWAY_FORGOTTEN_AFTER_MS ? elapsedMs : Number.NaN;
}
