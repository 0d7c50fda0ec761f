import { describe, expect, it } from 'vitest';
import { digestHash, digestKey, isSigned, parsePart, partKey, partsOf } from '#shared/audit/anchors/digest.ts';
import { parseSigned, writeAnchors } from '#shared/audit/anchors/write-anchors.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createAnchorDesk, DAY_MS } from '#test/support/fakes/anchor-desk.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

type Desk = ReturnType<typeof createAnchorDesk>;

function signedOf({ bucket }: Desk, number: number) {
  const signed = parseSigned(bucket.objects.get(digestKey(number)));
  if (signed === undefined) throw new Error(`There is no anchor ${number}`);
  return signed;
}

/** What an anchor says of each stream. */
function headsOf(desk: Desk, number: number) {
  const { parts } = signedOf(desk, number).digest;
  const heads = parts.flatMap(({ sha256 }) => parsePart(desk.bucket.objects.get(partKey(sha256)) ?? ''));
  return Object.fromEntries(heads.map(({ stream, seq, hash }) => [stream, { audit_seq: seq, audit_hash: hash }]));
}

/** The first midnight after the test's beginning. */
const MIDNIGHT_MS = Date.parse(isoTime(TEST_NOW_MS + DAY_MS).slice(0, 10));

describe('anchoring', () => {
  it('waits for the end of the day, and says that it is current', async () => {
    const desk = createAnchorDesk();
    await desk.append('wal_1');
    expect(await desk.anchor()).toBe(0);
    expect([...desk.bucket.objects]).toEqual([]);
    expect(desk.counts()).toEqual({ AuditAnchorsCurrent: 1 });
  });

  it('holds where each stream ended that changed, signed', async () => {
    const desk = createAnchorDesk();
    for (const stream of ['wal_1', 'tx_1', 'wal_1', 'lane:1#0xab']) await desk.append(stream);
    desk.clock.advance(DAY_MS);
    expect(await desk.anchor()).toBe(1);
    expect(headsOf(desk, 1)).toEqual(Object.fromEntries(desk.heads));
    const signed = signedOf(desk, 1);
    expect(signed.digest).toMatchObject({ stage: 'test', number: 1, previous: null, streams: 3 });
    expect(isSigned(signed, desk.key.publicKey)).toBe(true);
    expect(desk.counts()).toEqual({ AuditAnchored: 1, AuditAnchorsCurrent: 1 });
  });

  it('leaves what is younger than writes may take to the next one', async () => {
    const desk = createAnchorDesk();
    await desk.append('wal_1');
    desk.clock.advance(MIDNIGHT_MS + 30_000 - desk.clock.now());
    const settling = { ...desk.deps, settleMs: 60_000 };
    expect(await writeAnchors(settling, false, desk.deadline())).toBe(0);
    desk.clock.advance(30_000);
    expect(await writeAnchors(settling, false, desk.deadline())).toBe(1);
    expect(signedOf(desk, 1).digest.through).toBe(isoTime(MIDNIGHT_MS));
  });

  it('makes up for each day that was missed, each linked to the one before, empty ones included', async () => {
    const desk = createAnchorDesk();
    await desk.append('wal_1');
    desk.clock.advance(3 * DAY_MS);
    await desk.append('wal_2');
    desk.clock.advance(DAY_MS);
    expect(await desk.anchor()).toBe(4);
    const digests = [1, 2, 3, 4].map((number) => signedOf(desk, number).digest);
    expect(digests.map(({ streams }) => streams)).toEqual([1, 0, 0, 1]);
    for (const [index, digest] of digests.entries()) {
      const before = digests[index - 1];
      if (before === undefined) continue;
      expect([digest.from, digest.previous]).toEqual([before.through, digestHash(before)]);
    }
    expect(await desk.anchor()).toBe(0);
  });

  it('anchors up to now when asked, and what comes later on the same day with the next one', async () => {
    const desk = createAnchorDesk();
    await desk.append('wal_1');
    desk.clock.advance(1_000);
    expect(await desk.anchor(true)).toBe(1);
    expect(await desk.anchor(true)).toBe(0);
    await desk.append('wal_2');
    desk.clock.advance(DAY_MS);
    expect(await desk.anchor()).toBe(1);
    expect(headsOf(desk, 2)).toMatchObject({ wal_2: desk.headOf('wal_2') });
  });

  it('anchors up to when it began, though time goes on meanwhile', async () => {
    const desk: ReturnType<typeof createAnchorDesk> = createAnchorDesk(() => desk.clock.advance(100));
    await desk.append('wal_1');
    desk.clock.advance(1_000);
    expect(await desk.anchor(true)).toBe(1);
  });

  it('anchors an entry that came into the index after its day was anchored', async () => {
    const desk = createAnchorDesk();
    desk.clock.advance(MIDNIGHT_MS - desk.clock.now());
    await desk.append('wal_1', {}, MIDNIGHT_MS - 60_000);
    expect(await desk.anchor()).toBe(1);
    await desk.append('wal_late', {}, MIDNIGHT_MS - 30_000);
    desk.clock.advance(DAY_MS);
    expect(await desk.anchor()).toBe(1);
    expect(headsOf(desk, 2)).toMatchObject({ wal_late: desk.headOf('wal_late') });
  });

  it('divides thousands of streams into parts, none larger than a lookup should read', () => {
    const heads = Array.from({ length: 9_000 }, (_, index) => ({
      stream: `tx_${index}`,
      seq: 1,
      hash: 'a'.repeat(64),
    }));
    const { parts, partBits } = partsOf(heads);
    expect([parts.length, partBits]).toEqual([16, 4]);
    const read = parts.flatMap(({ text }) => parsePart(text));
    expect(new Set(read.map(({ stream }) => stream)).size).toBe(9_000);
    for (const { text } of parts) expect(parsePart(text).length).toBeLessThan(1_000);
    expect(partsOf([])).toEqual({ partBits: 0, parts: [] });
    expect(partsOf(heads.slice(0, 1_000)).parts.length).toBe(1);
  });

  it('reads no entry and no table but the index by day', async () => {
    const desk = createAnchorDesk();
    await desk.append('wal_1');
    const before = desk.aws.requests.length;
    desk.clock.advance(DAY_MS);
    await desk.anchor();
    for (const { operation, body } of desk.aws.requests.slice(before)) {
      expect([operation, body['IndexName']]).toEqual(['Query', 'gsi1']);
    }
  });

  it('stops when there is no time, and the next run goes on', async () => {
    const desk = createAnchorDesk();
    await desk.append('wal_1');
    desk.clock.advance(DAY_MS);
    await expect(writeAnchors(desk.deps, false, Deadline.in(0, desk.clock.now))).rejects.toThrow('No time');
    expect(desk.counts()).toEqual({});
    expect(await desk.anchor()).toBe(1);
  });
});

