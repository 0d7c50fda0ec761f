import { parseArgs } from 'node:util';
import { BadStage } from '#lib/stage.ts';
import { BadSource } from '#shared/custody/import/source-row.ts';
import { BadJournal } from '#shared/custody/journal.ts';
import { StsRefused } from '#shared/platform/aws/sts.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type Output, processOutput } from '../output.ts';
import { importCommand } from './import-command.ts';
import { ARGUMENTS } from './options.ts';
import { reencryptCommand } from './reencrypt-command.ts';
import { BadUsage, USAGE } from './usage.ts';
import { verifyCommand } from './verify-command.ts';

/** The commands on keys; local/stage-command.ts starts this file on the pinned Node. */
const COMMANDS: Readonly<Record<string, (values: unknown, output: Output) => Promise<number>>> = {
  import: importCommand,
  verify: verifyCommand,
  reencrypt: reencryptCommand,
};

/** Ended before its end; run again, it goes on. */
const EXIT_UNFINISHED = 2;
/** Asked for wrongly; nothing was done. */
const EXIT_USAGE = 64;

async function main([name = '', ...args]: readonly string[], output: Output): Promise<number> {
  const command = COMMANDS[name];
  const usage = USAGE[name];
  if (command === undefined || usage === undefined) {
    output.say(`There is no command keys:${name}. There are: ${Object.keys(COMMANDS).join(', ')}`);
    return EXIT_USAGE;
  }
  try {
    const { values } = parseArgs({ args, options: ARGUMENTS, strict: true, allowPositionals: false });
    if (values['help'] === true) {
      output.print(usage);
      return 0;
    }
    return await command(values, output);
  } catch (error) {
    output.say(`✖ ${explain(error)}`);
    if (isUsage(error)) output.say(`\n${usage}`);
    return isUsage(error) || isBadInput(error) ? EXIT_USAGE : EXIT_UNFINISHED;
  }
}

function isUsage(error: unknown): boolean {
  return error instanceof BadUsage || codeOf(error).startsWith('ERR_PARSE_ARGS');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function isBadInput(error: unknown): boolean {
  return [BadSource, BadJournal, BadStage, StsRefused].some((type) => error instanceof type);
}

/**
 * What is said of a failure: texts that Haven wrote itself, and of everything else its name only. What a library says of
 * what it fails on may quote it.
 */
function explain(error: unknown): string {
  // Its own message quotes the argument, which may be what was meant to be in a file.
  if (codeOf(error) === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return 'There are arguments that belong to no option';
  if (isUsage(error) || isBadInput(error)) return error instanceof Error ? error.message : '';
  const again = 'What was done is kept; run the same command again to go on.';
  if (error instanceof HavenError) return `${error.code}: ${error.message}${causeOf(error)}. ${again}`;
  return `${error instanceof Error ? error.name : 'An unknown failure'}. ${again}`;
}

function causeOf({ cause }: HavenError): string {
  return cause instanceof Error ? ` (${cause.name})` : '';
}

process.exitCode = await main(process.argv.slice(2), processOutput());
