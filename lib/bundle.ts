import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Every Lambda function: a folder of functions/ with a main.ts. */
export const FUNCTION_NAMES = [
  'access-api',
  'access-bootstrap',
  'alarm-receiver',
  'alert-notifier',
  'alerts-api',
  'audit-anchor',
  'authorizer',
  'cart-sweeper',
  'catalog-api',
  'custody-api',
  'customer-mailer',
  'deposit-pool',
  'deposit-sweeper',
  'incident-keeper',
  'key-control',
  'key-destroyer',
  'key-export',
  'lane-kicker',
  'lane-worker',
  'message-signer',
  'monitor',
  'ops-api',
  'order-expirer',
  'orders-api',
  'outbox-worker',
  'payment-scanner',
  'payment-webhooks',
  'payments-api',
  'queue-mover',
  'status-api',
  'storefront-api',
  'policy-admin',
  'refunds-api',
  'stock-reconciler',
  'sweeper',
  'token-api',
  'top-up',
  'transactions-api',
  'users-api',
  'wallet-provisioner',
  'wallet-rotator',
  'webhook-dispatcher',
  'webhook-sender',
  'webhooks-api',
] as const;

/** The name of a Lambda function. */
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** CommonJS dependencies call `require` for Node's own modules; ESM output has none unless it is made. */
const REQUIRE_BANNER = "import{createRequire as hvnR}from'node:module';const require=hvnR(import.meta.url);";

/**
 * The Encryption SDK's keyring brings a client for everything that KMS can do, in case it is given none. Haven's
 * functions give it one that can do one thing each (shared/custody/kms-client.ts), so the other is left out: a function
 * that may only make data keys has no code to decrypt one.
 */
const withoutDefaultKmsClient: Plugin = {
  name: 'without-default-kms-client',
  setup({ onResolve, onLoad }) {
    const namespace = 'no-default-kms-client';
    onResolve({ filter: /^@aws-sdk\/client-kms$/ }, ({ importer }) =>
      /[\\/]@aws-crypto[\\/]kms-keyring-node[\\/]/.test(importer) ? { path: 'KMS', namespace } : undefined,
    );
    onLoad({ filter: /^KMS$/, namespace }, () => ({
      contents: "export class KMS { constructor() { throw new Error('Give the keyring a KMS client'); } }",
    }));
  },
};

/** The SDK's guess at which browser it runs in, and the table of all browsers that it needs: 34 KB for what is never asked in Node. */
const withoutBrowserTable: Plugin = {
  name: 'without-browser-table',
  setup({ onResolve, onLoad }) {
    const namespace = 'no-browser-table';
    onResolve({ filter: /^bowser$/ }, () => ({ path: 'bowser', namespace }));
    onLoad({ filter: /^bowser$/, namespace }, () => ({
      contents: 'export const parse = () => ({}); export default { parse };',
    }));
  },
};

/**
 * asn1.js brings a big-number library of its own, 44 KB, beside the one that the Encryption SDK has, a major version later:
 * it makes one number of a buffer, which both do alike.
 */
const oneBigNumberLibrary: Plugin = {
  name: 'one-big-number-library',
  setup({ onResolve }) {
    onResolve({ filter: /^bn\.js$/ }, ({ importer }) =>
      /[\\/]asn1\.js[\\/]/.test(importer) ? { path: createRequire(import.meta.url).resolve('bn.js') } : undefined,
    );
  },
};

/**
 * The API's reference, as a page and as OpenAPI, is read seldom and would be most of the bundle that has it: both are kept compressed, and
 * unpacked once per cold start (2 ms for 250 KB).
 */
const compressedReference: Plugin = {
  name: 'compressed-reference',
  setup({ onLoad }) {
    const unpacked = (path: string) =>
      `brotliDecompressSync(Buffer.from('${brotliCompressSync(readFileSync(path)).toString('base64')}', 'base64')).toString('utf8')`;
    const loaded = (value: string) => ({
      contents: `import { brotliDecompressSync } from 'node:zlib';\nexport default ${value};`,
      loader: 'js' as const,
    });
    onLoad({ filter: /\.html$/ }, ({ path }) => loaded(unpacked(path)));
    onLoad({ filter: /[\\/]docs[\\/]openapi\.json$/ }, ({ path }) => loaded(`JSON.parse(${unpacked(path)})`));
  },
};

const DEFAULT_BUNDLES = join(ROOT, 'dist', 'functions');

/**
 * Where a function's bundle is.
 *
 * @param bundles the folder of all bundles
 */
export function bundleDirectory(name: FunctionName, bundles = DEFAULT_BUNDLES): string {
  return join(bundles, name);
}

/**
 * Bundles all functions.
 *
 * @param bundles the folder of all bundles; who may run beside others names one of their own
 */
export async function bundleFunctions(bundles = DEFAULT_BUNDLES): Promise<void> {
  await Promise.all(
    FUNCTION_NAMES.map((name) => bundleModule(`functions/${name}/main.ts`, bundleDirectory(name, bundles))),
  );
}

/**
 * Bundles a module for nodejs24.x: minified ESM with source maps, the AWS SDK included. Split into chunks, because the
 * SDK imports most of its credential providers only when needed: as separate files they cost a cold start nothing
 * (importing a DynamoDB client takes half the time of a single file).
 *
 * @param entry its path in the project
 * @param outdir where its `index.mjs` and the chunks go; what is there is removed
 */
export async function bundleModule(entry: string, outdir: string): Promise<void> {
  if (existsSync(outdir)) rmSync(outdir, { recursive: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: [{ in: entry, out: 'index' }],
    outdir,
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    plugins: [withoutDefaultKmsClient, withoutBrowserTable, oneBigNumberLibrary, compressedReference],
    banner: { js: REQUIRE_BANNER },
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
  });
}
