import { parseArgs } from 'node:util';

/** What a run of the benches is asked to do. */
export interface BenchArguments {
  /** The benches to run, in the order of the list of known ones. None: only tell which there are. */
  readonly names: readonly string[];
  /** Whether to print the tables as docs/performance.md has them. */
  readonly markdown: boolean;
  /** Rounds of each measurement; undefined: what each bench thinks right. */
  readonly rounds: number | undefined;
}

/** Arguments that make no sense; the message says which. */
export class BadArguments extends Error {
  override readonly name = 'BadArguments';
}

/** More rounds than this take longer than anybody waits. */
const MAX_ROUNDS = 99;

/**
 * Reads the arguments of a run.
 *
 * @param known names of the benches there are
 * @throws BadArguments
 */
export function parseBenchArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  const { values, positionals } = parse(args);
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new BadArguments(`There is no bench ${unknown}`);
  return {
    names: known.filter((name) => positionals.includes(name)),
    markdown: values.markdown,
    rounds: values.rounds === undefined ? undefined : parseRounds(values.rounds),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { markdown: { type: 'boolean', default: false }, rounds: { type: 'string' } },
    });
  } catch (error) {
    throw new BadArguments(error instanceof Error ? error.message : String(error));
  }
}

function parseRounds(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new BadArguments(`--rounds must be a whole number, 1 to ${MAX_ROUNDS}`);
  return Number(text);
}
