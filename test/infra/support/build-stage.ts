import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as z from 'zod';
import { buildHaven, type HavenStacks } from '#lib/haven-app.ts';
import { loadStage, stageNames } from '#lib/load-stage.ts';
import type { Stage } from '#lib/stage.ts';
import { type StackTemplate, StageTemplates, stackTemplateSchema } from './stage-templates.ts';

/** The feature flags that the CLI passes to the app. */
const { context } = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(new URL('../../../cdk.json', import.meta.url), 'utf8')));

/** Every stage that has a file. */
export const ALL_STAGES = stageNames();
/** The stages that hold data worth protecting. */
export const PROTECTED_STAGES = ALL_STAGES.filter((name) => loadStage(name).protect_data);

/** A stage as constructs, to be changed before it is synthesised. */
export interface BuiltStage {
  readonly app: App;
  /** Where it is synthesised to. */
  readonly outdir: string;
  readonly config: Stage;
  readonly stacks: HavenStacks;
}

/**
 * An app that sees what the CLI's sees. Without the CDK's own validation, which takes seconds to start: one test has it.
 *
 * @param validate whether to have it nevertheless
 */
export function cliApp(outdir: string, validate = false): App {
  return new App({ context, outdir, builtinCloudFormationValidation: validate });
}

/** Runs with a folder that is gone afterwards. */
export function inFolder<T>(run: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'haven-infra-'));
  try {
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As `inFolder`, for what takes longer. */
export async function inFolderLater<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'haven-infra-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How a stage is built other than its file and the tests' habits say. */
export interface BuildOptions {
  /** Changes what the stage's file says. */
  readonly change?: (config: Stage) => Stage;
  /** With the CDK's own validation. */
  readonly validate?: boolean;
}

/**
 * Builds a stage with a stub in place of every function's code.
 *
 * @param use gets the constructs
 */
export function withStage<T>(name: string, use: (built: BuiltStage) => T, options: BuildOptions = {}): T {
  return inFolder((folder) => {
    const stub = mkdtempSync(join(folder, 'stub-'));
    writeFileSync(join(stub, 'index.mjs'), 'export const handler = async () => undefined;\n');
    const outdir = join(folder, 'cdk.out');
    const app = cliApp(outdir, options.validate);
    const config = options.change?.(loadStage(name)) ?? loadStage(name);
    return use({ app, outdir, config, stacks: buildHaven(app, config, () => lambda.Code.fromAsset(stub), undefined) });
  });
}

/** Synthesises a built stage. */
export function synthesise({ app, config }: BuiltStage): StageTemplates {
  const stacks = app
    .synth()
    .stacks.map((stack): StackTemplate => ({ name: stack.stackName, ...stackTemplateSchema.parse(stack.template) }));
  return new StageTemplates(config, stacks);
}

const synthesised = new Map<string, StageTemplates>();

/** The templates of a stage as its file has it; made once for all tests of a test file. */
export function templatesOf(name: string): StageTemplates {
  const known = synthesised.get(name);
  if (known !== undefined) return known;
  const made = withStage(name, synthesise);
  synthesised.set(name, made);
  return made;
}
