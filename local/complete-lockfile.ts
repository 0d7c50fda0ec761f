import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ROOT } from './instance.ts';

/**
 * Completes package-lock.json with platform packages that npm left out. npm records an optional package only if the
 * registry it asked has it; a mirror often lacks those of other platforms, and `npm ci` then fails everywhere, because
 * the lockfile is not in step. Entries made here have the exact version that their parent asks for and the platform
 * that their name says, but no integrity: who has the full registry should rather run `npm install --package-lock-only`.
 */

const lockSchema = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({ optionalDependencies: z.record(z.string(), z.string()).optional(), dev: z.boolean().optional() }),
  ),
});

const OPERATING_SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: 'x64',
  arm: 'arm',
  arm64: 'arm64',
  ia32: 'ia32',
  loong64: 'loong64',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  x64: 'x64',
};
const LIBRARIES: Readonly<Record<string, string>> = {
  gnu: 'glibc',
  gnueabihf: 'glibc',
  musl: 'musl',
  musleabihf: 'musl',
};

const file = join(ROOT, 'package-lock.json');
const lock = lockSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
const added: string[] = [];
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const platform = platformOf(name);
    if (lock.packages[path] !== undefined || platform === undefined || !/^\d/.test(version)) continue;
    lock.packages[path] = { version, ...platform, ...(parent.dev === true ? { dev: true } : {}), optional: true };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'package-lock.json is complete.' : `Added ${added.length}: ${added.join(', ')}`);

/** The platform that a package is for, by the parts of its name; undefined when its name says none. */
function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } | undefined {
  const parts = name.split(/[-/]/);
  const os = parts.find((part) => OPERATING_SYSTEMS.includes(part));
  const cpu = parts.map((part) => ARCHITECTURES[part]).find((part) => part !== undefined);
  const libc = parts.map((part) => LIBRARIES[part]).find((part) => part !== undefined);
  if (os === undefined || cpu === undefined) return undefined;
  return { os: [os], cpu: [cpu], ...(libc === undefined || os !== 'linux' ? {} : { libc: [libc] }) };
}
