import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { auditContentSchema, auditEntrySchema, emptyHead, hashOf, nextEntry } from '#shared/audit/audit-entry.ts';
import { AUDIT_CONTENT, auditStream } from '#test/support/fakes/audit-stream.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const AT = '2026-11-21T18:30:00.000Z';

describe('a stream without entries', () => {
  it('ends at 0, with a hash of its own name', () => {
    expect(emptyHead('wal_1')).toEqual({ audit_seq: 0, audit_hash: sha256('haven audit stream wal_1') });
    expect(emptyHead('wal_1').audit_hash).not.toBe(emptyHead('wal_2').audit_hash);
  });
});

describe('the next entry', () => {
  it('has the next number, the hash of the entry before, and the hash of all of itself', () => {
    const before = { audit_seq: 4, audit_hash: 'p'.repeat(64) };
    const { entry, head } = nextEntry('wal_1', before, AUDIT_CONTENT, AT);
    expect(entry).toMatchObject({ ...AUDIT_CONTENT, stream: 'wal_1', seq: 5, at: AT, prev_hash: 'p'.repeat(64) });
    // Written out: the same hash for ever, or old streams would no longer verify.
    const canonical =
      `{"action":"wallet.created","actor":"key_1","at":"${AT}","detail":{"purpose":"treasury"},` +
      `"prev_hash":"${'p'.repeat(64)}","request_id":"request-1","seq":5,"severity":"INFO","stream":"wal_1"}`;
    expect(entry.hash).toBe(sha256(canonical));
    expect(head).toEqual({ audit_seq: 5, audit_hash: entry.hash });
  });

  it('is one that the schema takes as it is', () => {
    const { entries } = auditStream('wal_1', [AUDIT_CONTENT, { ...AUDIT_CONTENT, reason: 'asked for' }]);
    for (const entry of entries) expect(auditEntrySchema.parse(entry)).toEqual(entry);
  });

  it('does not change what it was made of', () => {
    const head = Object.freeze(emptyHead('wal_1'));
    const content = Object.freeze({ ...AUDIT_CONTENT, detail: Object.freeze({ a: 1 }) });
    nextEntry('wal_1', head, content, AT);
    expect(head.audit_seq).toBe(0);
  });

  it('has the hash that it still has after it was stored and read: fields that are undefined are not stored', () => {
    const content = { ...AUDIT_CONTENT, detail: { kept: 1, gone: undefined } };
    const { entry } = nextEntry('wal_1', emptyHead('wal_1'), content, AT);
    const { hash, ...read } = auditEntrySchema.parse(JSON.parse(JSON.stringify(entry)));
    expect(hashOf(read)).toBe(hash);
  });
});

describe('what an entry says', () => {
  it.each(['INFO', 'WARNING', 'CRITICAL'])('may be as grave as %s', (severity) => {
    expect(auditContentSchema.safeParse({ ...AUDIT_CONTENT, severity }).success).toBe(true);
  });

  it.each(['action', 'actor', 'severity', 'request_id', 'detail'])('always has its %s', (name) => {
    expect(auditContentSchema.safeParse({ ...AUDIT_CONTENT, [name]: undefined }).success).toBe(false);
  });
});
