import * as z from 'zod';
import { fieldsOf, optionOf } from './arguments.ts';
import type { Command } from './commands.ts';

/** What each option of all commands does. */
const COMMON = `Options of all commands:
  --api-url URL          the API; by default HAVEN_API_URL
  --stage local          the Haven that npm start brought up, with its admin key
  --json                 the answer as it is, for other programs
  --all                  of a list: every page
  --body JSON            the whole body; @FILE, or - for standard input
  --idempotency-key KEY  of a request that is sent again after no answer came
  --if-match ETAG        change this version only
  --token-file FILE      the token of a cart or order
  --timeout-seconds N    of each attempt (30); of wait, all in all (600)

The API key is HAVEN_API_KEY, or in the file HAVEN_API_KEY_FILE.
Exit codes: 0 done; 1 refused; 2 nobody knows whether it was done; 64 not understood; 77 no permission.`;

/** What there is, by noun. */
export function overview(commands: readonly Command[]): string {
  const nouns = Map.groupBy(commands, ({ noun }) => noun);
  const width = Math.max(...[...nouns.keys()].map((noun) => noun.length));
  const lines = [...nouns]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([noun, of]) => `  ${noun.padEnd(width)}  ${verbsOf(noun, of)}`.trimEnd());
  return `haven NOUN VERB [ID] [--field value ...]\n\n${lines.join('\n')}\n\nhaven NOUN VERB --help tells of one.\n\n${COMMON}`;
}

function verbsOf(noun: string, commands: readonly Command[]): string {
  const verbs = commands.map(({ verb }) => verb).filter((verb) => verb !== '');
  return [...verbs, ...(noun === 'transactions' ? ['wait'] : [])].join(', ');
}

/** How one command is used: its path's parameters, its fields, and what it does. */
export function helpOf({ noun, verb, route }: Command): string {
  const params = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => `<${name}>`);
  const fields = [...fieldsOf(route.query), ...fieldsOf(route.body)].map(([name, schema]) => fieldLine(name, schema));
  return [
    ['haven', noun, verb, ...params].filter((word) => word !== '').join(' '),
    '',
    `${route.summary}.`,
    ...(route.description === undefined ? [] : [route.description]),
    ...(route.access === 'public' ? [] : [`Needs the scope ${route.access}.`]),
    ...(fields.length === 0 ? [] : ['', ...fields]),
    '',
    COMMON,
  ].join('\n');
}

function fieldLine(name: string, schema: z.core.$ZodType): string {
  const about = z.globalRegistry.get(schema)?.description;
  const required = z.safeParse(schema, undefined).success ? '' : ' (required)';
  return `  --${optionOf(name)}${required}${about === undefined ? '' : `  ${about}`}`;
}
