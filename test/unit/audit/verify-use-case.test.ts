import { describe, expect, it } from 'vitest';
import type { AnchorsOfStream } from '#shared/audit/anchors/anchored-heads.ts';
import type { AuditHead } from '#shared/audit/audit-entry.ts';
import type { WalkPosition } from '#shared/audit/verify-stream.ts';
import { verifyStream } from '#shared/audit/verify-use-case.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { AUDIT_CONTENT, auditStream } from '#test/support/fakes/audit-stream.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';

const { entries, head } = auditStream('wal_1', [AUDIT_CONTENT, AUDIT_CONTENT]);
const NOTHING_ANCHORED: AnchorsOfStream = { heads: [], through: null, brokenAnchor: null };

interface Situation {
  readonly anchors?: AnchorsOfStream;
  readonly heads?: readonly AuditHead[];
  readonly pageSize?: number;
  /** Time that passes with each page, of 10 s in all. */
  readonly pageMs?: number;
}

function verifying(rows: readonly { readonly seq: number }[], situation: Situation = {}) {
  const { anchors = NOTHING_ANCHORED, heads = [head], pageSize = 1_000, pageMs = 0 } = situation;
  const recording = createRecordingLog();
  const { metrics, counts } = createRecordingMetrics();
  const clock = createFakeClock();
  const left = [...heads];
  let pages = 0;
  const audit = {
    async page(_stream: string, after: number) {
      pages += 1;
      clock.advance(pageMs);
      const rest = rows.filter(({ seq }) => seq > after);
      const page = rest.slice(0, pageSize);
      return { entries: page, lastSeq: page.length < rest.length ? page.at(-1)?.seq : undefined };
    },
  };
  const deps = { audit, anchors: { of: async () => anchors }, log: recording.log, metrics };
  const readHead = async () => left.shift() ?? heads.at(-1) ?? head;
  const start = (from?: WalkPosition) => verifyStream(deps, 'wal_1', readHead, Deadline.in(10_000, clock.now), from);
  return { recording, counts, start, run: async () => (await start()).verification, pages: () => pages };
}

describe('verifying a stream', () => {
  it('says that a whole one verifies, and disturbs nobody', async () => {
    const { recording, counts, run } = verifying(entries);
    expect(await run()).toEqual({
      stream: 'wal_1',
      verified: true,
      entries: 2,
      first_break: null,
      anchored: { seq: 0, through: null, broken_anchor: null },
    });
    expect([recording.lines, counts()]).toEqual([[], {}]);
  });

  it('names the first break, and logs and counts it: an alarm hangs on that', async () => {
    const { recording, counts, run } = verifying(entries.slice(1));
    const first_break = { seq: 1, reason: 'missing' };
    expect(await run()).toMatchObject({ verified: false, entries: 0, first_break });
    expect(recording.of('AUDIT_BROKEN')).toMatchObject([{ stream: 'wal_1', ...first_break }]);
    expect(counts()).toEqual({ AuditBroken: 1 });
  });

  it('names an entry that cannot be read as one', async () => {
    const [first = { seq: 1 }] = entries;
    const first_break = { seq: 2, reason: 'edited' };
    expect(await verifying([first, { seq: 2 }]).run()).toMatchObject({ entries: 1, first_break });
  });

  it('does not take an entry that was appended between its two reads for a break', async () => {
    const grown = auditStream('wal_1', [AUDIT_CONTENT, AUDIT_CONTENT, AUDIT_CONTENT]);
    const { run, counts } = verifying(grown.entries, { heads: [head, grown.head] });
    expect(await run()).toMatchObject({ verified: true, entries: 3, first_break: null });
    expect(counts()).toEqual({});
  });

  it('nor one that was appended after the second', async () => {
    const grown = auditStream('wal_1', Array(4).fill(AUDIT_CONTENT));
    const { run } = verifying(grown.entries.slice(0, 3), { heads: [head, grown.head] });
    expect(await run()).toMatchObject({ verified: true, entries: 3 });
  });

  it('finds a head that another entry stands at, behind which the stream grew', async () => {
    const other = auditStream('wal_1', [AUDIT_CONTENT, { ...AUDIT_CONTENT, actor: 'x' }, AUDIT_CONTENT]);
    const { run } = verifying(other.entries, { heads: [head, other.head] });
    expect(await run()).toMatchObject({ first_break: { seq: 2, reason: 'edited' } });
  });

  it('reports entries beyond a head that stays where it is', async () => {
    const grown = auditStream('wal_1', [AUDIT_CONTENT, AUDIT_CONTENT, AUDIT_CONTENT]);
    expect(await verifying(grown.entries).run()).toMatchObject({
      verified: false,
      first_break: { seq: 3, reason: 'unexpected' },
    });
  });

  it('finds all entries of a stream gone', async () => {
    expect(await verifying([]).run()).toMatchObject({ verified: false, first_break: { seq: 1, reason: 'truncated' } });
  });
});

