import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Instance, ROOT } from '#local/instance.ts';
import { isRunning } from '#local/process-control.ts';
import { stopServices } from '#local/services.ts';
import { localHaven } from '#test/support/local-haven.ts';

/** A start takes half a minute. */
const TIMEOUT_MS = 180_000;

let folder: string;
let other: Instance;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'haven-second-'));
  other = new Instance(folder);
});
afterAll(async () => {
  await stopServices(other);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs one of Haven's commands as a user would, with an AWS account configured that must not be touched. */
function haven(command: string, instance: Instance) {
  const env = { ...process.env, HAVEN_LOCAL_DIR: instance.directory, AWS_REGION: 'eu-west-1', AWS_PROFILE: 'mine' };
  const { status, stdout, stderr } = spawnSync('node', [join('local', 'bootstrap.mjs'), command], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  return { status, output: `${stdout}${stderr}` };
}

describe('npm start', () => {
  it('run again keeps what is there', { timeout: TIMEOUT_MS }, () => {
    const { instance, info } = localHaven();
    const processes = instance.processes();
    expect(haven('start', instance)).toMatchObject({ status: 0, output: expect.stringContaining('running already') });
    expect([instance.info(), instance.processes()]).toEqual([info, processes]);
  });

  it('beside another Haven has its own ports, and after a crash begins anew', { timeout: 2 * TIMEOUT_MS }, () => {
    const { info } = localHaven();
    expect(haven('start', other)).toMatchObject({ status: 0 });
    const first = other.processes();
    expect(other.info()?.apiUrl).not.toBe(info.apiUrl);
    expect(other.info()?.rpcUrl).not.toBe(info.rpcUrl);
    expect(haven('status', other)).toMatchObject({ status: 0, output: expect.stringContaining('Haven is ready') });

    process.kill(first.endpoint?.pid ?? 0, 'SIGKILL');
    expect(haven('status', other).status).toBe(1);
    expect(haven('logs', other)).toMatchObject({ status: 1, output: expect.stringContaining('Haven is not up') });
    expect(haven('start', other)).toMatchObject({ status: 0, output: expect.stringContaining('wallet') });
    expect(first.chain !== undefined && isRunning(first.chain)).toBe(false);
  });

  it('is undone by npm stop, which ends nothing else', { timeout: TIMEOUT_MS }, () => {
    const { endpoint, chain } = other.processes();
    expect(haven('stop', other)).toMatchObject({ status: 0, output: expect.stringContaining('Stopped') });
    expect([endpoint, chain].map((known) => known !== undefined && isRunning(known))).toEqual([false, false]);
    expect(haven('status', localHaven().instance).status).toBe(0);
  });
});
