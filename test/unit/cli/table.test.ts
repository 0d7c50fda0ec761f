import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderFields, renderTable } from '../../../bin/cli/table.ts';

describe('a table', () => {
  it('has a line for each thing, and its plain fields as columns', () => {
    const rows = [
      { id: 'wal_1', status: 'active', tags: { a: 'b' }, paused: false, label: null },
      { id: 'wal_22', status: 'revoked', tags: {}, paused: true, label: 'till' },
    ];
    expect(renderTable(rows, 80)).toEqual([
      'ID      STATUS   PAUSED  LABEL',
      'wal_1   active   false   -',
      'wal_22  revoked  true    till',
    ]);
  });

  it('leaves out what does not fit, but never the first column', () => {
    expect(renderTable([{ id: 'a-long-name', status: 'active' }], 12)).toEqual(['ID', 'a-long-name']);
  });

  it('lets no text of others move the cursor, colour the terminal or turn the line round', () => {
    const hostile = 'a\u001b[2Jb\r\nc\u202ed';
    for (const line of [...renderTable([{ label: hostile }], 80), ...renderFields({ label: hostile })]) {
      expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
    }
  });

  it('is never wider than the terminal, whatever it shows, but for a first column that is', () => {
    const rows = fc.array(fc.record({ id: fc.constant('x'), name: fc.string(), more: fc.string() }), { minLength: 1 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 10, max: 200 }), (things, columns) => {
        for (const line of renderTable(things, columns)) expect([...line].length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('one thing', () => {
  it('is shown by its fields, those of its parts with their names', () => {
    expect(renderFields({ id: 'ord_1', total: { amount: '5', currency: 'USD' }, lines: [{ sku: 'A' }] })).toEqual([
      'id              ord_1',
      'total.amount    5',
      'total.currency  USD',
      'lines.0.sku     A',
    ]);
  });
});
