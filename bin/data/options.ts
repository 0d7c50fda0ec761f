import * as z from 'zod';
import { BadUsage } from './usage.ts';

/** What a command on data is told. */
export interface DataOptions {
  readonly stage: string;
  /** The folder of an export. */
  readonly dir: string;
  /** Where a chain answers, to hold deposits against it; undefined: they are not. */
  readonly rpcUrl: string | undefined;
}

/** Arguments as `parseArgs` knows them. */
export const ARGUMENTS = {
  stage: { type: 'string' },
  dir: { type: 'string' },
  'rpc-url': { type: 'string' },
  help: { type: 'boolean' },
} as const;

const schema = z.object({
  stage: z.string().regex(/^[a-z][a-z0-9-]*$/),
  dir: z.string().min(1).optional(),
  'rpc-url': z.url({ protocol: /^https?$/ }).optional(),
});

/**
 * Reads the options of a command.
 *
 * @param needsDir whether it works on a folder
 * @throws BadUsage naming what is missing
 */
export function readOptions(values: unknown, needsDir: boolean): DataOptions {
  const { success, data } = schema.safeParse(values);
  if (!success) throw new BadUsage('Name the stage: --stage NAME; --rpc-url is an http address');
  if (needsDir && data.dir === undefined) throw new BadUsage('Name the folder: --dir FOLDER');
  if (!needsDir && data.dir !== undefined) throw new BadUsage('--dir has no meaning here');
  const rpcUrl = data['rpc-url'];
  if (needsDir && rpcUrl !== undefined) throw new BadUsage('--rpc-url has no meaning here');
  return { stage: data.stage, dir: data.dir ?? '', rpcUrl };
}
