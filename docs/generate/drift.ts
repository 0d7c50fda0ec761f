import { readFile } from 'node:fs/promises';
import type { Artifact } from './artifacts.ts';

/**
 * The names of the artifacts whose file in a directory is missing or says something else.
 *
 * @param directory a file URL that ends with a slash
 */
export async function findDrift(directory: URL, artifacts: readonly Artifact[]): Promise<readonly string[]> {
  const drifted = await Promise.all(
    artifacts.map(async ({ name, text }) => ((await readOrNothing(new URL(name, directory))) === text ? [] : [name])),
  );
  return drifted.flat();
}

async function readOrNothing(file: URL): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
