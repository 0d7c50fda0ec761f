import { spawn } from 'node:child_process';
import { ROOT } from './instance.ts';

/** How much of a failed command's output is shown: the end, where the reason is. */
const SHOWN_CHARS = 4_000;

/** A command that ended badly. */
export class CommandFailed extends Error {
  readonly output: string;

  constructor(command: string, ended: string, output: string) {
    super(`${command} failed with ${ended}\n${output.slice(-SHOWN_CHARS)}`);
    this.name = 'CommandFailed';
    this.output = output;
  }
}

/** What a command may be given besides its arguments. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** It is killed after this time. */
  readonly timeoutMs?: number;
  /** Called with every line it prints. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a command to its end.
 *
 * @returns what it printed, on both streams
 * @throws CommandFailed with the end of its output
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' }),
    });
    let output = '';
    let partial = '';
    const take = (chunk: Buffer) => {
      output += chunk.toString();
      const lines = (partial + chunk.toString()).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) options.onLine?.(line);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const ended = signal === null ? `exit code ${code}` : `${signal}, after ${(options.timeoutMs ?? 0) / 1000} s`;
      if (code === 0) resolve(output);
      else reject(new CommandFailed([command, ...args].join(' '), ended, output));
    });
  });
}

/**
 * Runs a command with this terminal as its own.
 *
 * @returns its exit code
 */
export function runInTerminal(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: 'inherit', shell: process.platform === 'win32' });
    // Not an interrupt: the terminal tells both of it, and some take a second one for haste.
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    process.on('SIGTERM', pass).on('SIGHUP', pass);
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGTERM', pass).off('SIGHUP', pass);
      resolve(code ?? 1);
    });
  });
}
