import { parseArgs } from 'node:util';
import { type Output, processOutput } from '../output.ts';
import { checkCommand } from './check-command.ts';
import { exportCommand } from './export-command.ts';
import { importCommand } from './import-command.ts';
import { ARGUMENTS, type DataOptions, readOptions } from './options.ts';
import { BadExport, BadUsage, type DataCommand, USAGE } from './usage.ts';

/** The commands on all data; local/stage-command.ts starts this file on the pinned Node. */
const COMMANDS: Readonly<Record<DataCommand, (options: DataOptions, output: Output) => Promise<number>>> = {
  check: checkCommand,
  export: exportCommand,
  import: importCommand,
};

/** Ended before its end; an import goes on when it is run again. */
const EXIT_UNFINISHED = 2;
/** Asked for wrongly; nothing was done. */
const EXIT_USAGE = 64;

function isCommand(name: string): name is DataCommand {
  return Object.hasOwn(COMMANDS, name);
}

async function main([name = '', ...args]: readonly string[], output: Output): Promise<number> {
  if (!isCommand(name)) {
    output.say(`There is no command data:${name}. There are: ${Object.keys(COMMANDS).join(', ')}`);
    return EXIT_USAGE;
  }
  try {
    const { values } = parseArgs({ args, options: ARGUMENTS, strict: true, allowPositionals: false });
    if (values.help === true) {
      output.print(USAGE[name]);
      return 0;
    }
    return await COMMANDS[name](readOptions(values, name), output);
  } catch (error) {
    const isUsage = error instanceof BadUsage || (error instanceof TypeError && 'code' in error);
    const isKnown = isUsage || error instanceof BadExport;
    output.say(
      `✖ ${error instanceof Error ? (isKnown ? error.message : `${error.name}: ${error.message}`) : 'An unknown failure'}`,
    );
    if (isUsage) output.say(`\n${USAGE[name]}`);
    return isUsage ? EXIT_USAGE : EXIT_UNFINISHED;
  }
}

process.exitCode = await main(process.argv.slice(2), processOutput());
