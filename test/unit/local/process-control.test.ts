import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KnownProcess } from '#local/instance.ts';
import { freePort, isRunning, startDetached, stop, waitUntil } from '#local/process-control.ts';

let folder: string;
const started: KnownProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'haven-processes-'));
});
afterEach(async () => {
  for (const known of started.splice(0)) await stop(known);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process that lives until it is ended. */
function start(script = 'setInterval(() => undefined, 1_000)'): KnownProcess {
  const logFile = join(folder, 'log');
  const known = startDetached(process.execPath, ['-e', script], { cwd: folder, env: process.env, logFile, port: 1 });
  started.push(known);
  return known;
}

const ended = (known: KnownProcess) => waitUntil('its end', async () => !isRunning(known), 10_000);

describe('a process that was started', () => {
  it('runs until it is stopped, and stopping it again does nothing', async () => {
    const known = start();
    expect(isRunning(known)).toBe(true);
    await stop(known);
    expect(isRunning(known)).toBe(false);
    await stop(known);
  });

  it('is ended though it does not listen', async () => {
    const known = start(
      "process.on('SIGTERM', () => undefined); console.log('up'); setInterval(() => undefined, 1_000)",
    );
    await waitUntil('its start', async () => readFileSync(join(folder, 'log'), 'utf8').includes('up'), 10_000);
    await stop(known);
    expect(isRunning(known)).toBe(false);
  }, 20_000);

  it('is not running once it was killed, a zombie neither', async () => {
    const known = start();
    process.kill(known.pid, 'SIGKILL');
    await ended(known);
    expect(isRunning(known)).toBe(false);
  });

  it('is not another with its number: that one is left alone', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1_000)'], { stdio: 'ignore' });
    await once(other, 'spawn');
    const remembered = { pid: other.pid ?? 0, startedAt: 'before the reboot', port: 1 };
    expect(isRunning(remembered)).toBe(false);
    await stop(remembered);
    expect(other.exitCode).toBeNull();
    expect(other.signalCode).toBeNull();
    other.kill('SIGKILL');
  });
});

describe('a port', () => {
  it('is the preferred one when it is free, else another', async () => {
    const preferred = await freePort(0);
    expect(await freePort(preferred)).toBe(preferred);
    const server = createServer().listen(preferred, '127.0.0.1');
    await once(server, 'listening');
    expect(await freePort(preferred)).not.toBe(preferred);
    server.close();
  });
});

describe('waiting', () => {
  it('takes a check that rejects for one that is not so yet', async () => {
    let looks = 0;
    const check = async () => {
      looks += 1;
      if (looks < 3) throw new Error('no route');
      return true;
    };
    await waitUntil('it', check, 10_000);
    expect(looks).toBe(3);
  });

  it('ends when it has become pointless', async () => {
    await expect(
      waitUntil(
        'it',
        async () => false,
        10_000,
        () => false,
      ),
    ).rejects.toThrow('its process has ended');
  });

  it('ends when the time is up, and names what never was', async () => {
    await expect(waitUntil('the moon', async () => false, 0)).rejects.toThrow('the moon: not within 0 s');
  });
});
