import { parseArgs } from 'node:util';
import { LocalFailure } from '../failure.ts';

/** What `npm run audit:verify` is asked to do. */
export interface VerifyArguments {
  readonly stage: string;
  /** PEM file with the anchor key's public half; undefined: ask KMS. */
  readonly publicKeyFile: string | undefined;
  /** Where the report goes as JSON; undefined: nowhere. */
  readonly reportFile: string | undefined;
  /** Whether to begin anew where an earlier run was interrupted. */
  readonly restart: boolean;
}

const USAGE = 'npm run audit:verify -- [--stage NAME] [--public-key FILE] [--report FILE] [--restart]';

/**
 * Reads the arguments of the command.
 *
 * @throws LocalFailure for any that it doesn't know
 */
export function parseVerifyArguments(args: readonly string[]): VerifyArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        stage: { type: 'string', default: 'local' },
        'public-key': { type: 'string' },
        report: { type: 'string' },
        restart: { type: 'boolean', default: false },
      },
    });
    if (!/^[a-z][a-z0-9-]*$/.test(values.stage)) throw new Error(`${values.stage} is no stage`);
    const { stage, 'public-key': publicKeyFile, report: reportFile, restart } = values;
    return { stage, publicKeyFile, reportFile, restart };
  } catch (error) {
    throw new LocalFailure(error instanceof Error ? error.message : String(error), USAGE, error);
  }
}
