import * as z from 'zod';

const knownBlockSchema = z.object({ number: z.number().int(), hash: z.string() });

/** A block that was read: what its height held then. */
export type KnownBlock = z.output<typeof knownBlockSchema>;

/** A block that was read, with its time. */
export interface ReadHead extends KnownBlock {
  /** In seconds since the Unix epoch. */
  readonly timestampSeconds: number;
}

/** How far a chain has been read. */
export const scanCursorSchema = z.object({
  chain_id: z.number().int(),
  /** The last block that was read, and everything before it since the first. */
  number: z.number().int(),
  hash: z.string(),
  timestamp_seconds: z.number().int(),
  /** Blocks before it and itself, ascending: all of the last ones, fewer the further back. */
  known: z.array(knownBlockSchema).min(1),
  /** What endpoints gave at once lately. */
  blocks_per_read: z.number().int().positive(),
  /** When the chain was last read as far as it goes, ISO 8601, UTC. */
  updated_at: z.string(),
  version: z.number().int(),
});

/** How far a chain has been read. */
export type ScanCursor = z.output<typeof scanCursorSchema>;

/** The key of a chain's cursor in the shop table. */
export function scanCursorKey(chainId: number) {
  return { pk: `SCAN#${chainId}`, sk: 'SCAN' };
}

/** All of the last blocks are known: most reorgs are one or two blocks deep. */
export const DENSE_BLOCKS = 16;
/** Doublings of the distance beyond; of each, half as many blocks are known as before. */
const LEVELS = 10;
/**
 * No known block is further back: more than two days of Ethereum, nine hours of a chain with two seconds a block. About 100 hashes, 10 KB, and
 * as many as one request can ask for.
 */
export const REACH_BLOCKS = DENSE_BLOCKS * 2 ** LEVELS;

/** What is asked of a chain at once, near its head: a minute of most chains. More is pointless, because whole blocks are read. */
export const MAX_BLOCKS_PER_READ = 20;

/** Whether a block is to be known when the last one that was read is at a height. */
export function isKept(number: number, last: number): boolean {
  const distance = last - number;
  if (distance < DENSE_BLOCKS) return distance >= 0;
  for (let level = 1; level <= LEVELS; level += 1) {
    if (number % 2 ** level !== 0) return false;
    if (distance < DENSE_BLOCKS * 2 ** level) return true;
  }
  return false;
}

/** The cursor of a chain that was not read before: it goes on behind this block. */
export function firstCursor(chainId: number, { number, hash, timestampSeconds }: ReadHead): ScanCursor {
  return {
    chain_id: chainId,
    number,
    hash,
    timestamp_seconds: timestampSeconds,
    known: [{ number, hash }],
    blocks_per_read: MAX_BLOCKS_PER_READ,
    updated_at: new Date(timestampSeconds * 1_000).toISOString(),
    version: 0,
  };
}

/**
 * The cursor after blocks that follow its own. Pure.
 *
 * @param blocks ascending, at least one
 */
export function advanced(cursor: ScanCursor, blocks: readonly ReadHead[]): ScanCursor {
  const last = blocks.at(-1);
  if (last === undefined) return cursor;
  const known = [...cursor.known, ...blocks.map(({ number, hash }) => ({ number, hash }))];
  return {
    ...cursor,
    number: last.number,
    hash: last.hash,
    timestamp_seconds: last.timestampSeconds,
    known: known.filter(({ number }) => isKept(number, last.number)),
  };
}

/** The cursor at a block that it read before, or that it is to begin anew with. Pure. */
export function rewound(cursor: ScanCursor, { number, hash, timestampSeconds }: ReadHead): ScanCursor {
  const known = cursor.known.filter((one) => one.number < number);
  return { ...cursor, number, hash, timestamp_seconds: timestampSeconds, known: [...known, { number, hash }] };
}

/**
 * The latest block that both the cursor and the chain know. Pure.
 *
 * @param chain blocks of the chain at heights that the cursor knows; a height that the chain has not reached is absent
 * @returns undefined: the chain has left all that is known
 */
export function forkPoint(cursor: ScanCursor, chain: ReadonlyMap<number, ReadHead>): ReadHead | undefined {
  for (const { number, hash } of cursor.known.toReversed()) {
    const now = chain.get(number);
    if (now?.hash === hash) return now;
  }
  return undefined;
}

/** What is asked for next after a read that went well: carefully more. */
export function grown(blocksPerRead: number): number {
  return Math.min(blocksPerRead + 1, MAX_BLOCKS_PER_READ);
}

/** What is asked for next after endpoints said that it was too much. */
export function halved(blocksPerRead: number): number {
  return Math.max(1, Math.floor(blocksPerRead / 2));
}
