import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bundleDirectory, FUNCTION_NAMES, type FunctionName } from '#lib/bundle.ts';
import { BUNDLE_SOURCES, cachedBundles } from '#lib/bundle-cache.ts';
import { templatesOf } from './support/build-stage.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The most that each bundle may weigh, in bytes of all its modules: what it weighs today and a tenth. A cold start reads
 * most of it, so a bundle that grows past this has taken in something that it should not, or deserves a second look.
 */
const BUDGETS: Readonly<Record<FunctionName, number>> = {
  'access-api': 640_000,
  'access-bootstrap': 585_000,
  'alarm-receiver': 565_000,
  'alert-notifier': 700_000,
  'alerts-api': 660_000,
  'audit-anchor': 725_000,
  authorizer: 590_000,
  'cart-sweeper': 640_000,
  'catalog-api': 640_000,
  'customer-mailer': 680_000,
  'custody-api': 850_000,
  'deposit-pool': 900_000,
  'deposit-sweeper': 760_000,
  'incident-keeper': 585_000,
  'key-control': 665_000,
  'key-destroyer': 565_000,
  'key-export': 940_000,
  'lane-kicker': 590_000,
  'lane-worker': 999_999,
  monitor: 800_000,
  'ops-api': 999_000,
  'outbox-worker': 585_000,
  'payment-scanner': 740_000,
  'payment-webhooks': 640_000,
  'payments-api': 640_000,
  'message-signer': 950_000,
  'status-api': 640_000,
  'stock-reconciler': 565_000,
  'storefront-api': 760_000,
  'order-expirer': 600_000,
  'orders-api': 660_000,
  'policy-admin': 640_000,
  'queue-mover': 800_000,
  'refunds-api': 800_000,
  'token-api': 760_000,
  sweeper: 740_000,
  'top-up': 640_000,
  'transactions-api': 740_000,
  'users-api': 640_000,
  'wallet-provisioner': 910_000,
  'wallet-rotator': 920_000,
  'webhook-dispatcher': 640_000,
  'webhook-sender': 680_000,
  'webhooks-api': 680_000,
};

/** The AWS services that each function has a client for: its privileges once more, as code. */
const CLIENTS: Readonly<Record<FunctionName, readonly string[]>> = {
  'access-api': ['dynamodb', 'secrets-manager'],
  'access-bootstrap': ['dynamodb', 'secrets-manager'],
  'alarm-receiver': ['dynamodb'],
  'alert-notifier': ['dynamodb', 'secrets-manager', 'sesv2'],
  'alerts-api': ['dynamodb', 'secrets-manager'],
  'audit-anchor': ['dynamodb', 'kms', 's3'],
  authorizer: ['dynamodb', 'secrets-manager'],
  'cart-sweeper': ['dynamodb', 'secrets-manager'],
  'catalog-api': ['dynamodb', 'secrets-manager'],
  'customer-mailer': ['dynamodb', 'sesv2'],
  'custody-api': ['dynamodb', 'kms', 's3', 'secrets-manager'],
  'deposit-pool': ['dynamodb', 'kms'],
  'deposit-sweeper': ['dynamodb', 'secrets-manager', 'sqs'],
  'incident-keeper': ['dynamodb'],
  'key-control': ['dynamodb', 'secrets-manager'],
  'key-destroyer': ['dynamodb'],
  'key-export': ['dynamodb', 'kms'],
  'lane-kicker': ['dynamodb', 'sqs'],
  'lane-worker': ['dynamodb', 'kms', 'secrets-manager', 'sqs'],
  'message-signer': ['dynamodb', 'kms'],
  monitor: ['dynamodb', 's3', 'secrets-manager', 'sqs'],
  'ops-api': ['dynamodb', 'lambda', 'secrets-manager'],
  'outbox-worker': ['dynamodb'],
  'payment-scanner': ['dynamodb', 'secrets-manager', 'sqs'],
  'payment-webhooks': ['dynamodb', 'secrets-manager'],
  'payments-api': ['dynamodb', 'secrets-manager'],
  'stock-reconciler': ['dynamodb'],
  'status-api': ['dynamodb', 'secrets-manager'],
  'storefront-api': ['dynamodb', 'secrets-manager', 'sqs'],
  'order-expirer': ['dynamodb'],
  'orders-api': ['dynamodb', 'secrets-manager'],
  'policy-admin': ['dynamodb'],
  'queue-mover': ['cloudwatch', 'lambda', 'sqs'],
  'refunds-api': ['dynamodb', 'secrets-manager', 'sqs'],
  'token-api': ['dynamodb', 'secrets-manager', 'sqs'],
  sweeper: ['dynamodb', 'secrets-manager', 'sqs'],
  'top-up': ['dynamodb', 'sqs'],
  'transactions-api': ['dynamodb', 'secrets-manager', 'sqs'],
  'users-api': ['dynamodb', 'secrets-manager'],
  'wallet-provisioner': ['dynamodb', 'kms'],
  'wallet-rotator': ['dynamodb', 'kms'],
  'webhook-dispatcher': ['dynamodb', 'sqs'],
  'webhook-sender': ['dynamodb', 'secrets-manager', 'sqs'],
  'webhooks-api': ['dynamodb', 'secrets-manager', 'sqs'],
};

