import type { BlockHead } from '#shared/platform/chain/chain-client.ts';

/**
 * What `latestRoundData()` returns (https://docs.chain.link/data-feeds/api-reference#latestrounddata). Times in seconds since the Unix epoch, as
 * the contract says them: any uint256.
 */
export interface Round {
  readonly roundId: bigint;
  readonly answer: bigint;
  readonly startedAtSeconds: bigint;
  readonly updatedAtSeconds: bigint;
  readonly answeredInRound: bigint;
}

/** What a contract said when it was asked as a feed. */
export type FeedAnswer =
  | { readonly ok: true; readonly decimals: number; readonly round: Round }
  /** Why it said nothing that counts; ends a sentence. */
  | { readonly ok: false; readonly why: string };

/** What the sequencer uptime feed said; its decimals mean nothing. */
export type SequencerAnswer =
  | { readonly ok: true; readonly round: Round }
  | { readonly ok: false; readonly why: string };

/** All that a price is judged by, after one block. */
export interface FeedReading {
  readonly head: BlockHead;
  readonly feed: FeedAnswer;
  /** Undefined: none is configured. */
  readonly reference: FeedAnswer | undefined;
  /** Undefined: none is configured. */
  readonly sequencer: SequencerAnswer | undefined;
}

const WORD_CHARS = 64;
const ROUND_WORDS = 5;
const INT256_SIGN = 1n << 255n;
const MAX_UINT80 = (1n << 80n) - 1n;

/**
 * Reads what `latestRoundData()` returned: (uint80, int256, uint256, uint256, uint80). By hand, because an ABI decoder weighs more than all
 * of this domain.
 *
 * @param bytes hex with 0x
 * @returns undefined when that is not what a feed returns
 */
export function decodeRound(bytes: string): Round | undefined {
  const words = wordsOf(bytes);
  if (words?.length !== ROUND_WORDS) return undefined;
  const [roundId = 0n, answer = 0n, startedAtSeconds = 0n, updatedAtSeconds = 0n, answeredInRound = 0n] = words;
  if (roundId > MAX_UINT80 || answeredInRound > MAX_UINT80) return undefined;
  return {
    roundId,
    answer: answer >= INT256_SIGN ? answer - (INT256_SIGN << 1n) : answer,
    startedAtSeconds,
    updatedAtSeconds,
    answeredInRound,
  };
}

/**
 * Reads what `decimals()` returned: uint8.
 *
 * @param bytes hex with 0x
 * @returns undefined when that is not what a feed returns
 */
export function decodeDecimals(bytes: string): number | undefined {
  const words = wordsOf(bytes);
  const [decimals] = words ?? [];
  return words?.length !== 1 || decimals === undefined || decimals > 255n ? undefined : Number(decimals);
}

function wordsOf(bytes: string): readonly bigint[] | undefined {
  if (!/^0x[0-9a-f]*$/i.test(bytes) || (bytes.length - 2) % WORD_CHARS !== 0) return undefined;
  const words = bytes.slice(2).match(new RegExp(`.{${WORD_CHARS}}`, 'g')) ?? [];
  return words.map((word) => BigInt(`0x${word}`));
}
