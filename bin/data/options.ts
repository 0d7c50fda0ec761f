import * as z from 'zod';
import { BadUsage, type DataCommand } from './usage.ts';

/** What a command on data is told. */
export interface DataOptions {
  readonly stage: string;
  /** The folder of an export. */
  readonly dir: string;
  /** Where a chain answers, to hold deposits against it; undefined: they are not. */
  readonly rpcUrl: string | undefined;
  /** Whether tables that are missing are made. */
  readonly createTables: boolean;
}

/** Arguments as `parseArgs` knows them. */
export const ARGUMENTS = {
  stage: { type: 'string' },
  dir: { type: 'string' },
  'rpc-url': { type: 'string' },
  'create-tables': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

const schema = z.object({
  stage: z.string().regex(/^[a-z][a-z0-9-]*$/),
  dir: z.string().min(1).optional(),
  'rpc-url': z.url({ protocol: /^https?$/ }).optional(),
  'create-tables': z.boolean().default(false),
});

/** What each command can be told. */
const TAKES: Readonly<Record<DataCommand, readonly string[]>> = {
  check: ['stage', 'rpc-url'],
  export: ['stage', 'dir'],
  import: ['stage', 'dir', 'create-tables'],
};

/**
 * Reads the options of a command.
 *
 * @throws BadUsage naming what is missing, or has no meaning
 */
export function readOptions(values: Readonly<Record<string, unknown>>, command: DataCommand): DataOptions {
  const { success, data } = schema.safeParse(values);
  if (!success) throw new BadUsage('Name the stage: --stage NAME; --rpc-url is an http address');
  const taken = TAKES[command];
  const unknown = Object.keys(values).find((name) => !taken.includes(name));
  if (unknown !== undefined) throw new BadUsage(`--${unknown} has no meaning here`);
  if (taken.includes('dir') && data.dir === undefined) throw new BadUsage('Name the folder: --dir FOLDER');
  const { stage, dir = '', 'rpc-url': rpcUrl, 'create-tables': createTables } = data;
  return { stage, dir, rpcUrl, createTables };
}
