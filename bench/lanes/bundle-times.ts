import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { bundleDirectory, bundleFunctions, FUNCTION_NAMES, type FunctionName } from '#lib/bundle.ts';
import { run } from '#local/commands.ts';
import { localClientOptions } from '#local/endpoint-settings.ts';
import { type Spread, spreadOf } from '../statistics.ts';

/** What a function's bundle weighs, and how long a cold start takes to import it. */
export interface BundleFigures {
  readonly name: FunctionName;
  /** All its modules; source maps are not loaded. */
  readonly bytes: number;
  /** One measurement a process, milliseconds. */
  readonly importMs: Spread | null;
}

/** Processes per bundle; one that met something else on the machine doesn't decide. */
const IMPORTS = 11;

/** Measures the import of a module in a process that has done nothing else. */
const IMPORT_SCRIPT = `
  const began = performance.now();
  await import(process.argv[1]);
  process.stdout.write(String(performance.now() - began));
  process.exit(0);`;

/**
 * Weighs every bundle and imports it in processes of its own, with the environment of the deployed function. The
 * functions take turns, so that a drift of the machine hits all alike.
 */
export async function measureBundles(awsEndpointUrl: string): Promise<readonly BundleFigures[]> {
  await bundleFunctions();
  const lambda = new LambdaClient(localClientOptions(awsEndpointUrl));
  const environments = new Map<FunctionName, NodeJS.ProcessEnv>();
  for (const name of FUNCTION_NAMES) environments.set(name, await environmentOf(lambda, name));
  const times = new Map<FunctionName, number[]>(FUNCTION_NAMES.map((name) => [name, []]));
  for (let round = 0; round < IMPORTS; round += 1) {
    for (const name of FUNCTION_NAMES) times.get(name)?.push(await importMs(name, environments.get(name)));
  }
  return FUNCTION_NAMES.map((name) => ({ name, bytes: bytesOf(name), importMs: spreadOf(times.get(name) ?? []) }));
}

async function environmentOf(lambda: LambdaClient, name: FunctionName): Promise<NodeJS.ProcessEnv> {
  const { Environment } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: `haven-local-${name}` }),
  );
  return { ...Environment?.Variables, AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_NAME: `haven-local-${name}` };
}

async function importMs(name: FunctionName, env: NodeJS.ProcessEnv | undefined): Promise<number> {
  const module = pathToFileURL(join(bundleDirectory(name), 'index.mjs')).href;
  const output = await run(process.execPath, ['--input-type=module', '--eval', IMPORT_SCRIPT, module], {
    ...(env === undefined ? {} : { env }),
  });
  return Number(output.trim().split('\n').at(-1));
}

function bytesOf(name: FunctionName): number {
  const directory = bundleDirectory(name);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.mjs'))
    .reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}
