import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '#local/instance.ts';

/** Says when it is there, and what ends it. */
const PROGRAM =
  "process.on('SIGTERM', () => { console.log('told'); process.exit(7); }); console.log('up'); setInterval(() => 0, 1e3)";

it('who ends a command ends what it has started, and has its exit code', { timeout: 30_000 }, async () => {
  const args = [join('local', 'bootstrap.mjs'), 'exec', 'node', '-e', PROGRAM];
  const child = spawn('node', args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (text.includes('up')) child.kill('SIGTERM');
  });
  const [code] = await once(child, 'close');
  expect({ code, output }).toEqual({ code: 7, output: 'up\ntold\n' });
});
