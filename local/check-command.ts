import { runInTerminal } from './commands.ts';
import type { Instance } from './instance.ts';

/** What `npm run check` runs, in the order of how soon each tells. */
const CHECKS: readonly { readonly what: string; readonly command: string; readonly args: readonly string[] }[] = [
  {
    what: 'format and lint',
    command: 'biome',
    args: ['ci', '--error-on-warnings', ...(process.stdout.isTTY ? [] : ['--colors=off']), '.'],
  },
  { what: 'types', command: 'tsc', args: [] },
  {
    what: 'import direction',
    command: 'depcruise',
    args: [
      '--config',
      '.dependency-cruiser.cjs',
      'bin',
      'lib',
      'functions',
      'shared',
      'contracts',
      'local',
      'bench',
      'docs/generate',
      'test',
    ],
  },
  { what: 'unused code and dependencies', command: 'knip', args: [] },
  { what: 'generated documents', command: 'node', args: ['docs/generate/main.ts', '--check'] },
];

/** `npm run check`: runs all checks, and says at the end which failed. */
export async function runChecks(_instance: Instance): Promise<number> {
  const failed: string[] = [];
  for (const { what, command, args } of CHECKS) {
    const began = performance.now();
    const code = await runInTerminal(command, args);
    console.log(`${code === 0 ? '✔' : '✖'} ${what} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    if (code !== 0) failed.push(what);
  }
  if (failed.length > 0) console.error(`\n✖ Failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}
