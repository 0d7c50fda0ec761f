import { describe, expect, it } from 'vitest';
import { type AuditEntry, hashOf } from '#shared/audit/audit-entry.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { AUDIT_CONTENT, auditStream } from '#test/support/fakes/audit-stream.ts';

const contents = ['a', 'b', 'c', 'd'].map((actor) => ({ ...AUDIT_CONTENT, actor }));
const { entries, head } = auditStream('wal_1', contents);

/** The entry at a place of the stream, counted from 1. */
function at(seq: number): AuditEntry {
  const entry = entries[seq - 1];
  if (entry === undefined) throw new Error(`There is no entry ${seq}`);
  return entry;
}

const edited = (seq: number, change: Partial<AuditEntry>): readonly AuditEntry[] =>
  entries.map((entry) => (entry.seq === seq ? { ...entry, ...change } : entry));

/** An edit by who knows how hashes are made: the entry's own hash is right again. */
function rehashed(seq: number, change: Partial<AuditEntry>): readonly AuditEntry[] {
  return edited(seq, change).map((entry) => {
    const { hash: _, ...unhashed } = entry;
    return entry.seq === seq ? { ...unhashed, hash: hashOf(unhashed) } : entry;
  });
}

describe('firstBreak', () => {
  it('finds none in a stream as it was written, at every length', () => {
    for (let length = 0; length <= contents.length; length += 1) {
      const stream = auditStream('wal_1', contents.slice(0, length));
      expect(firstBreak('wal_1', stream.entries, stream.head)).toBeNull();
    }
  });

  it.each([
    ['an edited actor', edited(2, { actor: 'x' }), 2, 'edited'],
    ['an edited time', edited(2, { at: '2026-11-21T18:30:00.999Z' }), 2, 'edited'],
    ['an edited detail', edited(3, { detail: { purpose: 'user' } }), 3, 'edited'],
    ['an added reason', edited(1, { reason: 'x' }), 1, 'edited'],
    ['an edited hash', edited(2, { hash: '0'.repeat(64) }), 2, 'edited'],
    ['an edited last entry', edited(4, { actor: 'x' }), 4, 'edited'],
    ['an edited hash of the last entry', edited(4, { hash: '0'.repeat(64) }), 4, 'edited'],
    ['an edited link', edited(3, { prev_hash: '0'.repeat(64) }), 3, 'unlinked'],
    ['an edited number', edited(2, { seq: 7 }), 2, 'missing'],
    ['an edit whose hash was made anew', rehashed(2, { actor: 'x' }), 3, 'unlinked'],
    ['an edit of the last entry whose hash was made anew', rehashed(4, { actor: 'x' }), 4, 'edited'],
    ['a missing first entry', [at(2), at(3), at(4)], 1, 'missing'],
    ['a missing entry', [at(1), at(3), at(4)], 2, 'missing'],
    ['a missing last entry', [at(1), at(2), at(3)], 4, 'truncated'],
    ['all entries missing', [], 1, 'truncated'],
    ['two entries in each other’s place', [at(1), at(3), at(2), at(4)], 2, 'missing'],
    ['an entry twice', [at(1), at(2), at(2), at(3), at(4)], 3, 'reordered'],
    ['the first entry again at the end', [...entries, at(1)], 5, 'reordered'],
    ['an entry with another stream’s name', edited(2, { stream: 'wal_2' }), 2, 'edited'],
  ] as const)('finds %s', (_name, stored, seq, reason) => {
    expect(firstBreak('wal_1', stored, head)).toEqual({ seq, reason });
  });

  it.each([
    ['null', null],
    ['nothing', undefined],
    ['a text', JSON.stringify(at(2))],
    ['a list', [at(2)]],
    ['an empty object', {}],
    ['an attribute more', { ...at(2), approved_by: 'forger' }],
    ['an attribute more that holds nothing', { ...at(2), approved_by: null }],
    ['no detail', { ...at(2), detail: undefined }],
    ['no hash', { ...at(2), hash: undefined }],
    ['a number as a text', { ...at(2), seq: '2' }],
    ['a number that is none', { ...at(2), seq: 0 }],
    ['a severity that does not exist', { ...at(2), severity: 'HARMLESS' }],
    ['a detail that is a list', { ...at(2), detail: [] }],
  ])('finds an entry edited that is no entry any more: %s', (_name, edit) => {
    expect(firstBreak('wal_1', [at(1), edit, at(3), at(4)], head)).toEqual({ seq: 2, reason: 'edited' });
  });

  it('finds an entry more than the aggregate knows of, however well it is made', () => {
    const longer = auditStream('wal_1', [...contents, { ...AUDIT_CONTENT, actor: 'forger' }]);
    expect(firstBreak('wal_1', longer.entries, head)).toEqual({ seq: 5, reason: 'unexpected' });
  });

  it('finds a whole stream that was written anew', () => {
    const forged = auditStream(
      'wal_1',
      contents.map((content) => ({ ...content, actor: 'x' })),
    );
    expect(firstBreak('wal_1', forged.entries, head)).toEqual({ seq: 4, reason: 'edited' });
  });

  it('finds a whole stream that is passed off as another', () => {
    expect(firstBreak('wal_2', entries, head)).toEqual({ seq: 1, reason: 'unlinked' });
    const renamed = entries.map((entry) => ({ ...entry, stream: 'wal_2' }));
    expect(firstBreak('wal_2', renamed, head)).toEqual({ seq: 1, reason: 'unlinked' });
  });

  it('finds an empty stream whose aggregate never had one', () => {
    expect(firstBreak('wal_1', [], { audit_seq: 0, audit_hash: head.audit_hash })).not.toBeNull();
  });
});
