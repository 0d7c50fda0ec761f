import { existsSync, readdirSync, readFileSync } from 'node:fs';
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
 * Reads a stage from its file.
 *
 * @throws BadStage when there is no such stage, its file is no JSON, or a value is not valid
 */
export function loadStage(name: string): Stage {
  const file = new URL(`${name}.json`, DIRECTORY);
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(file)) {
    throw new BadStage(name, [`there is no lib/stages/${name}.json; there are: ${stageNames().join(', ')}`]);
  }
  const text = readFileSync(file, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BadStage(name, [`lib/stages/${name}.json is not JSON: ${String(error)}`]);
  }
  return parseStage(`lib/stages/${name}.json`, value);
}
