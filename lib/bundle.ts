import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Every Lambda function: a folder of functions/ with a main.ts. */
export const FUNCTION_NAMES = [
  'access-api',
  'access-bootstrap',
  'authorizer',
  'custody-api',
  'lane-kicker',
  'lane-worker',
  'ops-api',
  'token-api',
  'transactions-api',
  'wallet-provisioner',
] as const;

/** The name of a Lambda function. */
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** CommonJS dependencies call `require` for Node's own modules; ESM output has none unless it is made. */
const REQUIRE_BANNER =
  "import{createRequire as havenRequire}from'node:module';const require=havenRequire(import.meta.url);";

/** Where a function's bundle is. */
export function bundleDirectory(name: FunctionName): string {
  return fileURLToPath(new URL(`../dist/functions/${name}/`, import.meta.url));
}

/**
 * Bundles functions for nodejs24.x: minified ESM with source maps, the AWS SDK included. Split into chunks, because the
 * SDK imports most of its credential providers only when needed: as separate files they cost a cold start nothing
 * (importing a DynamoDB client takes half the time of a single file).
 */
export async function bundleFunctions(names: readonly FunctionName[] = FUNCTION_NAMES): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const outdir = bundleDirectory(name);
      if (existsSync(outdir)) rmSync(outdir, { recursive: true });
      await build({
        absWorkingDir: ROOT,
        entryPoints: [{ in: `functions/${name}/main.ts`, out: 'index' }],
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
        loader: { '.html': 'text' },
        banner: { js: REQUIRE_BANNER },
        sourcemap: 'linked',
        sourcesContent: false,
        legalComments: 'none',
        logLevel: 'warning',
      });
    }),
  );
}
