import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import type { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { fileOf, type Item, type Manifest, writeDump } from './dump.ts';
import { openDatabase } from './open-database.ts';
import type { DataOptions } from './options.ts';
import { scan } from './scan.ts';
import { layoutsOf } from './table-layout.ts';
import { TABLES, tableOf } from './tables.ts';
import { BadUsage } from './usage.ts';

/** The manifest's file. */
export const MANIFEST = 'manifest.json';

/**
 * `npm run data:export`: writes all tables of a stage to a new folder, a compressed file each, and last a manifest with how many items
 * each has and their SHA-256. Keys are in it as they are stored: encrypted, or as names of KMS keys.
 *
 * @returns 0
 * @throws BadUsage when the folder has something in it
 */
export async function exportCommand({ stage, dir }: DataOptions, output: Output): Promise<number> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (readdirSync(dir).length > 0) throw new BadUsage(`${dir} has something in it: an export needs a new folder`);
  const client = await openDatabase();
  const layouts = await layoutsOf(client, stage);
  const startedAt = isoTime(systemClock());
  const written: Partial<Manifest['tables']> = {};
  for (const name of TABLES) {
    const dump = await writeDump(join(dir, fileOf(name)), counted(scan(client, tableOf(stage, name)), name, output));
    written[name] = { ...dump, layout: layouts[name] };
    output.print(`  ${name}: ${dump.items} items`);
  }
  const manifest: Omit<Manifest, 'tables'> & { tables: typeof written } = {
    haven_export: 1,
    stage,
    started_at: startedAt,
    finished_at: isoTime(systemClock()),
    tables: written,
  };
  writeFileSync(join(dir, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
  output.print(`Exported ${stage} to ${dir}`);
  return 0;
}

async function* counted(items: AsyncIterable<Item>, name: string, output: Output): AsyncGenerator<Item> {
  let settled = 0;
  const progress = new Progress(output, `items of ${name}`, () => ({ done: 0, total: 1, settled }), systemClock);
  for await (const item of items) {
    settled += 1;
    progress.tick();
    yield item;
  }
}
