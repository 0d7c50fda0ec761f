import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalFailure } from './failure.ts';
import type { KnownProcess } from './instance.ts';

/** A process that was asked to end is given this long before it is killed. */
const STOP_TIMEOUT_MS = 5_000;
const POLL_MS = 50;

/**
 * Starts a process that outlives this one, with its output in a file.
 *
 * @param logFile appended to
 */
export function startDetached(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly logFile: string; readonly port: number },
): KnownProcess {
  const log = openSync(options.logFile, 'a');
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', log, log],
      windowsHide: true,
    });
    // Its absence shows when it is waited for.
    child.on('error', () => undefined);
    child.unref();
    const pid = child.pid;
    if (pid === undefined) throw new Error(`${command} could not be started`);
    return { pid, startedAt: startTimeOf(pid) ?? '', port: options.port };
  } finally {
    closeSync(log);
  }
}

/** When a process started, as its operating system says; undefined when there is none. */
function startTimeOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return linuxStartTime(pid);
    const [command, args] =
      process.platform === 'win32'
        ? (['powershell', ['-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.Ticks`]] as const)
        : (['ps', ['-o', 'stat=,lstart=', '-p', String(pid)]] as const);
    const text = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    if (process.platform === 'win32') return text === '' ? undefined : text;
    const [state = '', ...started] = text.split(/\s+/);
    // A zombie has ended; only its parent hasn't noticed.
    return state === '' || state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined;
  }
}

/**
 * The boot and the clock tick at which it started: needs no `ps`, and doesn't move when the clock is set.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function linuxStartTime(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold anything, spaces and brackets too: the state is field 3, the start field 22.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[18]}`;
}

/** This process, as others know it. It listens nowhere. */
export function thisProcess(): KnownProcess {
  return { pid: process.pid, startedAt: startTimeOf(process.pid) ?? '', port: 0 };
}

/** Whether a process that was started earlier still runs, and is not another with the same number. */
export function isRunning(known: KnownProcess): boolean {
  return startTimeOf(known.pid) === known.startedAt;
}

/** Ends a process that was started earlier: asks first, then kills. Only that very process. */
export async function stop(known: KnownProcess): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isRunning(known)) return;
    process.kill(known.pid, signal);
    for (let waited = 0; waited < STOP_TIMEOUT_MS && isRunning(known); waited += POLL_MS) await delay(POLL_MS);
  }
}

/**
 * A free port: the preferred one if nothing has it, else any.
 *
 * @param preferred a port people expect
 * @throws LocalFailure when there is none
 */
export async function freePort(preferred: number): Promise<number> {
  const port = (await canListen(preferred)) ?? (await canListen(0));
  if (port !== undefined) return port;
  throw new LocalFailure(
    'No port of 127.0.0.1 can be listened on',
    'Is the loopback interface up, and may this user open ports? End what holds them, and run this again.',
  );
}

function canListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/**
 * Waits until a check succeeds.
 *
 * @param what is named in the error
 * @param check rejects or answers false as long as it isn't so
 * @param timeoutMs how long to wait
 * @param stillPossible answers false when waiting is pointless
 */
export async function waitUntil(
  what: string,
  check: () => Promise<boolean>,
  timeoutMs: number,
  stillPossible: () => boolean = () => true,
): Promise<void> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    if (await check().catch(() => false)) return;
    if (!stillPossible()) throw new Error(`${what}: its process has ended`);
    if (Date.now() > until) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await delay(POLL_MS);
  }
}
