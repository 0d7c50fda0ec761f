import { createHash } from 'node:crypto';

/**
 * Which of several partitions an id belongs to: a number below `shards` that the id alone decides, evenly spread.
 *
 * @param shards a power of two, at most 256; another number of them would give some more than others
 */
export function shardOf(id: string, shards: number): number {
  return createHash('sha256').update(id, 'utf8').digest().readUInt8(0) % shards;
}
