import { performance } from 'node:perf_hooks';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { createChangedHeads } from '#shared/audit/anchors/changed-heads.ts';
import { partsOf } from '#shared/audit/anchors/digest.ts';
import { type AuditEntry, type AuditHead, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { verifyStream } from '#shared/audit/verify-use-case.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLog } from '#shared/platform/log/logger.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { localHaven } from '#test/support/local-haven.ts';
import type { BenchContext, BenchReport } from '../bench.ts';
import { queryReadUnits } from '../capacity-model.ts';
import { itemSchema } from '../item-size.ts';
import { callsOf } from '../lanes/lane-cost.ts';
import { number } from '../lanes/times-tables.ts';
import { percentile } from '../statistics.ts';

const DEFAULT_ROUNDS = 10;
const LENGTHS = [1_000, 5_000] as const;
const STREAMS = 2_000;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const BATCH = 25;
const TIMEOUT_MS = 120_000;

/** Measures what it takes to verify streams, and to find where streams end that changed. */
export async function auditBench({ rounds = DEFAULT_ROUNDS, say }: BenchContext): Promise<BenchReport> {
  const parts = await inProcess(localHaven());
  const verifying = [];
  for (const length of LENGTHS) {
    say(`a stream of ${length} entries, verified ${rounds} times`);
    verifying.push(await measureVerifying(parts, length, rounds));
  }
  say(`${STREAMS} streams, anchored ${rounds} times`);
  const anchoring = await measureAnchoring(parts, rounds);
  return {
    tables: [
      {
        title: 'Verifying a stream',
        text: 'A stream as the lane worker writes it for a wallet, held against its head; in this process, on the local endpoint. Units by size.',
        columns: ['Entries', 'Median, ms', 'Per 1,000, ms', 'Of that hashing, ms', 'Queries', 'Read units per 1,000'],
        rows: verifying.map(({ length, medianMs, hashingMs, queries, units }) => [
          String(length),
          number(medianMs),
          number((1_000 * medianMs) / length),
          number((1_000 * hashingMs) / length),
          number(queries),
          number((1_000 * units) / length),
        ]),
      },
      {
        title: 'Finding what to anchor',
        text: 'Streams of one entry each in one day, found by the index; then divided into parts.',
        columns: ['Streams', 'Median, ms', 'Queries', 'Bytes of parts'],
        rows: [[String(STREAMS), number(anchoring.medianMs), number(anchoring.queries), String(anchoring.bytes)]],
      },
    ],
    data: { rounds, verifying, anchoring },
  };
}

async function measureVerifying(parts: InProcess, length: number, rounds: number) {
  const stream = newId('wal');
  const { entries, head } = made(stream, length, Date.now());
  await write(parts, entries);
  const deps = {
    audit: createAuditStore(parts.client, parts.tables.audit),
    anchors: { of: async () => ({ heads: [], through: null, brokenAnchor: null }) },
    log: createLog(() => undefined),
    metrics: { count: () => undefined },
  };
  const deadline = () => Deadline.in(TIMEOUT_MS, systemClock);
  const loaded = { ...deps, audit: { page: async () => ({ entries, lastSeq: undefined }) } };
  parts.calls.reset();
  const times = await timesOf(rounds, async () => {
    const { verification } = await verifyStream(deps, stream, async () => head, deadline());
    if (!verification.verified) throw new Error(`${stream} does not verify`);
  });
  const queries = callsOf(parts.calls.snapshot(), ['QueryCommand']) / rounds;
  const hashing = await timesOf(rounds, () => verifyStream(loaded, stream, async () => head, deadline()));
  const items = entries.map((entry) => itemSchema.parse(marshall(itemOf(entry), { removeUndefinedValues: true })));
  return {
    length,
    medianMs: percentile(times, 50),
    hashingMs: percentile(hashing, 50),
    queries,
    units: queryReadUnits(items, true),
  };
}

async function measureAnchoring(parts: InProcess, rounds: number) {
  // A day of its own, so that nothing else is found.
  const dayMs = Date.parse('2001-01-01T00:00:00.000Z') + Math.floor(Math.random() * 7_000) * 86_400_000;
  const entries = Array.from({ length: STREAMS }, (_, index) => made(newId('tx'), 1, dayMs + index).entries).flat();
  await write(parts, entries);
  const heads = createChangedHeads(parts.client, parts.tables.audit);
  let bytes = 0;
  parts.calls.reset();
  const times = await timesOf(rounds, async () => {
    const found = await heads.between(isoTime(dayMs), isoTime(dayMs + 86_400_000));
    if (found.length !== STREAMS) throw new Error(`${found.length} streams were found`);
    bytes = partsOf(found).parts.reduce((sum, { text }) => sum + text.length, 0);
  });
  const queries = callsOf(parts.calls.snapshot(), ['QueryCommand']) / rounds;
  return { medianMs: percentile(times, 50), queries, bytes };
}

/** A stream as the product writes it. */
function made(stream: string, length: number, atMs: number): { entries: readonly AuditEntry[]; head: AuditHead } {
  const entries: AuditEntry[] = [];
  let head = emptyHead(stream);
  for (let index = 0; index < length; index += 1) {
    const content = {
      action: 'key.used',
      actor: 'lane-worker',
      severity: 'INFO',
      request_id: '0f8fad5b-d9cb-469f-a165-70867728950e',
      detail: { chain_id: 1, transactions: Array.from({ length: 10 }, () => newId('tx')) },
    } as const;
    const next = nextEntry(stream, head, content, isoTime(atMs + index));
    entries.push(next.entry);
    head = next.head;
  }
  return { entries, head };
}

function itemOf(entry: AuditEntry): Record<string, unknown> {
  const { stream, ...rest } = entry;
  return { pk: stream, ...rest, ...indexAttributesOf(entry) };
}

async function write({ client, tables }: InProcess, entries: readonly AuditEntry[]): Promise<void> {
  for (let start = 0; start < entries.length; start += BATCH) {
    const some = entries.slice(start, start + BATCH);
    await client.send(
      new BatchWriteCommand({
        RequestItems: { [tables.audit]: some.map((entry) => ({ PutRequest: { Item: itemOf(entry) } })) },
      }),
    );
  }
}

async function timesOf(rounds: number, run: () => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startMs = performance.now();
    await run();
    times.push(performance.now() - startMs);
  }
  return times;
}
