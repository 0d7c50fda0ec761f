import * as z from 'zod';
import { type AuditEntry, auditEntrySchema, hashOf } from './audit-entry.ts';
import { INDEX_ATTRIBUTE_NAMES, indexAttributesOf } from './index-attributes.ts';

/** Exactly what Haven writes: an attribute more, less or of another kind is an edit. */
const exactEntrySchema = auditEntrySchema.extend({ detail: z.record(z.string(), z.json()) }).strict();

const itemSchema = z.record(z.string(), z.unknown());

/**
 * A stored item without what only the indexes need. An item that Haven didn't write so, be it by an attribute more or
 * by one that hides it from an index, stays as it is: the verification must see that.
 */
export function asWritten(item: Readonly<Record<string, unknown>>): unknown {
  const entry = 'stream' in item ? undefined : entryIn(item);
  if (entry === undefined) return item;
  const expected: Readonly<Record<string, unknown>> = { ...indexAttributesOf(entry) };
  if (INDEX_ATTRIBUTE_NAMES.some((name) => item[name] !== expected[name])) return item;
  return withoutKeys(item);
}

/** An entry exactly as Haven writes one, by `asWritten`; undefined when it is anything else. */
export function exactEntry(stored: unknown): AuditEntry | undefined {
  return exactEntrySchema.safeParse(stored).data;
}

/** The entry that an item holds, whatever else it holds and the indexes are told; undefined when there is none. */
export function entryIn(stored: unknown): AuditEntry | undefined {
  const item = itemSchema.safeParse(stored).data;
  return item === undefined ? undefined : auditEntrySchema.safeParse(withoutKeys(item)).data;
}

/** Whether an entry's hash is that of what it says. */
export function isWhole(entry: AuditEntry): boolean {
  const { hash, ...unhashed } = entry;
  return hashOf(unhashed) === hash;
}

function withoutKeys(item: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { pk, ...rest } = item;
  const written = Object.entries(rest).filter(([name]) => !INDEX_ATTRIBUTE_NAMES.some((index) => index === name));
  return { ...(pk === undefined ? {} : { stream: pk }), ...Object.fromEntries(written) };
}
