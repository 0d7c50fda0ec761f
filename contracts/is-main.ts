import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Whether a module is the one that Node was started with, rather than imported. Not `import.meta.main`, which is
 * missing before Node 24.2.
 *
 * @param moduleUrl the module's `import.meta.url`
 */
export function isMain(moduleUrl: string): boolean {
  const started = process.argv[1];
  if (started === undefined) return false;
  try {
    return realpathSync(started) === fileURLToPath(moduleUrl);
  } catch {
    // With `node --eval` the first argument can be anything.
    return false;
  }
}
