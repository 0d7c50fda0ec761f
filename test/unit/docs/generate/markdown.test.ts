import { describe, expect, it } from 'vitest';
import { code, table } from '../../../../docs/generate/markdown.ts';

describe('a table', () => {
  it('is aligned, so that the formatter leaves it alone', () => {
    expect(
      table(
        ['A', 'Name'],
        [
          ['1', 'x'],
          ['22222', ''],
        ],
      ),
    ).toBe(['| A     | Name |', '| ----- | ---- |', '| 1     | x    |', '| 22222 |      |'].join('\n'));
  });

  it('keeps a cell in its place whatever it holds', () => {
    expect(table(['A', 'B'], [['a|b', 'two\n  lines']]).split('\n')[2]).toBe('| a\\|b | two lines |');
  });
});

describe('inline code', () => {
  it('holds backticks', () => {
    expect(code('a')).toBe('`a`');
    expect(code('a`b')).toBe('`` a`b ``');
  });
});
