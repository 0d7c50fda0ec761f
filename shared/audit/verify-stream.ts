import * as z from 'zod';
import { type AuditHead, auditEntrySchema, emptyHead, hashOf } from './audit-entry.ts';

/** Exactly what Haven writes: an attribute more, less or of another kind is an edit. */
const exactEntrySchema = auditEntrySchema.extend({ detail: z.record(z.string(), z.json()) }).strict();

/** Where and how a stream fails to verify. */
export interface AuditBreak {
  readonly seq: number;
  readonly reason: 'missing' | 'reordered' | 'edited' | 'unlinked' | 'truncated' | 'unexpected';
}

/**
 * Walks a stream as it is stored and finds the first break in its chain.
 *
 * @param stream its name
 * @param entries as they are stored, in their stored order
 * @param head where the aggregate says that the stream ends
 * @returns null when every entry is there, unchanged, in order and linked
 */
export function firstBreak(stream: string, entries: readonly unknown[], head: AuditHead): AuditBreak | null {
  let previousHash = emptyHead(stream).audit_hash;
  for (const [index, stored] of entries.entries()) {
    const seq = index + 1;
    const parsed = exactEntrySchema.safeParse(stored);
    if (!parsed.success) return { seq, reason: 'edited' };
    const entry = parsed.data;
    if (entry.seq !== seq) return { seq, reason: entry.seq > seq ? 'missing' : 'reordered' };
    if (entry.prev_hash !== previousHash) return { seq, reason: 'unlinked' };
    const { hash, ...unhashed } = entry;
    if (entry.stream !== stream || hashOf(unhashed) !== hash) return { seq, reason: 'edited' };
    previousHash = hash;
  }
  if (entries.length < head.audit_seq) return { seq: entries.length + 1, reason: 'truncated' };
  if (entries.length > head.audit_seq) return { seq: head.audit_seq + 1, reason: 'unexpected' };
  return previousHash === head.audit_hash ? null : { seq: entries.length, reason: 'edited' };
}
