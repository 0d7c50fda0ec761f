import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { bundleDirectory, bundleFunctions } from '#lib/bundle.ts';
import { cachedBundles } from '#lib/bundle-cache.ts';
import { buildHaven } from '#lib/haven-app.ts';
import { loadStage, loadStageWithIssuer, stageNames } from '#lib/load-stage.ts';

/**
 * CDK entry. `cdk deploy --all -c stage=production`; which stages there are: lib/stages/.
 * `-c oidc_issuer=<URL>` names the issuer of operators' tokens on a stage of one's own machine, and `-c bundle_cache=<folder>` where
 * bundles of the same sources may be from an earlier time; both only where nobody else can reach it.
 */
const app = new App();
const stageName: unknown = app.node.tryGetContext('stage');
if (typeof stageName !== 'string') {
  throw new Error(`Name the stage: cdk deploy --all -c stage=<name>; there are: ${stageNames().join(', ')}`);
}
const oidcIssuer: unknown = app.node.tryGetContext('oidc_issuer');
const stage = typeof oidcIssuer === 'string' ? loadStageWithIssuer(stageName, oidcIssuer) : loadStage(stageName);
const account = process.env['CDK_DEFAULT_ACCOUNT'];
const region = process.env['CDK_DEFAULT_REGION'];
const bundleCache: unknown = app.node.tryGetContext('bundle_cache');
const isCached = typeof bundleCache === 'string' && !stage.protect_data;
const bundles = isCached ? await cachedBundles(bundleCache) : join(app.outdir, 'bundles');
if (!isCached) await bundleFunctions(bundles);
buildHaven(
  app,
  stage,
  (name) => lambda.Code.fromAsset(bundleDirectory(name, bundles)),
  account === undefined || region === undefined ? undefined : { account, region },
);
// Loaded only where it is used: reading all rules takes longer than building a stage.
if (stage.protect_data) (await import('#lib/rule-packs.ts')).requireRulePacks(app);
app.synth();
