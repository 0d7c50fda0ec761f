import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { cachedFor } from '../cached.ts';
import type { Clock } from '../clock.ts';
import { HavenError } from '../errors/haven-error.ts';
import { awsClientOptions } from './client-options.ts';

/** How long a function serves a secret from memory: a changed secret is in use everywhere after this time. */
export const SECRET_TTL_MS = 60_000;

/** Reads one secret, parsed; from memory while it is fresh. */
export type SecretReader<T> = () => Promise<T>;

/**
 * A reader of one Secrets Manager secret that holds JSON.
 *
 * @param secretId name or ARN
 * @param setting what the secret is called in docs/configuration.md; named in the error when it is missing or bad
 * @param schema what it must hold
 * @returns a reader that throws CONFIGURATION when the secret is missing or does not parse; the secret's own text is never part of the error
 */
export function jsonSecretReader<T>(
  secretId: string,
  setting: string,
  schema: z.ZodType<T>,
  clock: Clock,
  client = new SecretsManagerClient(awsClientOptions()),
): SecretReader<T> {
  return cachedFor(SECRET_TTL_MS, clock, async () => {
    const text = await readSecretText(client, secretId, setting);
    const parsed = schema.safeParse(parseJson(text));
    if (!parsed.success) {
      throw new HavenError('CONFIGURATION', `The secret ${setting} is not valid: ${describe(parsed.error)}`);
    }
    return parsed.data;
  });
}

/** What is wrong and where, without a word of the secret itself: a misplaced URL can stand where a key should. */
function describe(error: z.ZodError): string {
  const problems = error.issues.map(({ path, message }) => {
    const where = path.map((part) => (/^\d+$/.test(String(part)) ? String(part) : '(key)')).join('.');
    return `${where === '' ? '(whole)' : where}: ${message}`;
  });
  return problems.join('; ');
}

async function readSecretText(client: SecretsManagerClient, secretId: string, setting: string): Promise<string> {
  try {
    const answer = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    return answer.SecretString ?? '';
  } catch (cause) {
    throw new HavenError('CONFIGURATION', `The secret ${setting} could not be read`, { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
