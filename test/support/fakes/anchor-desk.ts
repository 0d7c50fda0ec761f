import { createAnchoredHeads } from '#shared/audit/anchors/anchored-heads.ts';
import { createChangedHeads } from '#shared/audit/anchors/changed-heads.ts';
import { writeAnchors } from '#shared/audit/anchors/write-anchors.ts';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { type AuditContent, type AuditHead, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { verifyStream } from '#shared/audit/verify-use-case.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { createFakeAnchorBucket, createTestAnchorKey } from './anchor-bucket.ts';
import { AUDIT_CONTENT } from './audit-stream.ts';
import { createFakeClock } from './fake-clock.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, scriptedDocumentClient } from './scripted-aws.ts';

/** A day in milliseconds. */
export const DAY_MS = 86_400_000;

/**
 * An audit table in memory with what anchors and verifies it. The heads that aggregates would keep are in a map: a test
 * that plays who can write every table writes them too.
 *
 * @param beforePut called before each put into the bucket
 */
export function createAnchorDesk(beforePut?: (key: string) => void) {
  const dynamo = createMemoryDynamo({ audit: ['pk', 'seq'] });
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const client = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  const bucket = createFakeAnchorBucket(beforePut);
  const key = createTestAnchorKey();
  const recording = createRecordingLog();
  const { metrics, counts } = createRecordingMetrics();
  const heads = new Map<string, AuditHead>();
  const deps = {
    stage: 'test',
    heads: createChangedHeads(client, 'audit'),
    bucket,
    sign: key.sign,
    settleMs: 0,
    clock: clock.now,
    log: recording.log,
    metrics,
  };
  const deadline = () => Deadline.in(60_000, clock.now);
  const headOf = (stream: string) => heads.get(stream) ?? emptyHead(stream);
  const audit = createAuditStore(client, 'audit');

  return {
    dynamo,
    aws,
    client,
    clock,
    bucket,
    key,
    recording,
    counts,
    heads,
    headOf,
    audit,
    deps,
    /** Appends an entry as the product does. */
    async append(stream: string, content: Partial<AuditContent> = {}, atMs = clock.now()): Promise<void> {
      const { entry, head } = nextEntry(stream, headOf(stream), { ...AUDIT_CONTENT, ...content }, isoTime(atMs));
      const write = new WriteTransaction();
      appendEntry(write, 'audit', entry);
      await write.commit(client, deadline());
      heads.set(stream, head);
    },
    anchor: (untilNow = false) => writeAnchors(deps, untilNow, deadline()),
    /** Verifies with nothing remembered. */
    async verify(stream: string) {
      const anchors = createAnchoredHeads({ stage: 'test', reader: bucket, publicKey: async () => key.publicKey });
      const all = { audit, anchors, log: recording.log, metrics };
      return (await verifyStream(all, stream, async () => headOf(stream), deadline())).verification;
    },
    /** All items of a stream, in order. */
    itemsOf: (stream: string) =>
      dynamo
        .items('audit')
        .map(plainItem)
        .filter(({ pk }) => pk === stream)
        .sort((one, other) => Number(one['seq']) - Number(other['seq'])),
    deadline,
  };
}
