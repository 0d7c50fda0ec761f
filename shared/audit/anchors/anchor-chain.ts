import type { KeyObject } from 'node:crypto';
import { type Digest, digestHash, isSigned, type SignedDigest } from './digest.ts';

/**
 * What can be wrong with an anchor:
 * - `missing`: it or a part of it isn't there;
 * - `unreadable`: it is no anchor, or of another stage;
 * - `unsigned`: its signature isn't the anchor key's;
 * - `unlinked`: it doesn't follow from the one before;
 * - `replaced`: it is stored more than once, or was hidden.
 */
export const ANCHOR_BREAK_KINDS = ['missing', 'unreadable', 'unsigned', 'unlinked', 'replaced'] as const;

/** What is wrong with an anchor. */
export interface AnchorBreak {
  readonly number: number;
  readonly reason: (typeof ANCHOR_BREAK_KINDS)[number];
}

/**
 * Holds an anchor against the one before it.
 *
 * @param number which one it must be
 * @param signed undefined when there is none
 * @returns null when it is the next one of this stage
 */
export function anchorBreak(
  number: number,
  signed: SignedDigest | undefined,
  previous: Digest | undefined,
  stage: string,
  publicKey: KeyObject,
): AnchorBreak | null {
  if (signed === undefined || signed.digest.stage !== stage) return { number, reason: 'unreadable' };
  if (!isSigned(signed, publicKey)) return { number, reason: 'unsigned' };
  const { digest } = signed;
  const follows =
    digest.number === number &&
    digest.from < digest.through &&
    digest.previous === (previous === undefined ? null : digestHash(previous)) &&
    (previous === undefined || digest.from === previous.through);
  return follows ? null : { number, reason: 'unlinked' };
}
