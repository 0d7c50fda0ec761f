import { describe, expect, it } from 'vitest';
import { custodyMessages } from '#shared/platform/log/messages/custody.ts';
import { operationsMessages } from '#shared/platform/log/messages/operations.ts';
import { shopMessages } from '#shared/platform/log/messages/shop.ts';
import { tellingMessages } from '#shared/platform/log/messages/telling.ts';
import { logMessages } from '#shared/platform/log/messages.ts';

const entries = Object.entries(logMessages);

describe('the message catalogue', () => {
  it('gives no two messages the same name', () => {
    const parts = [operationsMessages, custodyMessages, shopMessages, tellingMessages];
    expect(parts.flatMap(Object.keys).toSorted()).toEqual(entries.map(([name]) => name).toSorted());
  });

  it('gives no two messages the same code', () => {
    expect(new Set(entries.map(([, { code }]) => code)).size).toBe(entries.length);
  });

  it('gives no two messages the same text', () => {
    expect(new Set(entries.map(([, { text }]) => text)).size).toBe(entries.length);
  });

  it.each(entries)('%s has a code that metric filters can match, and a constant sentence', (name, entry) => {
    expect(name).toMatch(/^[A-Z][A-Z_]+$/);
    expect(entry.code).toMatch(/^HVN-[A-Z]{3,4}-\d{3}$/);
    expect(['DEBUG', 'INFO', 'WARN', 'ERROR']).toContain(entry.level);
    expect(entry.text).toMatch(/^[A-Z][^{}$%]*[^.\s]$/);
  });
});
