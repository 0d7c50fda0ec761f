import { parseArgs } from 'node:util';
import * as z from 'zod';
import { paymentSchema } from '#shared/orders/order.ts';

/** How the command is called. */
export const EXPORT_USAGE = `npm run payments:export -- --stage NAME --from TIME --to TIME --format csv|json [--status STATUS] [--out FILE]

Writes the payments of a period, the oldest first, with the rate of their orders and what they were worth by it. Reads only.

  --stage NAME     whose payments
  --from TIME      of the first block; a day (2026-11-01, UTC) or an instant in ISO 8601 and UTC
  --to TIME        not included
  --format FORMAT  csv (RFC 4180), or json with sums at its end
  --status STATUS  detected, confirmed or orphaned; all when left out
  --out FILE       a new file, which nobody else may read; stdout when left out (then call it with npm --silent)`;

/** Thrown when the command is called wrongly. */
export class BadExportCall extends Error {}

/** What to write, and where. */
export interface ExportOptions {
  readonly stage: string;
  /** ISO 8601, UTC; included. */
  readonly from: string;
  /** ISO 8601, UTC; not included. */
  readonly to: string;
  readonly format: 'csv' | 'json';
  readonly status: z.output<typeof paymentSchema.shape.status> | undefined;
  /** Undefined: stdout. */
  readonly out: string | undefined;
}

const instant = z.union([z.iso.date(), z.iso.datetime()]).transform((text) => new Date(text).toISOString());

const schema = z.object({
  stage: z.string().regex(/^[a-z][a-z0-9-]*$/),
  from: instant,
  to: instant,
  format: z.enum(['csv', 'json']),
  status: paymentSchema.shape.status.optional(),
  out: z.string().min(1).optional(),
});

const ARGUMENTS = {
  stage: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  format: { type: 'string' },
  status: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/**
 * Reads what the command is told.
 *
 * @returns undefined when it is asked for help
 * @throws BadExportCall naming what is wrong
 */
export function readExportOptions(args: readonly string[]): ExportOptions | undefined {
  const values = parsed(args);
  if (values.help === true) return undefined;
  const { success, data, error } = schema.safeParse(values);
  if (!success) throw new BadExportCall(`--${error.issues[0]?.path.join('.')} is missing, or not as it has to be`);
  if (data.from > data.to) throw new BadExportCall('--from is after --to');
  return { ...data, status: data.status, out: data.out };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: ARGUMENTS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new BadExportCall(error instanceof Error ? error.message : 'The arguments can not be read');
  }
}