/** What each function can ask of KMS at all. */
const KMS_COMMANDS: Partial<Record<FunctionName, readonly string[]>> = {
  'audit-anchor': ['Sign'],
  'custody-api': ['GetPublicKey'],
  'deposit-pool': ['GenerateDataKey'],
  'key-export': ['Decrypt'],
  'lane-worker': ['Decrypt', 'DescribeKey', 'Sign'],
  'message-signer': ['Decrypt', 'DescribeKey', 'Sign'],
  'wallet-provisioner': ['CreateKey', 'GenerateDataKey', 'GetPublicKey'],
  'wallet-rotator': ['CreateKey', 'GenerateDataKey', 'GetPublicKey'],
};

const { devDependencies } = z
  .object({ devDependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
/** Strict, so that a map that holds the sources is refused. */
const mapSchema = z.strictObject({
  version: z.literal(3),
  sources: z.array(z.string()),
  mappings: z.string(),
  names: z.array(z.string()),
});

/** Full names of functions that a schedule calls. */
const JOBS = templatesOf('local')
  .all('AWS::Scheduler::Schedule', z.object({ Target: z.object({ Arn: z.string() }) }))
  .map(({ properties }) => properties.Target.Arn.split(':').at(-1));

/** Where the bundles are: those that a local start takes, too. */
let bundles: string;

function files(name: FunctionName, ending: string): readonly { readonly file: string; readonly text: string }[] {
  const directory = bundleDirectory(name, bundles);
  return readdirSync(directory)
    .filter((file) => file.endsWith(ending))
    .map((file) => ({ file, text: readFileSync(join(directory, file), 'utf8') }));
}

/** The source files that a bundle is made of, as its maps tell. */
function sources(name: FunctionName): readonly string[] {
  return files(name, '.mjs.map').flatMap(({ text }) => mapSchema.parse(JSON.parse(text)).sources);
}

/** The first capture of a pattern in every source that has it, each once. */
function captured(name: FunctionName, pattern: RegExp): readonly string[] {
  return [...new Set(sources(name).flatMap((source) => pattern.exec(source)?.[1] ?? []))].sort();
}

beforeAll(async () => {
  bundles = await cachedBundles(join(ROOT, 'dist', 'bundles'));
});

it('every folder of functions/ with a main.ts is a function, and nothing else is', () => {
  const folders = readdirSync(join(ROOT, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, 'functions', entry.name, 'main.ts')))
    .map(({ name }) => name);
  expect(folders.sort()).toEqual([...FUNCTION_NAMES].sort());
});

describe.each(FUNCTION_NAMES)('the bundle of %s', (name) => {
  it('counts its runs, where a schedule calls it', () => {
    const isJob = JOBS.includes(templatesOf('local').nameOf(name));
    expect(sources(name).some((source) => source.endsWith('shared/platform/counted-job.ts'))).toBe(isJob);
  });

  it('stays within its budget', () => {
    const bytes = files(name, '.mjs').reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    expect(BUDGETS[name]).toBeLessThan(1_000_000);
    expect(bytes).toBeLessThanOrEqual(BUDGETS[name]);
  });

  it('has clients for the services that it uses, of the current SDK, and for no others', () => {
    expect(captured(name, /node_modules\/@aws-sdk\/client-([\w-]+)\//)).toEqual(CLIENTS[name]);
    expect(captured(name, /node_modules\/(aws-sdk)\//)).toEqual([]);
  });

  it('can ask of KMS only what it may', () => {
    expect(captured(name, /\/client-kms\/.*\/commands\/(\w+)Command\.js$/)).toEqual(KMS_COMMANDS[name] ?? []);
  });

  it("leaves out zod's other languages and ethers' network classes", () => {
    expect(captured(name, /\/zod\/.*\/locales\/([\w-]+)\.js$/)).toEqual(['en']);
    expect(captured(name, /\/ethers\/.*\/providers\/([\w-]+)\.js$/)).toEqual([]);
    for (const { text } of files(name, '.mjs')) expect(text).not.toContain('JsonRpcProvider');
  });

  it('holds no tool of development, and no test', () => {
    const packages = captured(name, /node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//);
    expect(packages.length).toBeGreaterThan(5);
    expect(packages.filter((dependency) => dependency in devDependencies)).toEqual([]);
    expect(captured(name, /^(?:\.\.\/)*((?:test|local|bench|lib|contracts)\/.*)$/)).toEqual([]);
  });

  it('is made of packages and of nothing but the sources by which the cache tells it from others', () => {
    const own = sources(name)
      .map((source) => source.replace(/^(?:\.\.\/)+/, ''))
      // What a plugin puts in a package's place has a name of its kind before it.
      .filter((source) => !/^(?:node_modules\/|no-[\w-]+:)/.test(source));
    const isKnown = (path: string) => BUNDLE_SOURCES.some((one) => path === one || path.startsWith(`${one}/`));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((path) => !isKnown(path))).toEqual([]);
  });

  it('has a source map for every module, without the sources themselves or a path of the machine', () => {
    const maps = files(name, '.mjs.map').map(({ file }) => file);
    for (const { file, text } of files(name, '.mjs')) {
      expect(maps).toContain(`${file}.map`);
      expect(text.trimEnd().endsWith(`//# sourceMappingURL=${file}.map`)).toBe(true);
    }
    for (const { file, text } of files(name, '.map')) {
      expect([file, mapSchema.safeParse(JSON.parse(text)).error?.issues]).toEqual([file, undefined]);
    }
    const paths = [...files(name, '.mjs'), ...files(name, '.map')].filter(({ text }) => text.includes(ROOT));
    expect(paths.map(({ file }) => file)).toEqual([]);
  });
});

it('every bundle loads with the settings of its template, and exports a handler', () => {
  const variables = templatesOf('local')
    .all('AWS::Lambda::Function', z.object({ Environment: z.object({ Variables: z.record(z.string(), z.string()) }) }))
    .map(({ properties }) => properties.Environment.Variables);
  const modules = FUNCTION_NAMES.map((name) => pathToFileURL(join(bundleDirectory(name, bundles), 'index.mjs')).href);
  const script = `
    const kinds = [];
    for (const module of ${JSON.stringify(modules)}) kinds.push(typeof (await import(module)).handler);
    process.stdout.write(kinds.join(' '));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...Object.assign({}, ...variables), AWS_REGION: 'eu-central-1' },
  });
  expect(output).toBe(FUNCTION_NAMES.map(() => 'function').join(' '));
});