describe('an anchorer that is interrupted or doubled', () => {
  it('killed at any put leaves nothing that the next run could not make whole', async () => {
    for (let killedAt = 0; killedAt < 6; killedAt += 1) {
      let puts = 0;
      const desk = createAnchorDesk(() => {
        puts += 1;
        if (puts - 1 === killedAt) throw new Error('killed');
      });
      for (const stream of ['wal_1', 'wal_2']) await desk.append(stream);
      desk.clock.advance(DAY_MS);
      await desk.append('wal_1');
      desk.clock.advance(DAY_MS);
      if (killedAt < 4) await expect(desk.anchor()).rejects.toThrow('killed');
      await desk.append('wal_3', {}, desk.clock.now() - DAY_MS);
      await desk.anchor();
      expect((await desk.bucket.keys('digests/')).length).toBe(2);
      for (const stream of ['wal_1', 'wal_2']) {
        expect(await desk.verify(stream)).toMatchObject({ verified: true, anchored: { broken_anchor: null } });
      }
    }
  });

  it('that another one overtakes gives way to it, and its own next anchor follows from that', async () => {
    const desk = createAnchorDesk();
    await desk.append('wal_1');
    desk.clock.advance(2 * DAY_MS);
    await desk.append('wal_2', {}, desk.clock.now() - DAY_MS);
    const [one, other] = await Promise.all([desk.anchor(), desk.anchor()]);
    expect(one + other).toBe(2);
    expect(await desk.bucket.keys('digests/')).toEqual([digestKey(1), digestKey(2)]);
    expect(await desk.verify('wal_2')).toMatchObject({ verified: true, anchored: { seq: 1, broken_anchor: null } });
  });

  it('never replaces what is there', async () => {
    const desk = createAnchorDesk();
    await desk.append('wal_1');
    desk.clock.advance(DAY_MS);
    await desk.anchor();
    const before = new Map(desk.bucket.objects);
    await desk.append('wal_1');
    desk.clock.advance(DAY_MS);
    await desk.anchor();
    for (const [key, text] of before) expect(desk.bucket.objects.get(key)).toBe(text);
  });

  it('stops at an anchor that it cannot read, rather than begin anew', async () => {
    const desk = createAnchorDesk();
    await desk.append('wal_1');
    desk.clock.advance(DAY_MS);
    await desk.anchor();
    desk.bucket.objects.set(digestKey(1), '{}');
    desk.clock.advance(DAY_MS);
    await expect(desk.anchor()).rejects.toThrow("Anchor 1 can't be read");
  });
});
