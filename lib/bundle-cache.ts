import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFunctions } from './bundle.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/**
 * All that bundles are made of, in the project: files, and folders with all that is in them. What is in node_modules goes by the lock
 * file.
 */
export const BUNDLE_SOURCES = [
  'functions',
  'shared',
  'docs/api.html',
  'docs/openapi.json',
  'lib/bundle.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
] as const;

/** Others may be about to read the last ones. */
const KEPT = 3;

/** What a cache of bundles can be given otherwise, by tests. */
export interface BundleCacheOptions {
  /** The folder that the sources are in. */
  readonly root?: string;
  readonly sources?: readonly string[];
  /** Makes all bundles in a folder. */
  readonly make?: (bundles: string) => Promise<void>;
}

/**
 * Bundles all functions, unless that was done before of the very same sources: bundling takes most of the time of a start on one's own
 * machine. Not for stages that others can reach: what is deployed there is made of what is there.
 *
 * @param cache the folder of all that was made before; only the last few are kept
 * @returns the folder of all bundles
 */
export async function cachedBundles(
  cache: string,
  { root = ROOT, sources = BUNDLE_SOURCES, make = bundleFunctions }: BundleCacheOptions = {},
): Promise<string> {
  const bundles = join(cache, keyOf(root, sources));
  if (existsSync(bundles)) return bundles;
  const made = join(cache, `new-${randomUUID()}`);
  try {
    await make(made);
    // Whole or not at all: who is killed on the way leaves nothing under the key.
    renameSync(made, bundles);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Another process was sooner.
    if (!existsSync(bundles)) throw error;
  }
  removeOld(cache);
  return bundles;
}

/** A digest of the names and contents of all sources. */
function keyOf(root: string, sources: readonly string[]): string {
  const digest = createHash('sha256');
  for (const source of sources) {
    const names = statSync(join(root, source)).isDirectory()
      ? readdirSync(join(root, source), { recursive: true, encoding: 'utf8' })
          .map((name) => join(source, name))
          .sort()
      : [source];
    for (const name of names.filter((one) => statSync(join(root, one)).isFile())) {
      const content = readFileSync(join(root, name));
      digest.update(`${name}\0${content.length}\0`).update(content);
    }
  }
  return digest.digest('hex');
}

function removeOld(cache: string): void {
  const madeMs = (name: string) => statSync(join(cache, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const others = readdirSync(cache).map((name) => ({ name, at: madeMs(name) }));
  for (const { name } of others.toSorted((a, b) => b.at - a.at).slice(KEPT))
    rmSync(join(cache, name), { recursive: true, force: true });
}
