import { GetSecretValueCommand, paginateListSecrets, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { LocalInfo } from '#local/instance.ts';
import { unlessGone } from './gone.ts';
import { awsOptions } from './local-haven.ts';

/** A value that nobody may come upon, and where it is kept. */
export interface SecretValue {
  /** `haven/local/notify notify_key` */
  readonly name: string;
  readonly value: string;
}

/** Shorter ones are names, and everywhere. */
const MIN_CHARS = 12;

/** Every text in every secret of the endpoint, however deep it stands there. */
export async function secretValues(info: LocalInfo): Promise<readonly SecretValue[]> {
  const client = new SecretsManagerClient(awsOptions(info));
  const found: SecretValue[] = [];
  for await (const { SecretList = [] } of paginateListSecrets({ client }, {})) {
    for (const { Name = '' } of SecretList) {
      const read = await unlessGone(() => client.send(new GetSecretValueCommand({ SecretId: Name })));
      const { SecretString = '' } = read ?? {};
      found.push(...textsIn(Name, parsed(SecretString)).filter(({ value }) => value.length >= MIN_CHARS));
    }
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textsIn(name: string, value: unknown): SecretValue[] {
  if (typeof value === 'string') return [{ name, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => textsIn(`${name} ${key}`, part));
}

/** Which of the values are in a text: their names, so that a failed test shows none. */
export function secretsIn(text: string, secrets: readonly SecretValue[]): readonly string[] {
  return secrets.filter(({ value }) => text.includes(value)).map(({ name }) => name);
}
