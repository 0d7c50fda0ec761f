import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { awsEnvironment, regionOf, withoutAws } from './aws-environment.ts';
import { CommandFailed, run } from './commands.ts';
import { LocalFailure } from './failure.ts';
import { type Instance, ROOT } from './instance.ts';

/** What deploying came to: the outputs of each stack. */
export type StackOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

const outputsSchema = z.record(z.string(), z.record(z.string(), z.string()));

const CDK = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
const STAGE = 'local';
/** Bundles of earlier starts, for all Havens of this machine. */
const BUNDLE_CACHE = join(ROOT, 'dist', 'bundles');
/** A whole deployment takes ten seconds here; one that hangs (a custom resource that never answers) would for an hour. */
const CDK_TIMEOUT_MS = 180_000;

/**
 * Synthesises the real app for the local stage. Needs no endpoint, so it can run while that starts.
 *
 * @param oidcIssuer whose tokens it is to accept, in place of the issuer in the stage's file
 */
export async function synthesise(
  instance: Instance,
  oidcIssuer: string,
  report: (text: string) => void,
): Promise<void> {
  // Else the assets of every earlier version stay.
  rmSync(cloudAssembly(instance), { recursive: true, force: true });
  await cdk(
    [
      'synth',
      '--quiet',
      '--no-validation',
      '--context',
      `stage=${STAGE}`,
      '--context',
      `oidc_issuer=${oidcIssuer}`,
      '--context',
      `bundle_cache=${BUNDLE_CACHE}`,
      '--output',
      cloudAssembly(instance),
    ],
    withoutAws(),
    report,
  );
}

/** Makes what the CDK needs in an account before it can deploy: a bucket and roles. */
export async function bootstrap(
  awsEndpointUrl: string,
  account: string,
  report: (text: string) => void,
): Promise<void> {
  // Away from cdk.json, so that the app isn't synthesised once more.
  const elsewhere = mkdtempSync(join(tmpdir(), 'haven-bootstrap-'));
  try {
    await cdk(['bootstrap', `aws://${account}/${regionOf()}`], awsEnvironment(awsEndpointUrl), report, elsewhere);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
}

/**
 * Deploys all stacks.
 *
 * @returns their outputs
 */
export async function deploy(
  instance: Instance,
  awsEndpointUrl: string,
  report: (text: string) => void,
): Promise<StackOutputs> {
  const outputs = instance.path('outputs.json');
  await cdk(
    [
      'deploy',
      '--all',
      '--app',
      cloudAssembly(instance),
      '--require-approval',
      'never',
      '--concurrency',
      '4',
      '--outputs-file',
      outputs,
    ],
    awsEnvironment(awsEndpointUrl),
    report,
  );
  return outputsSchema.parse(JSON.parse(readFileSync(outputs, 'utf8')));
}

/** Where the synthesised templates are. */
export function cloudAssembly(instance: Instance): string {
  return instance.path('cdk.out');
}

async function cdk(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  report: (text: string) => void,
  cwd: string = ROOT,
): Promise<void> {
  const onLine = (line: string) => {
    // One line per stack, out of the hundreds that the CDK prints.
    const stack = /(Haven-\w+-\w+|CDKToolkit).*(deploying|✅|no changes)/.exec(line)?.[1];
    if (stack !== undefined) report(stack);
  };
  try {
    await run(process.execPath, [CDK, ...args, '--ci', '--no-color'], {
      cwd,
      env: { ...env, CDK_DISABLE_VERSION_CHECK: '1', npm_config_loglevel: 'silent' },
      onLine,
      timeoutMs: CDK_TIMEOUT_MS,
    });
  } catch (cause) {
    const reason = cause instanceof CommandFailed ? lastLines(cause.output) : String(cause);
    throw new LocalFailure(
      `cdk ${args[0]} failed:\n${reason}`,
      'Run npm run reset and try again; npm run logs shows what the functions say.',
      cause,
    );
  }
}

/** The end of the CDK's output, without its progress. */
function lastLines(output: string): string {
  return output
    .split('\n')
    .filter((line) => line.trim() !== '' && !/\| +\d+\/\d+ \||start: |success: |_IN_PROGRESS|_COMPLETE/.test(line))
    .slice(-25)
    .join('\n');
}
