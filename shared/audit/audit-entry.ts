import * as z from 'zod';
import { canonicalJson, sha256Hex } from '#shared/platform/canonical-json.ts';

/** How grave an entry is. */
export const auditSeveritySchema = z.enum(['INFO', 'WARNING', 'CRITICAL']);

/** What one entry says. Facts only: never a key, a signature or signed bytes. */
export const auditContentSchema = z.object({
  /** What happened, in dotted words: `wallet.created`, `transaction.signed`. */
  action: z.string(),
  /** Who did it: an API key's id, or a part of Haven such as `lane-worker`. */
  actor: z.string(),
  severity: auditSeveritySchema,
  /** The request or invocation it belongs to. */
  request_id: z.string(),
  reason: z.string().optional(),
  detail: z.record(z.string(), z.unknown()),
});

/** What one entry says. */
export type AuditContent = z.output<typeof auditContentSchema>;

/** An entry as it is stored: entry n holds the hash of entry n-1 and of its own content. */
export const auditEntrySchema = auditContentSchema.extend({
  /** The stream: the id of the aggregate whose history it is. */
  stream: z.string(),
  /** 1, 2, 3, ... without a gap. */
  seq: z.number().int().positive(),
  /** ISO 8601, UTC. */
  at: z.string(),
  prev_hash: z.string(),
  hash: z.string(),
});

/** An entry as it is stored. */
export type AuditEntry = z.output<typeof auditEntrySchema>;

/**
 * Where a stream ends. Kept in the aggregate that the stream tells of and advanced in the transaction that changes
 * it, so that appending needs no read of the stream, two appends can't both win, and a truncated stream is found.
 */
export const auditHeadSchema = z.object({ audit_seq: z.number().int().nonnegative(), audit_hash: z.string() });

/** Where a stream ends. */
export type AuditHead = z.output<typeof auditHeadSchema>;

/**
 * The head of a stream that has no entry yet.
 *
 * @param stream its name; part of the first hash, so that a whole stream can't be passed off as another
 */
export function emptyHead(stream: string): AuditHead {
  return { audit_seq: 0, audit_hash: sha256Hex(`haven audit stream ${stream}`) };
}

/**
 * Makes the next entry of a stream and the head after it.
 *
 * @param at ISO 8601, UTC
 */
export function nextEntry(
  stream: string,
  head: AuditHead,
  content: AuditContent,
  at: string,
): { readonly entry: AuditEntry; readonly head: AuditHead } {
  const unhashed = { ...content, stream, seq: head.audit_seq + 1, at, prev_hash: head.audit_hash };
  const hash = hashOf(unhashed);
  return { entry: { ...unhashed, hash }, head: { audit_seq: unhashed.seq, audit_hash: hash } };
}

/** The hash of an entry, over everything but the hash itself. */
export function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  return sha256Hex(canonicalJson(entry));
}