describe('verifying a stream against its anchors', () => {
  const anchored = (heads: AnchorsOfStream['heads'], brokenAnchor: AnchorsOfStream['brokenAnchor'] = null) => ({
    heads,
    through: '2026-11-22T00:00:00.000Z',
    brokenAnchor,
  });

  it('says how far they vouch for it', async () => {
    const { run } = verifying(entries, {
      anchors: anchored([{ seq: 1, hash: entries[0]?.hash ?? '', anchor: 7 }]),
    });
    expect(await run()).toMatchObject({
      verified: true,
      anchored: { seq: 1, through: '2026-11-22T00:00:00.000Z', broken_anchor: null },
    });
  });

  it('names history that was written anew together with its head', async () => {
    const forged = auditStream('wal_1', [AUDIT_CONTENT, { ...AUDIT_CONTENT, actor: 'x' }]);
    const anchors = anchored([{ seq: 2, hash: head.audit_hash, anchor: 3 }]);
    const { run, recording } = verifying(forged.entries, { heads: [forged.head], anchors });
    const first_break = { seq: 2, reason: 'rewritten', anchor: 3 };
    expect(await run()).toMatchObject({ verified: false, entries: 1, first_break });
    expect(recording.of('AUDIT_BROKEN')).toMatchObject([first_break]);
  });

  it('names a stream that was cut off together with its head', async () => {
    const cut = auditStream('wal_1', [AUDIT_CONTENT]);
    const anchors = anchored([{ seq: 2, hash: head.audit_hash, anchor: 3 }]);
    expect(await verifying(cut.entries, { heads: [cut.head], anchors }).run()).toMatchObject({
      first_break: { seq: 2, reason: 'truncated', anchor: 3 },
    });
  });

  it('is not content with a whole stream when an anchor is not what it must be', async () => {
    const broken = { number: 4, reason: 'unsigned' } as const;
    const { run, recording, counts } = verifying(entries, { anchors: anchored([], broken) });
    expect(await run()).toMatchObject({ verified: false, first_break: null, anchored: { broken_anchor: broken } });
    expect(recording.of('AUDIT_ANCHOR_BROKEN')).toMatchObject([broken]);
    expect(counts()).toEqual({ AuditBroken: 1 });
  });
});

describe('verifying a long stream', () => {
  const long = auditStream('wal_1', Array(10).fill(AUDIT_CONTENT));

  it('walks it page by page', async () => {
    const { run, pages } = verifying(long.entries, { heads: [long.head], pageSize: 3 });
    expect(await run()).toMatchObject({ verified: true, entries: 10 });
    expect(pages()).toBe(4);
  });

  it('stops in time, says so, and goes on where it stopped', async () => {
    const { start } = verifying(long.entries, { heads: [long.head], pageSize: 3, pageMs: 4_000 });
    const first = await start();
    expect(first.verification).toMatchObject({ verified: false, entries: 6, first_break: null });
    const rest = await start(first.next);
    expect(rest.verification).toMatchObject({ verified: true, entries: 10, first_break: null });
    expect(rest.next).toBeUndefined();
  });

  it('finds the break behind the place where it stopped', async () => {
    const edited = long.entries.map((entry) => (entry.seq === 9 ? { ...entry, actor: 'x' } : entry));
    const { start } = verifying(edited, { heads: [long.head], pageSize: 3, pageMs: 4_000 });
    const { verification } = await start((await start()).next);
    expect(verification).toMatchObject({ first_break: { seq: 9, reason: 'edited' } });
  });
});
