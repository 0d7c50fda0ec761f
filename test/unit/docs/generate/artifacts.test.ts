import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Artifact, buildArtifacts } from '../../../../docs/generate/artifacts.ts';
import { findDrift } from '../../../../docs/generate/drift.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);

describe('the documents in docs/', () => {
  it('are what their sources make (if not: npm run generate)', async () => {
    expect(await findDrift(DOCS, await buildArtifacts())).toEqual([]);
  });

  it('are accepted by the check that CI runs', () => {
    const main = fileURLToPath(new URL('generate/main.ts', DOCS));
    expect(execFileSync(process.execPath, [main, '--check'], { encoding: 'utf8' })).toBe('');
  });
});

describe('drift', () => {
  let directory: string;
  const artifacts: readonly Artifact[] = [
    { name: 'one.md', text: 'one\n' },
    { name: 'two.md', text: 'two\n' },
  ];
  const find = () => findDrift(pathToFileURL(`${directory}/`), artifacts);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'haven-docs-'));
    for (const { name, text } of artifacts) await writeFile(join(directory, name), text);
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('is none when every file says what it must', async () => {
    expect(await find()).toEqual([]);
  });

  it('names a file that was edited', async () => {
    await writeFile(join(directory, 'two.md'), 'two, by hand\n');
    expect(await find()).toEqual(['two.md']);
  });

  it('names a file that is missing', async () => {
    await rm(join(directory, 'one.md'));
    expect(await find()).toEqual(['one.md']);
  });
});
