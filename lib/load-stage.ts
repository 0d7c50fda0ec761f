import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { BadStage, parseStage, type Stage } from './stage.ts';

const DIRECTORY = new URL('./stages/', import.meta.url);

/** The stages that have a file. */
export function stageNames(): string[] {
  return readdirSync(DIRECTORY)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/**
 * A stage whose names of resources would also be names of the other: with both in one account and region, rights by a wildcard
 * (`haven-<stage>-*-dlq`) and rules by a prefix would reach into the other.
 */
export function overlappingStage(name: string, others: readonly string[]): string | undefined {
  return others.find((other) => other.startsWith(`${name}-`) || name.startsWith(`${other}-`));
}

/**
 * Reads a stage from its file.
 *
 * @throws BadStage when there is no such stage, its file is no JSON, a value is not valid, or its name begins with that of another
 */
export function loadStage(name: string): Stage {
  const other = overlappingStage(name, stageNames());
  if (other !== undefined) {
    throw new BadStage(name, [
      `name: one of ${name} and ${other} begins with the other: their resources would overlap`,
    ]);
  }
  return parseStage(`lib/stages/${name}.json`, readStageFile(name));
}

/**
 * Reads a stage that accepts the tokens of another issuer than its file names: a local one has no port of its own.
 *
 * @throws BadStage as `loadStage` does, and for stages that others can reach
 */
export function loadStageWithIssuer(name: string, issuer: string): Stage {
  const { protect_data, oidc } = loadStage(name);
  if (protect_data || oidc === undefined) {
    throw new BadStage(name, ['accepts the tokens of the issuer in its file, and of no other']);
  }
  const written = z.record(z.string(), z.unknown()).parse(readStageFile(name));
  return parseStage(`lib/stages/${name}.json`, { ...written, oidc: { ...oidc, issuer } });
}

function readStageFile(name: string): unknown {
  const file = new URL(`${name}.json`, DIRECTORY);
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(file)) {
    throw new BadStage(name, [`there is no lib/stages/${name}.json; there are: ${stageNames().join(', ')}`]);
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new BadStage(name, [`lib/stages/${name}.json is not JSON: ${String(error)}`]);
  }
}
