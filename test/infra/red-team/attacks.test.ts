import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/**
 * The list of attacks in docs/security.md: each with the tests that try it. A test that is renamed or goes away fails here, so that the
 * list stays one of what is tried.
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

describe('the attacks of docs/security.md', () => {
  it('are at least those that were asked for', () => {
    expect(rows?.map(([attack]) => attack)).toEqual(expect.arrayContaining(ASKED_FOR));
  });

  it.each(rows ?? [])('%s: every test that is named is there', (...cells) => {
    const tests = [...(cells[1] ?? '').matchAll(/`(test\/[^`]+)`(?: \("([^"]+)"\))?/g)];
    expect(tests.length).toBeGreaterThan(0);
    for (const [, file = '', title] of tests) {
      expect(existsSync(file), file).toBe(true);
      if (title !== undefined) expect(readFileSync(file, 'utf8')).toContain(title);
    }
  });
});
