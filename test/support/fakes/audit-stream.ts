import type { AnchoredHeads } from '#shared/audit/anchors/anchored-heads.ts';
import { type AuditContent, type AuditEntry, type AuditHead, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from './fake-clock.ts';

/** What an entry of a test says, unless the test says otherwise. */
export const AUDIT_CONTENT: AuditContent = {
  action: 'wallet.created',
  actor: 'key_1',
  severity: 'INFO',
  request_id: 'request-1',
  detail: { purpose: 'treasury' },
};

/** A stream with the head that its aggregate keeps. */
export interface TestStream {
  readonly entries: readonly AuditEntry[];
  readonly head: AuditHead;
}

/**
 * Makes a stream by the product's own rules.
 *
 * @param stream its name
 * @param contents what its entries say, in order
 */
export function auditStream(stream: string, contents: readonly AuditContent[]): TestStream {
  const entries: AuditEntry[] = [];
  let head = emptyHead(stream);
  for (const [index, content] of contents.entries()) {
    const next = nextEntry(stream, head, content, isoTime(TEST_NOW_MS + index));
    entries.push(next.entry);
    head = next.head;
  }
  return { entries, head };
}

/** Anchors of a stage that has none yet. */
export const NO_ANCHORS: AnchoredHeads = { of: async () => ({ heads: [], through: null, brokenAnchor: null }) };
