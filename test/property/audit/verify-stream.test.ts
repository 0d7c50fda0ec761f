import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type AuditContent, type AuditEntry, hashOf } from '#shared/audit/audit-entry.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { auditStream } from '#test/support/fakes/audit-stream.ts';

const RUNS = { seed: 20_261_128, numRuns: 300 };
const STREAM = 'wal_1';

const detailSchema = z.record(z.string(), z.unknown());

/** JSON as DynamoDB gives it back: no -0. */
const detail = fc
  .dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
  .map((value) => detailSchema.parse(JSON.parse(JSON.stringify(value))));

const content: fc.Arbitrary<AuditContent> = fc.record({
  action: fc.constantFrom('wallet.created', 'transaction.signed', 'api_key.revoked'),
  actor: fc.string({ minLength: 1, maxLength: 12 }),
  severity: fc.constantFrom('INFO', 'WARNING', 'CRITICAL'),
  request_id: fc.uuid(),
  detail,
});

/** A stream of at least two entries, and a place in it counted from 0. */
const streamAndPlace = fc
  .array(content, { minLength: 2, maxLength: 12 })
  .chain((contents) => fc.tuple(fc.constant(auditStream(STREAM, contents)), fc.nat({ max: contents.length - 1 })));

/** Each text field with another value that it might be given. */
const edit: fc.Arbitrary<Partial<AuditEntry>> = fc.oneof(
  fc.string().map((actor) => ({ actor })),
  fc.string().map((action) => ({ action })),
  fc.string().map((request_id) => ({ request_id })),
  fc.string().map((reason) => ({ reason })),
  fc.string().map((at) => ({ at })),
  fc.string().map((stream) => ({ stream })),
  fc.string().map((hash) => ({ hash })),
  fc.string().map((prev_hash) => ({ prev_hash })),
  fc.integer().map((seq) => ({ seq })),
  fc.constantFrom('INFO', 'WARNING', 'CRITICAL').map((severity) => ({ severity })),
  detail.map((value) => ({ detail: value })),
);

const isUnchanged = (before: AuditEntry, after: AuditEntry) => hashOf(before) === hashOf(after);

describe('a stream as it was written', () => {
  it('verifies', () => {
    fc.assert(
      fc.property(streamAndPlace, ([{ entries, head }]) => {
        expect(firstBreak(STREAM, entries, head)).toBeNull();
      }),
      RUNS,
    );
  });
});

