import { describe, expect, it } from 'vitest';
import { verifyStream } from '#shared/audit/verify-use-case.ts';
import { AUDIT_CONTENT, auditStream } from '#test/support/fakes/audit-stream.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';

const { entries, head } = auditStream('wal_1', [AUDIT_CONTENT, AUDIT_CONTENT]);

function verifying(rows: readonly unknown[]) {
  const recording = createRecordingLog();
  const { metrics, counts } = createRecordingMetrics();
  const audit = { stored: async (stream: string) => (stream === 'wal_1' ? rows : []) };
  return {
    recording,
    counts,
    run: () => verifyStream({ audit, log: recording.log, metrics }, 'wal_1', async () => head),
  };
}

describe('verifying a stream', () => {
  it('says that a whole one verifies, and disturbs nobody', async () => {
    const { recording, counts, run } = verifying(entries);
    expect(await run()).toEqual({ stream: 'wal_1', verified: true, entries: 2, first_break: null });
    expect([recording.lines, counts()]).toEqual([[], {}]);
  });

  it('names the first break, and logs and counts it: an alarm hangs on that', async () => {
    const { recording, counts, run } = verifying(entries.slice(1));
    const first_break = { seq: 1, reason: 'missing' };
    expect(await run()).toEqual({ stream: 'wal_1', verified: false, entries: 1, first_break });
    expect(recording.of('AUDIT_BROKEN')).toMatchObject([{ stream: 'wal_1', ...first_break }]);
    expect(counts()).toEqual({ AuditBroken: 1 });
  });

  it('names an entry that cannot be read as one, and counts it among the entries', async () => {
    const first_break = { seq: 2, reason: 'edited' };
    expect(await verifying([entries[0], { stream: 'wal_1', seq: 2 }]).run()).toMatchObject({ entries: 2, first_break });
  });

  it('does not take an entry that was appended between its two reads for a break', async () => {
    const recording = createRecordingLog();
    const { metrics, counts } = createRecordingMetrics();
    const grown = auditStream('wal_1', [AUDIT_CONTENT, AUDIT_CONTENT, AUDIT_CONTENT]);
    const heads = [head, grown.head];
    const deps = { audit: { stored: async () => grown.entries }, log: recording.log, metrics };
    const found = await verifyStream(deps, 'wal_1', async () => heads.shift() ?? grown.head);
    expect(found).toEqual({ stream: 'wal_1', verified: true, entries: 3, first_break: null });
    expect(counts()).toEqual({});
  });

  it('reports entries beyond a head that stays where it is', async () => {
    const grown = auditStream('wal_1', [AUDIT_CONTENT, AUDIT_CONTENT, AUDIT_CONTENT]);
    expect(await verifying(grown.entries).run()).toMatchObject({
      verified: false,
      first_break: { reason: 'unexpected' },
    });
  });

  it('finds all entries of a stream gone', async () => {
    expect(await verifying([]).run()).toMatchObject({ verified: false, first_break: { seq: 1, reason: 'truncated' } });
  });
});
