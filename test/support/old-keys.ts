import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { addressOf, generatePrivateKey } from '#shared/custody/private-key.ts';

/** A key as a system that is left behind keeps it. */
export interface OldKey {
  /** 64 digits, without 0x. */
  readonly hex: string;
  readonly address: string;
}

/** Random keys that no wallet has. */
export function newKeys(count: number): OldKey[] {
  return Array.from({ length: count }, () => {
    const key = generatePrivateKey();
    return { hex: Buffer.from(key).toString('hex'), address: addressOf(key) };
  });
}

/**
 * Writes keys to a CSV file with the columns `id`, `private_key`, `address` and `name`.
 *
 * @param extra lines after the keys
 * @returns its path
 */
export function csvFile(folder: string, name: string, keys: readonly OldKey[], extra = ''): string {
  const path = join(folder, name);
  const rows = keys.map(({ hex, address }, nth) => `${nth},0x${hex},${address.toLowerCase()},"customer ${nth}"`);
  writeFileSync(path, `id,private_key,address,name\r\n${rows.join('\r\n')}\r\n${extra}`);
  return path;
}

/** The arguments of `keys:import` for users' wallets on the local stage. */
export function importArgs(file: string, ...more: string[]): string[] {
  return ['import', '--stage', 'local', '--file', file, '--purpose', 'user', ...more];
}

const reportSchema = z.object({
  summary: z.object({ aws_calls: z.record(z.string(), z.number()), max_rss_bytes: z.number() }).loose(),
  rows: z.array(z.looseObject({ line: z.number(), outcome: z.string(), address: z.string().nullable() })),
});

/** Reads the JSON report of an import. */
export function readReport(path: string): z.output<typeof reportSchema> {
  return reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}
