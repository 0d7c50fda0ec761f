import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { buildArtifacts } from './artifacts.ts';
import { findDrift } from './drift.ts';

/** Writes the generated documents; with --check writes nothing, names those that differ and exits 1 if any does. */

const DOCS = new URL('../', import.meta.url);

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const artifacts = await buildArtifacts();
const drifted = await findDrift(DOCS, artifacts);

if (values.check) {
  for (const name of drifted) console.error(`docs/${name} differs from its source; run: npm run generate`);
  process.exitCode = drifted.length === 0 ? 0 : 1;
} else {
  for (const { name, text } of artifacts) {
    if (!drifted.includes(name)) continue;
    await writeFile(new URL(name, DOCS), text);
    console.log(`wrote docs/${name}`);
  }
}
