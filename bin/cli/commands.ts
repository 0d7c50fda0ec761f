import type { Routes } from '#functions/catalogue.ts';
import type { Route } from '#shared/platform/http/route.ts';

/** A command: an operation of the API by the words that people type. */
export interface Command {
  /** `wallets`, as it is shown; `wallet` is understood too. */
  readonly noun: string;
  /** `list`; empty where the noun says all: `ready`. */
  readonly verb: string;
  /** The operation that it calls. */
  readonly operation: string;
  readonly route: Route;
}

/** Verbs of two words that begin names of operations. */
const TWO_WORD_VERBS: ReadonlySet<string> = new Set(['cancel-own']);

/** Names that don't begin with their verb. */
const IRREGULAR: ReadonlyMap<string, readonly [noun: string, verb: string]> = new Map([
  ['health', ['health', '']],
  ['ready', ['ready', '']],
  ['docs', ['docs', '']],
  ['openApi', ['openapi', '']],
  ['checkOut', ['carts', 'check-out']],
  ['transactionsStatus', ['transactions', 'status']],
]);

/** Shorter names of nouns. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['tx', 'transaction'],
  ['breaker', 'circuit-breaker'],
  ['key', 'api-key'],
]);

/**
 * The commands, made from the routes of the API, so that each operation has one and no other list has to be kept: `listWallets` is
 * `wallets list`, `resetCircuitBreaker` is `circuit-breakers reset`.
 */
export function commandsOf(routes: Routes): readonly Command[] {
  const parts = Object.entries(routes).map(([operation, route]) => ({ operation, route, ...wordsOf(operation) }));
  // One spelling for all of a noun's commands: that of many, where any has it.
  const plurals = new Map(
    parts.filter(({ noun }) => noun !== singular(noun)).map(({ noun }) => [singular(noun), noun] as const),
  );
  return parts.map((part) => ({ ...part, noun: plurals.get(singular(part.noun)) ?? part.noun }));
}

/**
 * The command that somebody typed; undefined: there is none.
 *
 * @param words the noun and the verb
 */
export function findCommand(
  commands: readonly Command[],
  [noun = '', verb = '']: readonly string[],
): Command | undefined {
  const wanted = singular(SHORT.get(singular(noun)) ?? noun);
  const ofNoun = commands.filter((command) => singular(command.noun) === wanted);
  return ofNoun.find((command) => command.verb === verb) ?? ofNoun.find((command) => command.verb === '');
}

function wordsOf(operation: string): { readonly noun: string; readonly verb: string } {
  const irregular = IRREGULAR.get(operation);
  if (irregular !== undefined) return { noun: irregular[0], verb: irregular[1] };
  const words = operation.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).split('-');
  const length = TWO_WORD_VERBS.has(words.slice(0, 2).join('-')) ? 2 : 1;
  return { noun: words.slice(length).join('-'), verb: words.slice(0, length).join('-') };
}

/** One of them: `wallets` and `wallet` are the same noun, and `status` is not a plural. */
function singular(noun: string): string {
  if (/(ss|us|is)$/.test(noun)) return noun;
  if (/(ss|x|ch)es$/.test(noun)) return noun.slice(0, -2);
  return noun.replace(/ies$/, 'y').replace(/s$/, '');
}
