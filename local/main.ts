import { verifyAudit } from './audit-verify/command.ts';
import { runBench } from './bench-command.ts';
import { runChecks } from './check-command.ts';
import { CommandFailed, runInTerminal } from './commands.ts';
import { LocalFailure } from './failure.ts';
import { Instance } from './instance.ts';
import { showLogs } from './logs-command.ts';
import { runCli, runData, runKeys, runPaymentsExport } from './stage-command.ts';
import { resetCommand, startCommand, statusCommand, stopCommand } from './start-commands.ts';
import { runCrashTests, runTests } from './test-command.ts';

/** Haven's own commands; package.json's scripts call them through bootstrap.mjs. */
const COMMANDS: Readonly<Record<string, (instance: Instance, args: readonly string[]) => Promise<number>>> = {
  start: startCommand,
  stop: stopCommand,
  status: statusCommand,
  logs: showLogs,
  reset: resetCommand,
  check: runChecks,
  test: runTests,
  crash: runCrashTests,
  bench: runBench,
  keys: runKeys,
  data: runData,
  cli: runCli,
  payments: (_instance, args) => runInTerminal(process.execPath, ['bin/payments/main.ts', ...args]),
  'payments-export': runPaymentsExport,
  mails: (_instance, args) => runInTerminal(process.execPath, ['bin/mails/main.ts', ...args]),
  'audit-verify': verifyAudit,
  generate: () => runInTerminal(process.execPath, ['docs/generate/main.ts']),
  exec: (_instance, [command = 'node', ...args]) => runInTerminal(command, args),
};

const [name = '', ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (command === undefined) {
  console.error(`✖ There is no command ${name}. There are: ${Object.keys(COMMANDS).join(', ')}`);
  process.exit(1);
}
try {
  process.exitCode = await command(Instance.fromEnvironment(), args);
} catch (error) {
  if (error instanceof LocalFailure) console.error(`\n✖ ${error.message}\n\n  ${error.fix}`);
  else if (error instanceof CommandFailed) console.error(`\n✖ ${error.message}`);
  else console.error('\n✖', error);
  process.exitCode = 1;
}
