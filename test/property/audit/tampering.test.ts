import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnchorsOfStream } from '#shared/audit/anchors/anchored-heads.ts';
import {
  type AuditContent,
  type AuditEntry,
  type AuditHead,
  auditContentSchema,
  hashOf,
} from '#shared/audit/audit-entry.ts';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { asWritten } from '#shared/audit/stored-entry.ts';
import { verifyStream } from '#shared/audit/verify-use-case.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { AUDIT_CONTENT, auditStream } from '#test/support/fakes/audit-stream.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';

const RUNS = { seed: 20_261_122, numRuns: 100 };
const STREAM = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA';

type Item = Readonly<Record<string, unknown>>;

/** An entry as the table has it. */
function item(entry: AuditEntry): Item {
  const { stream, ...rest } = entry;
  return { pk: stream, ...rest, ...indexAttributesOf(entry) };
}

/** The same entry as if it had been written elsewhere: with the key of that place, and its attributes for the indexes. */
const placed = (entry: AuditEntry, seq: number): Item => item({ ...entry, seq });

/** What an entry says, without its place in a chain. */
const contentOf = (entry: AuditEntry): AuditContent => auditContentSchema.parse(entry);

const rehashed = (entry: AuditEntry): AuditEntry => {
  const { hash: _, ...unhashed } = entry;
  return { ...unhashed, hash: hashOf(unhashed) };
};

/** Verifies what a table holds, in its order, read in small pages. */
async function verify(items: readonly Item[], head: AuditHead, anchored: AnchorsOfStream['heads'] = []) {
  const rows = items.toSorted((one, other) => Number(one['seq']) - Number(other['seq']));
  const audit = {
    async page(_stream: string, after: number) {
      const rest = rows.filter(({ seq }) => Number(seq) > after);
      const page = rest.slice(0, 3);
      const lastSeq = page.length < rest.length ? Number(page.at(-1)?.['seq']) : undefined;
      return { entries: page.map(asWritten), lastSeq };
    },
  };
  const deps = {
    audit,
    anchors: { of: async () => ({ heads: anchored, through: null, brokenAnchor: null }) },
    log: createRecordingLog().log,
    metrics: createRecordingMetrics().metrics,
  };
  const deadline = Deadline.in(60_000, createFakeClock().now);
  return (await verifyStream(deps, STREAM, async () => head, deadline)).verification;
}

const contents: fc.Arbitrary<readonly AuditContent[]> = fc
  .array(fc.record({ action: fc.constantFrom('key.used', 'wallet.paused'), request_id: fc.uuid() }), {
    minLength: 2,
    maxLength: 14,
  })
  .map((some) => some.map((one) => ({ ...AUDIT_CONTENT, ...one })));

/** A stream, its entries as a list that can be indexed, and a place in it, from 1. */
const situation = contents.chain((some) =>
  fc.record({ stream: fc.constant(auditStream(STREAM, some)), seq: fc.integer({ min: 1, max: some.length }) }),
);

function at(entries: readonly AuditEntry[], seq: number): AuditEntry {
  const entry = entries[seq - 1];
  if (entry === undefined) throw new Error(`There is no entry ${seq}`);
  return entry;
}

const assert = <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(arbitrary, check), RUNS);

