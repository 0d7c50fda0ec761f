import { describe, expect, it } from 'vitest';
import { BadArguments, parseBenchArguments } from '../../../bench/arguments.ts';
import { BENCHES, benchUsage } from '../../../bench/catalogue.ts';

const KNOWN = ['lanes', 'stock'];
const parse = (...args: readonly string[]) => parseBenchArguments(args, KNOWN);

describe('arguments of a bench', () => {
  it('names none when none is asked for, so that nothing is measured by accident', () => {
    expect(parse()).toEqual({ names: [], markdown: false, rounds: undefined });
  });

  it('takes each bench once, in the order of the list', () => {
    expect(parse('stock', 'lanes', 'stock').names).toEqual(['lanes', 'stock']);
  });

  it('takes rounds and the form of the tables', () => {
    expect(parse('lanes', '--rounds', '12', '--markdown')).toEqual({ names: ['lanes'], markdown: true, rounds: 12 });
  });

  it.each([
    ['a bench that there is not', ['lane'], 'There is no bench lane'],
    ['no rounds', ['lanes', '--rounds', '0'], '--rounds must be a whole number, 1 to 99'],
    ['a fraction of a round', ['lanes', '--rounds', '1.5'], '--rounds must be a whole number, 1 to 99'],
    ['too many rounds', ['lanes', '--rounds', '100'], '--rounds must be a whole number, 1 to 99'],
    ['an unknown option', ['lanes', '--fast'], "Unknown option '--fast'"],
  ])('refuses %s', (_what, args, message) => {
    expect(() => parse(...args)).toThrow(BadArguments);
    expect(() => parse(...args)).toThrow(message);
  });
});

describe('the list of benches', () => {
  it('names every bench with what it measures', () => {
    for (const [name, { about }] of Object.entries(BENCHES))
      expect(benchUsage()).toContain(`${name.padEnd(8)} ${about}`);
  });
});
