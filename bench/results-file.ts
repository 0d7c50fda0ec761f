import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';

const DIRECTORY = new URL('./results/', import.meta.url);

/**
 * Writes everything that was measured to bench/results/latest.json.
 *
 * @param benches what each bench found, by name
 * @returns the file's path
 */
export function writeResults(machine: Machine, benches: Readonly<Record<string, unknown>>): string {
  mkdirSync(DIRECTORY, { recursive: true });
  const file = fileURLToPath(new URL('latest.json', DIRECTORY));
  writeFileSync(file, `${JSON.stringify({ machine, benches }, null, 2)}\n`);
  return file;
}
