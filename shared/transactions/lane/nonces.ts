import type { LaneState } from './lane.ts';

/** What the chain says of an account's nonces. */
export interface NonceView {
  readonly head: { readonly number: number };
  /** All nonces below are used in the latest block's state. */
  readonly latestCount: number;
}

/** A gap is believed only after so many blocks, on chains that are final sooner too: a node that lags looks the same. */
const MIN_GAP_BLOCKS = 3;

/**
 * Nonces that the lane has counted as used, that the chain has not used, and that nothing in flight has. There are none
 * unless the look at the chain is older than what the lane has seen, or a transaction that had used one left the chain:
 * a stranger's, or one that was final and was reorganised away all the same.
 */
export function holes(
  lane: Pick<LaneState, 'next_nonce' | 'in_flight'>,
  view: Pick<NonceView, 'latestCount'>,
): readonly number[] {
  const held = new Set(lane.in_flight.map(({ nonce }) => nonce));
  const found: number[] = [];
  for (let nonce = view.latestCount; nonce < ownNextNonce(lane); nonce += 1) {
    if (!held.has(nonce)) found.push(nonce);
  }
  return found;
}

/** The nonce after all that the lane has given. */
export function ownNextNonce({ next_nonce, in_flight }: Pick<LaneState, 'next_nonce' | 'in_flight'>): number {
  return Math.max(next_nonce ?? 0, (in_flight.at(-1)?.nonce ?? -1) + 1);
}

/** What to believe of holes. */
export type GapVerdict =
  | { readonly kind: 'none' }
  /** Seen now for the first time; to be remembered. */
  | { readonly kind: 'new'; readonly gap: NonNullable<LaneState['gap']> }
  /** Perhaps only a late look: nothing is to be signed on it. */
  | { readonly kind: 'doubtful' }
  /** The chain went on for as many blocks as make a transaction final, and the nonce is still free. */
  | { readonly kind: 'proven'; readonly holes: readonly number[]; readonly provenAtBlock: number };

/** Judges the holes that a look at the chain shows. */
export function judgeGap(lane: LaneState, view: NonceView, requiredConfirmations: number): GapVerdict {
  const found = holes(lane, view);
  const [lowest] = found;
  if (lowest === undefined) return { kind: 'none' };
  const { gap } = lane;
  // A head below the one that saw the gap first is a node that lags, or a reorganisation: the proof begins anew.
  if (gap === null || gap.nonce !== lowest || view.head.number < gap.since_block) {
    return {
      kind: 'new',
      gap: { nonce: lowest, since_block: view.head.number, first_block: firstBlockOf(gap) ?? view.head.number },
    };
  }
  const provenAtBlock = gap.since_block + Math.max(MIN_GAP_BLOCKS, requiredConfirmations);
  return view.head.number >= provenAtBlock ? { kind: 'proven', holes: found, provenAtBlock } : { kind: 'doubtful' };
}

/** The block at which the lane was first seen to have a gap: by that one time is known from the next. Undefined: it has none. */
export function firstBlockOf(gap: LaneState['gap']): number | undefined {
  return gap === null ? undefined : (gap.first_block ?? gap.since_block);
}

/** The next nonces to give: proven holes first, lowest first, then those that were never given. */
export function freeNonces(
  lane: Pick<LaneState, 'next_nonce' | 'in_flight'>,
  view: NonceView,
  proven: readonly number[],
  count: number,
): readonly number[] {
  const next = Math.max(lane.next_nonce ?? 0, view.latestCount);
  const held = new Set(lane.in_flight.map(({ nonce }) => nonce));
  const nonces = proven.slice(0, count);
  for (let nonce = next; nonces.length < count; nonce += 1) {
    if (!held.has(nonce)) nonces.push(nonce);
  }
  return nonces;
}
