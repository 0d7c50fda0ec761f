import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

it('every bug of other shops that docs/orders.md lists has a test with its number in its name, in a file that the list names', () => {
  const [, section = ''] = /## Bugs of others that must not happen here\n([\s\S]*)$/.exec(read('docs/orders.md')) ?? [];
  const rows = section.split('\n').filter((line) => /^\| .*`(unit|property|integration)\//.test(line));
  expect(rows.length).toBeGreaterThan(20);
  const unguarded = rows.flatMap((row) => {
    const [, bug = '', , guards = ''] = row.split('|');
    const sources = [...guards.matchAll(/`([\w/-]+)`/g)].map(([, path]) => read(`test/${path}.test.ts`));
    const numbers = [...bug.matchAll(/#\d+/g)].map(([number]) => number);
    // A name is a text that says after a colon what must hold.
    const isNamed = (number: string) => new RegExp(`['"\`][^'"\`\n]*${number}\\b[^'"\`\n]*: `);
    return numbers.filter((number) => !sources.some((source) => isNamed(number).test(source)));
  });
  expect(unguarded).toEqual([]);
});
