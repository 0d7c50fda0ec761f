import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/**
 * The list of attacks in docs/security.md: each with the tests that try it. A test that is renamed, skipped or goes away fails here,
 * so that the list stays one of what is tried.
 */
const DOCUMENT = readFileSync('docs/security.md', 'utf8');
const [, section = ''] = DOCUMENT.split('## Attacks that are tried');
const rows = section
  .split('\n## ')[0]
  ?.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Attack '))
  .filter((line) => !/^\|[ -]+\|/.test(line.replaceAll(' | ', '')))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| |\|$/g, '').trim()));

/** What issue 4 asks for by name. */
const ASKED_FOR = [
  'Storefront to KMS',
  'Provisioner to decrypt',
  'Export without approval',
  'Approver is requester',
  'Replayed retrieval',
  'Ciphertext swapped between wallets',
  'Altered encryption context',
  'Revoked wallet with a queued transaction',
  'Forged cursor',
  'Tampered audit',
];

/**
 * A test that doesn't run, runs at times or alone, or passes when it fails, in each way in which vitest lets one say so
 * (https://vitest.dev/api/test.html).
 */
const NOT_TRIED: readonly RegExp[] = [
  /\.\s*(?:skip|todo|only|skipIf|runIf|fails)\s*[.(`]/,
  /\b[xf](?:it|test|describe)\s*[.(`]/,
  /\b(?:skip|todo|only|fails)\s*:\s*true\b/,
  /[{,]\s*skip\s*[,}]/,
];

function notTriedIn(code: string): readonly string[] {
  return NOT_TRIED.flatMap((way) => way.exec(code)?.[0] ?? []);
}

/** The code of a test file: what stands in comments tries nothing. */
function codeOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

/** The tests that a cell names: files, some with the title of one in it, or of a row of its table. */
function testsIn(cell: string): readonly { readonly file: string; readonly title: string | undefined }[] {
  return [...cell.matchAll(/`(test\/[^`]+)`(?: \("([^"]+)"\))?/g)].map(([, file = '', title]) => ({ file, title }));
}

describe('the attacks of docs/security.md', () => {
  it('are at least those that were asked for', () => {
    const tried = new Map(rows?.map(([attack, cell = '']) => [attack, testsIn(cell)]));
    for (const attack of ASKED_FOR) {
      const titles = tried.get(attack)?.flatMap(({ title }) => title ?? []);
      expect(titles?.length, `${attack}: a test of it by its title`).toBeGreaterThan(0);
    }
  });

  it('a revocation is tried on the deployed stack, with what was queued before it', () => {
    const [, cell = ''] = rows?.find(([attack]) => attack === 'Revoked wallet with a queued transaction') ?? [];
    const [deployed] = testsIn(cell).filter(({ file }) => file === 'test/e2e/wallet-lifecycle.test.ts');
    expect(deployed?.title).toContain('ends all that was queued');
  });

  it.each(rows ?? [])('%s: every test that is named is there, and runs', (...cells) => {
    const tests = testsIn(cells[1] ?? '');
    expect(tests.length).toBeGreaterThan(0);
    for (const { file, title } of tests) {
      expect(file).toMatch(/\.test\.ts$/);
      expect(existsSync(file), file).toBe(true);
      const code = codeOf(file);
      if (title !== undefined) expect(code).toContain(title);
      expect(notTriedIn(code), `what skips tests in ${file}`).toEqual([]);
    }
  });

  it.each(globSync('test/infra/red-team/*.test.ts'))('%s: no test is skipped', (file) => {
    if (file.endsWith('attacks.test.ts')) return;
    expect(notTriedIn(codeOf(file))).toEqual([]);
  });

  // Samples for what looks for skipped tests: texts, none of which runs.
  it.each([
    "it.skip('x', () => {})",
    "describe.skip('x', () => {})",
    "it.todo('x')",
    "test.only('x', () => {})",
    "it.each([1]).skip('x', () => {})",
    "it.concurrent.skip('x', () => {})",
    "describe.runIf(process.platform === 'linux')('x', () => {})",
    "it.skipIf(true)('x', () => {})",
    "it.fails('x', () => {})",
    "xit('x', () => {})",
    "it('x', { skip: true }, () => {})",
    "it('x', (context) => context.skip())",
    "it('x', ({ skip }) => skip())",
  ])('a test is known for skipped when it says %s', (code) => {
    expect(notTriedIn(code)).not.toEqual([]);
  });
});
