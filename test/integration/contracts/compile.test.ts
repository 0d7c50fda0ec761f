import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artifactText, CONTRACT_NAMES, compileContract } from '#contracts/compile.ts';

const CONTRACTS = fileURLToPath(new URL('.', import.meta.resolve('#contracts/compile.ts')));
const artifactOf = (name: string) => readFileSync(join(CONTRACTS, `artifacts/${name}.json`), 'utf8');
const committed = artifactOf('HavenToken');

it.each(CONTRACT_NAMES)('the committed artifact of %s is what its sources compile to, byte for byte', (name) => {
  expect(artifactText(compileContract(name))).toBe(artifactOf(name));
});

const STALE = committed.replace('"runs": 200', '"runs": 201');

/** A copy of contracts/, so that the committed artifact is never at risk. */
describe('node contracts/compile.ts', () => {
  let copy: string;
  const artifact = () => join(copy, 'contracts/artifacts/HavenToken.json');
  const token = () => join(copy, 'contracts/HavenToken.sol');

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'haven-contracts-'));
    cpSync(CONTRACTS, join(copy, 'contracts'), { recursive: true });
    symlinkSync(join(CONTRACTS, '../node_modules'), join(copy, 'node_modules'), 'junction');
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  });

  afterAll(() => rmSync(copy, { recursive: true }));

  function run(...args: string[]): Promise<{ code: unknown; stderr: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [join(copy, 'contracts/compile.ts'), ...args], (error, _stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stderr });
      });
    });
  }

  it('--check refuses a stale artifact and leaves it alone', async () => {
    writeFileSync(artifact(), STALE);
    const ended = await run('--check');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('contracts/artifacts/HavenToken.json is not what its sources compile to');
    expect(readFileSync(artifact(), 'utf8')).toBe(STALE);
  });

  it('writes a stale artifact anew, and --check accepts it then', async () => {
    writeFileSync(artifact(), STALE);
    expect(await run()).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(artifact(), 'utf8')).toBe(committed);
    expect(await run('--check')).toEqual({ code: 0, stderr: '' });
  });

  it('a compiler warning is an error', async () => {
    writeFileSync(artifact(), STALE);
    const source = readFileSync(token(), 'utf8');
    writeFileSync(token(), source.replace('_mint(to, amount);', '_mint(to, amount); uint256 unused;'));
    const ended = await run();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('Unused local variable');
    expect(readFileSync(artifact(), 'utf8')).toBe(STALE);
  });
});