describe('what is done to a stream in the table is found and called by its name', () => {
  it('nothing', () =>
    assert(situation, async ({ stream: { entries, head } }) => {
      expect(await verify(entries.map(item), head)).toMatchObject({ verified: true, first_break: null });
    }));

  it('an entry removed', () =>
    assert(situation, async ({ stream: { entries, head }, seq }) => {
      fc.pre(seq < entries.length);
      const left = entries.filter((entry) => entry.seq !== seq).map(item);
      expect((await verify(left, head)).first_break).toEqual({ seq, reason: 'missing' });
    }));

  it('an entry removed, those after it moved up, and the head set back', () =>
    assert(situation, async ({ stream: { entries, head }, seq }) => {
      fc.pre(seq < entries.length);
      const left = entries
        .filter((entry) => entry.seq !== seq)
        .map((entry, index) => (entry.seq < seq ? item(entry) : placed(entry, index + 1)));
      const found = await verify(left, { ...head, audit_seq: head.audit_seq - 1 });
      expect(found.first_break).toEqual({ seq, reason: 'missing' });
    }));

  it('an entry overwritten with a later one', () =>
    assert(
      fc.tuple(situation, fc.nat()),
      async ([
        {
          stream: { entries, head },
          seq,
        },
        offset,
      ]) => {
        fc.pre(seq < entries.length);
        const other = seq + 1 + (offset % (entries.length - seq));
        const stored = entries.map((entry) => (entry.seq === seq ? placed(at(entries, other), seq) : item(entry)));
        expect((await verify(stored, head)).first_break).toEqual({ seq, reason: 'missing' });
      },
    ));

  it('two entries in the place of each other', () =>
    assert(
      fc.tuple(situation, fc.nat()),
      async ([
        {
          stream: { entries, head },
          seq,
        },
        offset,
      ]) => {
        fc.pre(seq < entries.length);
        const other = seq + 1 + (offset % (entries.length - seq));
        const stored = entries.map((entry) => {
          if (entry.seq === seq) return placed(at(entries, other), seq);
          return entry.seq === other ? placed(at(entries, seq), other) : item(entry);
        });
        expect((await verify(stored, head)).first_break).toEqual({ seq, reason: 'reordered' });
      },
    ));

  it('any other order', () =>
    assert(
      situation.chain(({ stream }) =>
        fc.record({
          stream: fc.constant(stream),
          order: fc.shuffledSubarray([...stream.entries], { minLength: stream.entries.length }),
        }),
      ),
      async ({ stream: { entries, head }, order }) => {
        const first = order.findIndex((entry, index) => entry.seq !== index + 1);
        fc.pre(first >= 0 && order.length === entries.length);
        const stored = order.map((entry, index) => placed(entry, index + 1));
        expect((await verify(stored, head)).first_break).toEqual({ seq: first + 1, reason: 'reordered' });
      },
    ));

  it('a text edited', () =>
    assert(
      fc.tuple(situation, fc.uuid()),
      async ([
        {
          stream: { entries, head },
          seq,
        },
        request_id,
      ]) => {
        const stored = entries.map((entry) => item(entry.seq === seq ? { ...entry, request_id } : entry));
        expect((await verify(stored, head)).first_break).toEqual({ seq, reason: 'edited' });
      },
    ));

  it('an entry hidden from an index', () =>
    assert(
      fc.tuple(situation, fc.constantFrom('gsi1pk', 'gsi2pk', 'gsi4pk', 'position')),
      async ([
        {
          stream: { entries, head },
          seq,
        },
        name,
      ]) => {
        const stored = entries.map((entry) => {
          const { [name]: _, ...hidden } = item(entry);
          return entry.seq === seq ? hidden : item(entry);
        });
        expect((await verify(stored, head)).first_break).toEqual({ seq, reason: 'edited' });
      },
    ));

  it('an entry written anew with a hash of its own: at the next link', () =>
    assert(
      fc.tuple(situation, fc.uuid()),
      async ([
        {
          stream: { entries, head },
          seq,
        },
        request_id,
      ]) => {
        fc.pre(seq < entries.length);
        const stored = entries.map((entry) => item(entry.seq === seq ? rehashed({ ...entry, request_id }) : entry));
        expect((await verify(stored, head)).first_break).toEqual({ seq: seq + 1, reason: 'unlinked' });
      },
    ));

  it('the end cut off', () =>
    assert(situation, async ({ stream: { entries, head }, seq }) => {
      const stored = entries.slice(0, seq - 1).map(item);
      expect((await verify(stored, head)).first_break).toEqual({ seq, reason: 'truncated' });
    }));

  it('an entry added that the aggregate knows nothing of', () =>
    assert(situation, async ({ stream: { entries, head } }) => {
      const longer = auditStream(STREAM, [...entries.map(contentOf), AUDIT_CONTENT]);
      expect((await verify(longer.entries.map(item), head)).first_break).toEqual({
        seq: entries.length + 1,
        reason: 'unexpected',
      });
    }));
});

describe('who can write every table rewrites a stream together with its head, and is found by the anchors', () => {
  const withAnchor = situation.chain(({ stream, seq }) =>
    fc.record({
      stream: fc.constant(stream),
      /** The entry that was the last when it was anchored. */
      anchoredSeq: fc.constant(seq),
      forgedSeq: fc.integer({ min: 1, max: seq }),
    }),
  );
  const anchorAt = (entries: readonly AuditEntry[], seq: number) => [{ seq, hash: at(entries, seq).hash, anchor: 5 }];

  it('history written anew from any anchored entry on', () =>
    assert(withAnchor, async ({ stream: { entries }, anchoredSeq, forgedSeq }) => {
      const forged = auditStream(
        STREAM,
        entries.map((entry) => ({ ...contentOf(entry), ...(entry.seq === forgedSeq ? { actor: 'key_forger' } : {}) })),
      );
      const found = await verify(forged.entries.map(item), forged.head, anchorAt(entries, anchoredSeq));
      expect(found.first_break).toEqual({ seq: anchoredSeq, reason: 'rewritten', anchor: 5 });
    }));

  it('history cut off before any anchored entry', () =>
    assert(withAnchor, async ({ stream: { entries }, anchoredSeq, forgedSeq }) => {
      const cut = auditStream(STREAM, entries.slice(0, forgedSeq - 1).map(contentOf));
      const found = await verify(cut.entries.map(item), cut.head, anchorAt(entries, anchoredSeq));
      expect(found.first_break).toEqual({ seq: forgedSeq, reason: 'truncated', anchor: 5 });
    }));

  it('history that lost an anchored entry and was linked anew', () =>
    assert(withAnchor, async ({ stream: { entries }, anchoredSeq, forgedSeq }) => {
      const without = auditStream(STREAM, entries.filter(({ seq }) => seq !== forgedSeq).map(contentOf));
      const found = await verify(without.entries.map(item), without.head, anchorAt(entries, anchoredSeq));
      const isCut = without.entries.length < anchoredSeq;
      expect(found.first_break).toEqual({ seq: anchoredSeq, reason: isCut ? 'truncated' : 'rewritten', anchor: 5 });
    }));

  it('but what was written after the last anchor can still be rewritten: that much is left', () =>
    assert(withAnchor, async ({ stream: { entries }, anchoredSeq }) => {
      fc.pre(anchoredSeq < entries.length);
      const forged = auditStream(
        STREAM,
        entries.map((entry) => ({ ...contentOf(entry), ...(entry.seq > anchoredSeq ? { actor: 'key_forger' } : {}) })),
      );
      const found = await verify(forged.entries.map(item), forged.head, anchorAt(entries, anchoredSeq));
      expect(found).toMatchObject({ verified: true, anchored: { seq: anchoredSeq } });
    }));
});