describe('a single change of a stream is found, at the place where it was made', () => {
  it('an edit of any field of any entry', () => {
    fc.assert(
      fc.property(streamAndPlace, edit, ([{ entries, head }, place], change) => {
        const stored = entries.map((entry, index) => (index === place ? { ...entry, ...change } : entry));
        const [before, after] = [entries[place], stored[place]];
        fc.pre(before !== undefined && after !== undefined && !isUnchanged(before, after));
        expect(firstBreak(STREAM, stored, head)?.seq).toBe(place + 1);
      }),
      RUNS,
    );
  });

  it('an edit of any entry whose hash was made anew: there or at the next link', () => {
    fc.assert(
      fc.property(streamAndPlace, fc.string(), ([{ entries, head }, place], actor) => {
        fc.pre(entries[place]?.actor !== actor);
        const stored = entries.map((entry, index) => {
          const { hash: _, ...unhashed } = { ...entry, actor };
          return index === place ? { ...unhashed, hash: hashOf(unhashed) } : entry;
        });
        expect([place + 1, place + 2]).toContain(firstBreak(STREAM, stored, head)?.seq);
      }),
      RUNS,
    );
  });

  it('an attribute more, whatever its name and value', () => {
    const added = fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.jsonValue({ maxDepth: 1 }));
    fc.assert(
      fc.property(streamAndPlace, added, ([{ entries, head }, place], [name, value]) => {
        const stored = entries.map((entry, index) => (index === place ? { [name]: value, ...entry } : entry));
        fc.pre(!Object.hasOwn(entries[place] ?? {}, name));
        expect(firstBreak(STREAM, stored, head)).toEqual({ seq: place + 1, reason: 'edited' });
      }),
      RUNS,
    );
  });

  it('anything at all in the place of an entry', () => {
    fc.assert(
      fc.property(streamAndPlace, fc.anything(), ([{ entries, head }, place], thing) => {
        const stored = entries.map((entry, index) => (index === place ? thing : entry));
        expect(firstBreak(STREAM, stored, head)).toEqual({ seq: place + 1, reason: 'edited' });
      }),
      RUNS,
    );
  });

  it('the removal of any entry', () => {
    fc.assert(
      fc.property(streamAndPlace, ([{ entries, head }, place]) => {
        const stored = entries.filter((_, index) => index !== place);
        const isLast = place === entries.length - 1;
        expect(firstBreak(STREAM, stored, head)).toEqual({ seq: place + 1, reason: isLast ? 'truncated' : 'missing' });
      }),
      RUNS,
    );
  });

  it('the loss of everything from any entry on', () => {
    fc.assert(
      fc.property(streamAndPlace, ([{ entries, head }, place]) => {
        const stored = entries.slice(0, place);
        expect(firstBreak(STREAM, stored, head)).toEqual({ seq: place + 1, reason: 'truncated' });
      }),
      RUNS,
    );
  });

  it('any two entries in the place of each other', () => {
    fc.assert(
      fc.property(streamAndPlace, fc.nat(), ([{ entries, head }, place], other) => {
        const second = other % entries.length;
        fc.pre(second !== place);
        const stored = entries.flatMap((entry, index) => {
          if (index === place) return entries[second] ?? [];
          return index === second ? (entries[place] ?? []) : entry;
        });
        expect(firstBreak(STREAM, stored, head)).toEqual({ seq: Math.min(place, second) + 1, reason: 'missing' });
      }),
      RUNS,
    );
  });

  it('an entry put in between, copied, invented or of another stream', () => {
    fc.assert(
      fc.property(streamAndPlace, content, fc.nat({ max: 2 }), ([{ entries, head }, place], invented, kind) => {
        const others = [STREAM, 'wal_2'].map(
          (name) =>
            auditStream(
              name,
              entries.map(() => invented),
            ).entries[place],
        );
        const extra = [entries[place], ...others][kind];
        fc.pre(extra !== undefined);
        const stored = [...entries.slice(0, place + 1), extra, ...entries.slice(place + 1)].filter(
          (one) => one !== undefined,
        );
        expect(firstBreak(STREAM, stored, head)?.seq).toBe(place + 2);
      }),
      RUNS,
    );
  });

  it('an entry of another stream in the place of one', () => {
    fc.assert(
      fc.property(streamAndPlace, ([{ entries, head }, place]) => {
        const other = auditStream('wal_2', entries).entries[place];
        fc.pre(other !== undefined);
        const stored = entries.map((entry, index) => (index === place ? other : entry));
        expect(firstBreak(STREAM, stored, head)).toEqual({ seq: place + 1, reason: 'unlinked' });
      }),
      RUNS,
    );
  });

  it('a head set back to any earlier entry, or forward beyond the last', () => {
    fc.assert(
      fc.property(streamAndPlace, ([{ entries, head }, place]) => {
        const earlier = auditStream(STREAM, entries.slice(0, place)).head;
        fc.pre(earlier.audit_seq < head.audit_seq);
        expect(firstBreak(STREAM, entries, { audit_seq: place, audit_hash: earlier.audit_hash })).toEqual({
          seq: place + 1,
          reason: 'unexpected',
        });
        expect(firstBreak(STREAM, entries, { ...head, audit_seq: head.audit_seq + 1 })).toEqual({
          seq: entries.length + 1,
          reason: 'truncated',
        });
      }),
      RUNS,
    );
  });
});
