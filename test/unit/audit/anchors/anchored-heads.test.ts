import { describe, expect, it } from 'vitest';
import { createAnchoredHeads } from '#shared/audit/anchors/anchored-heads.ts';
import { digestKey } from '#shared/audit/anchors/digest.ts';
import { parseSigned } from '#shared/audit/anchors/write-anchors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createTestAnchorKey } from '#test/support/fakes/anchor-bucket.ts';
import { createAnchorDesk, DAY_MS } from '#test/support/fakes/anchor-desk.ts';

/** Three days, with `wal_1` on each. */
async function threeDays() {
  const desk = createAnchorDesk();
  for (let day = 0; day < 3; day += 1) {
    await desk.append('wal_1', { request_id: `day ${day}` });
    await desk.append(`tx_${day}`);
    desk.clock.advance(DAY_MS);
    await desk.anchor();
  }
  const read: string[] = [];
  const reader = {
    ...desk.bucket,
    get: (key: string) => {
      read.push(key);
      return desk.bucket.get(key);
    },
  };
  const lookUp = createAnchoredHeads({ stage: 'test', reader, publicKey: async () => desk.key.publicKey });
  return { desk, read, lookUp, look: (stream = 'wal_1') => lookUp.of(stream, desk.deadline()) };
}

describe('looking a stream up in the anchors', () => {
  it('gives what each of them says of it', async () => {
    const { desk, look } = await threeDays();
    const { heads, through, brokenAnchor } = await look();
    expect(heads.map(({ seq, anchor }) => [seq, anchor])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(heads.at(-1)?.hash).toBe(desk.headOf('wal_1').audit_hash);
    expect([through?.slice(10), brokenAnchor]).toEqual(['T00:00:00.000Z', null]);
  });

  it('of a stream that no anchor knows gives nothing', async () => {
    const { look } = await threeDays();
    expect(await look('wal_9')).toMatchObject({ heads: [], brokenAnchor: null });
  });

  it('reads each digest once, and none of the time before the stream', async () => {
    const { desk, read, look } = await threeDays();
    await look();
    read.length = 0;
    await look();
    expect(read.filter((key) => key.startsWith('digests/'))).toEqual([]);
    desk.clock.advance(DAY_MS);
    await desk.append('wal_1');
    desk.clock.advance(DAY_MS);
    await desk.anchor();
    read.length = 0;
    // An id with the time of the last day in it.
    await look('wal_7ZZZZZZZZZZZZZZZZZZZZZZZZZ');
    expect(read).toEqual([digestKey(4), digestKey(5)]);
  });

  it('fails as a whole when they can not be read in time, or at all', async () => {
    const { desk, lookUp } = await threeDays();
    await expect(lookUp.of('wal_1', Deadline.in(0, desk.clock.now))).rejects.toMatchObject({
      code: 'ANCHORS_UNAVAILABLE',
    });
    const dead = { ...desk.bucket, keys: () => Promise.reject(new Error('down')) };
    const broken = createAnchoredHeads({ stage: 'test', reader: dead, publicKey: async () => desk.key.publicKey });
    await expect(broken.of('wal_1', desk.deadline())).rejects.toMatchObject({ code: 'ANCHORS_UNAVAILABLE' });
  });
});

describe('an anchor that is not what it must be is named, and what is after it counts for nothing', () => {
  type Desk = Awaited<ReturnType<typeof threeDays>>['desk'];
  const signedOf = ({ bucket }: Desk, number: number) => {
    const signed = parseSigned(bucket.objects.get(digestKey(number)));
    if (signed === undefined) throw new Error('none');
    return signed;
  };
  const set = ({ bucket }: Desk, number: number, value: unknown) =>
    bucket.objects.set(digestKey(number), JSON.stringify(value));

  it.each<[string, string, (desk: Desk) => unknown]>([
    ['removed', 'missing', ({ bucket }) => bucket.objects.delete(digestKey(2))],
    ['no JSON', 'unreadable', ({ bucket }) => bucket.objects.set(digestKey(2), 'x')],
    ['with a field more', 'unreadable', (desk) => set(desk, 2, { ...signedOf(desk, 2), extra: 1 })],
    [
      'with other numbers under the same signature',
      'unsigned',
      (desk) => set(desk, 2, { ...signedOf(desk, 2), digest: { ...signedOf(desk, 2).digest, streams: 9 } }),
    ],
    [
      'signed with another key',
      'unsigned',
      async (desk) => set(desk, 2, await createTestAnchorKey().sign(signedOf(desk, 2).digest)),
    ],
    ['with no signature at all', 'unsigned', (desk) => set(desk, 2, { ...signedOf(desk, 2), signature: '' })],
    ['in the place of another', 'unlinked', (desk) => set(desk, 2, signedOf(desk, 3))],
    [
      'of another stage',
      'unreadable',
      async (desk) => set(desk, 2, await desk.key.sign({ ...signedOf(desk, 2).digest, stage: 'other' })),
    ],
    [
      'signed well that leaves time out',
      'unlinked',
      async (desk) =>
        set(desk, 2, await desk.key.sign({ ...signedOf(desk, 2).digest, from: signedOf(desk, 2).digest.through })),
    ],
    [
      'signed well that follows from another',
      'unlinked',
      async (desk) => set(desk, 2, await desk.key.sign({ ...signedOf(desk, 2).digest, previous: 'a'.repeat(64) })),
    ],
  ])('%s', async (_what, reason, harm) => {
    const { desk, look } = await threeDays();
    await harm(desk);
    const { heads, brokenAnchor } = await look();
    expect(brokenAnchor).toEqual({ number: 2, reason });
    expect(heads.map(({ anchor }) => anchor)).toEqual([1]);
    expect(await desk.verify('wal_1')).toMatchObject({ verified: false, first_break: null });
  });

  it.each<[string, string | undefined]>([
    ['missing', undefined],
    ['unreadable', '["wal_1",2,"0000"]\n'],
  ])('a part of it that is %s', async (reason, text) => {
    const { desk, look } = await threeDays();
    const [part] = signedOf(desk, 2).digest.parts;
    const key = `parts/${part?.sha256}.jsonl`;
    if (text === undefined) desk.bucket.objects.delete(key);
    else desk.bucket.objects.set(key, text);
    expect((await look()).brokenAnchor).toEqual({ number: 2, reason });
  });
});
