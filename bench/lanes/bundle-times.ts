import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { bundleDirectory, bundleFunctions, bundleModule, FUNCTION_NAMES, type FunctionName } from '#lib/bundle.ts';
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

/** What bundles weigh, and how long importing them takes. */
export interface BundleTimes {
  readonly bundles: readonly BundleFigures[];
  /** The same of what every function needs: the DynamoDB client and zod. */
  readonly floor: Omit<BundleFigures, 'name'>;
}

/**
 * Weighs every bundle and imports it in processes of its own, with the environment of the deployed function. They take
 * turns, so that a drift of the machine hits all alike.
 */
export async function measureBundles(awsEndpointUrl: string): Promise<BundleTimes> {
  await bundleFunctions();
  const floorDirectory = mkdtempSync(join(tmpdir(), 'haven-import-floor-'));
  try {
    await bundleModule('bench/lanes/import-floor.ts', floorDirectory);
    const lambda = new LambdaClient(localClientOptions(awsEndpointUrl));
    const floor: Subject = { directory: floorDirectory, env: process.env, times: [] };
    const functions = await Promise.all(
      FUNCTION_NAMES.map(async (name) => {
        const subject: Subject = {
          directory: bundleDirectory(name),
          env: await environmentOf(lambda, name),
          times: [],
        };
        return { name, subject };
      }),
    );
    for (let round = 0; round < IMPORTS; round += 1) {
      for (const { directory, env, times } of [floor, ...functions.map(({ subject }) => subject)]) {
        times.push(await importMs(directory, env));
      }
    }
    return {
      floor: figuresOf(floor),
      bundles: functions.map(({ name, subject }) => ({ name, ...figuresOf(subject) })),
    };
  } finally {
    rmSync(floorDirectory, { recursive: true });
  }
}

/** A bundle while it is measured. */
interface Subject {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds. */
  readonly times: number[];
}

function figuresOf({ directory, times }: Subject): Omit<BundleFigures, 'name'> {
  return { bytes: bytesOf(directory), importMs: spreadOf(times) };
}

async function environmentOf(lambda: LambdaClient, name: FunctionName): Promise<NodeJS.ProcessEnv> {
  const { Environment } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: `haven-local-${name}` }),
  );
  return { ...Environment?.Variables, AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_NAME: `haven-local-${name}` };
}

async function importMs(directory: string, env: NodeJS.ProcessEnv): Promise<number> {
  const module = pathToFileURL(join(directory, 'index.mjs')).href;
  const output = await run(process.execPath, ['--input-type=module', '--eval', IMPORT_SCRIPT, module], { env });
  return Number(output.trim().split('\n').at(-1));
}

function bytesOf(directory: string): number {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.mjs'))
    .reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}
