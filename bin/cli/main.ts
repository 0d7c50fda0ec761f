import { allRoutes } from '#functions/catalogue.ts';
import { createCaller } from '#shared/client/client.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { processOutput } from '../output.ts';
import { readArguments } from './arguments.ts';
import { type Command, commandsOf, findCommand } from './commands.ts';
import { EXIT, failureOf } from './exit-codes.ts';
import { helpOf, overview } from './help.ts';
import { runCommand } from './run-command.ts';
import { apiSettings } from './settings.ts';
import { UsageError } from './usage-error.ts';
import { waitForTransaction } from './wait.ts';

/** A line that no terminal shows is cut by nobody: wide enough for all. */
const PIPED_COLUMNS = 10_000;

/** The `haven` command. The route that `wait` asks again and again has the arguments of `get`. */
async function main(words: readonly string[]): Promise<number> {
  const output = processOutput();
  const commands = commandsOf(allRoutes);
  const isWait = words[1] === 'wait';
  try {
    const command = commandFor(commands, isWait ? [words[0] ?? '', 'get'] : words);
    if (command === undefined) {
      output.print(overview(commands));
      return words.length === 0 || isHelp(words[0]) ? EXIT.done : EXIT.usage;
    }
    const request = readArguments(command.route, words.slice(command.verb === '' ? 1 : 2));
    if (request.options.help) {
      output.print(helpOf(command));
      return EXIT.done;
    }
    const seconds = isWait ? undefined : request.options['timeout-seconds'];
    const caller = createCaller({
      ...apiSettings(request.options['api-url'], process.env),
      ...(seconds === undefined ? {} : { timeoutMs: seconds * 1_000 }),
    });
    const screen = { output, columns: process.stdout.isTTY ? process.stdout.columns : PIPED_COLUMNS };
    return isWait
      ? await waitForTransaction(request, caller, screen, systemClock)
      : await runCommand(command, request, caller, screen);
  } catch (error) {
    const { exitCode, lines } = failureOf(error);
    const [first = '', ...more] = lines;
    output.say(`✖ ${first}`);
    for (const line of more) output.say(line);
    return exitCode;
  }
}

function commandFor(commands: readonly Command[], words: readonly string[]): Command | undefined {
  if (words.length === 0 || isHelp(words[0])) return undefined;
  const command = findCommand(commands, words);
  if (command !== undefined || words.length === 1) return command;
  if (words[0]?.startsWith('-') === true) throw new UsageError('Options come last: haven NOUN VERB --option value');
  throw new UsageError(`There is no command ${words.slice(0, 2).join(' ')}. haven --help lists all`);
}

function isHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h' || word === 'help';
}

process.exitCode = await main(process.argv.slice(2));
