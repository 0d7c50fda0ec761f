import { describe, expect, it } from 'vitest';
import { shardOf } from '#shared/platform/dynamo/shard-of.ts';

describe('the shard of an id', () => {
  it.each([4, 8, 256])('is one of %i, always the same, and none has many more than its share', (shards) => {
    const ids = Array.from({ length: 64 * shards }, (_, n) => `evt_${n}`);
    const sizes = [...Map.groupBy(ids, (id) => shardOf(id, shards)).values()].map((group) => group.length);
    expect(sizes).toHaveLength(shards);
    expect(Math.max(...sizes)).toBeLessThan(2 * 64);
    expect(ids.map((id) => shardOf(id, shards))).toEqual(ids.map((id) => shardOf(id, shards)));
  });
});
