import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { Listr } from 'listr2';
import { contractArtifactSchema } from '#contracts/artifact-schema.ts';
import { loadStage } from '#lib/load-stage.ts';
import { mailIdentity } from '#lib/stage/mail-identity.ts';
import { createHavenClient, type HavenClient } from '#shared/client/haven-client.ts';
import { foreignEndpoint } from './aws-environment.ts';
import { run } from './commands.ts';
import { conform } from './conform.ts';
import { bootstrap, cloudAssembly, deploy, type StackOutputs, synthesise } from './deploy.ts';
import {
  localClientOptions,
  localDynamo,
  putRpcEndpoints,
  readAdminKey,
  verifyMailDomain,
} from './endpoint-settings.ts';
import { LocalFailure } from './failure.ts';
import { type Instance, type LocalInfo, ROOT } from './instance.ts';
import { preflight } from './preflight.ts';
import { ensurePriceFeed } from './price-feed.ts';
import { freePort } from './process-control.ts';
import { pythonEnvironment } from './python-environment.ts';
import { isSeeded, seed } from './seed.ts';
import { type Services, startServices, urlOf } from './services.ts';

/** Anvil's chain id, and that of the local stage. */
export const LOCAL_CHAIN_ID = 31_337;
/** The port that people expect of a local Keycloak; another when it is taken. */
const OIDC_PORT = 8_180;
/** The emulator's only account; a foreign endpoint may have another, which CDK_DEFAULT_ACCOUNT names. */
const DEFAULT_ACCOUNT = '000000000000';

interface StartContext {
  python?: string;
  services?: Services;
  oidcIssuer?: string;
  outputs?: StackOutputs;
  info?: LocalInfo;
}

/** A step's result that a later step needs: there unless a step was skipped wrongly. */
function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`The step that makes ${name} has not run`);
  return value;
}

/**
 * Brings up a whole local Haven: endpoint, chain, contracts, the deployed app, and what an owner sets up. Running it
 * again completes what is missing and leaves the rest.
 *
 * @returns what local.json then says
 * @throws LocalFailure
 */
export async function startHaven(instance: Instance): Promise<LocalInfo> {
  const context: StartContext = {};
  const tasks = new Listr<StartContext>(
    [
      {
        title: 'Preflight',
        task: async (ctx, task) => {
          const python = preflight(foreignEndpoint() === undefined);
          if (python !== undefined) {
            ctx.python = await pythonEnvironment(python, (text) => {
              task.output = text;
            });
          }
          task.title = `Preflight: Node ${process.versions.node}${python === undefined ? '' : `, Python ${python.version}`}`;
        },
      },
      {
        title: 'Contracts',
        task: async (_ctx, task) => {
          const fresh = await contractsAreCompiled();
          if (!fresh) await run(process.execPath, [join(ROOT, 'contracts', 'compile.ts')]);
          task.title = `Contracts: ${fresh ? 'compiled' : 'compiled anew'}`;
        },
      },
      {
        title: 'Local AWS endpoint and chain',
        task: async (ctx, task) => {
          ctx.services = await startServices(instance, ctx.python);
          const { awsEndpointUrl, rpcUrl, resumed } = ctx.services;
          task.title = `Local AWS endpoint ${awsEndpointUrl} and chain ${rpcUrl}${resumed ? ' (running already)' : ''}`;
        },
      },
      {
        title: 'Deploy the app',
        task: (_ctx, task) =>
          task.newListr(
            [
              {
                title: 'cdk synth (bundles all functions)',
                task: async (c, step) => {
                  c.oidcIssuer = instance.info()?.oidcIssuer ?? urlOf(await freePort(OIDC_PORT));
                  await synthesise(instance, c.oidcIssuer, (text) => (step.output = text));
                },
              },
              {
                title: 'cdk bootstrap',
                enabled: (c) => c.services?.resumed !== true,
                task: (c, step) =>
                  bootstrap(needed(c.services, 'services').awsEndpointUrl, account(), (text) => (step.output = text)),
              },
            ],
            // Neither needs the other, and both mostly wait for one core.
            { concurrent: true },
          ),
      },
      {
        title: 'cdk deploy',
        task: async (ctx, task) => {
          const { awsEndpointUrl } = needed(ctx.services, 'services');
          ctx.outputs = await deploy(instance, awsEndpointUrl, (text) => {
            task.output = text;
          });
          const set = await conform(
            cloudAssembly(instance),
            localDynamo(awsEndpointUrl),
            new S3Client(localClientOptions(awsEndpointUrl)),
            outputOf(ctx.outputs, 'Anchors', 'BucketName'),
          );
          task.title = `cdk deploy: ${Object.keys(ctx.outputs).length} stacks${set.length === 0 ? '' : `, then ${set.join(', ')}`}`;
        },
      },
      {
        title: 'Set up as an owner would: RPC endpoints, mail, treasury, token, price feed',
        task: async (ctx, task) => {
          ctx.info = await setUp(
            instance,
            needed(ctx.services, 'services'),
            needed(ctx.outputs, 'stack outputs'),
            needed(ctx.oidcIssuer, 'the issuer of tokens'),
            (text) => {
              task.output = text;
            },
          );
        },
      },
    ],
    {
      ctx: context,
      // Without a terminal, plain lines.
      renderer: 'default',
      fallbackRenderer: 'simple',
      fallbackRendererCondition: () => !process.stdout.isTTY,
      rendererOptions: { collapseErrors: false, showErrorMessage: false },
    },
  );
  await tasks.run();
  return needed(context.info, 'local.json');
}

/** A client of a local Haven. */
export function clientOf(info: LocalInfo): HavenClient {
  return createHavenClient({ baseUrl: info.apiUrl, apiKey: info.adminApiKey });
}

function account(): string {
  return process.env['CDK_DEFAULT_ACCOUNT'] ?? DEFAULT_ACCOUNT;
}

function outputOf(outputs: StackOutputs, stack: string, name: string): string {
  const value = outputs[`Haven-local-${stack}`]?.[name];
  if (value === undefined)
    throw new LocalFailure(`The stack ${stack} has no output ${name}`, 'npm run reset, then npm start');
  return value;
}

async function setUp(
  instance: Instance,
  { awsEndpointUrl, rpcUrl }: Services,
  outputs: StackOutputs,
  oidcIssuer: string,
  report: (text: string) => void,
): Promise<LocalInfo> {
  const output = (stack: string, name: string) => outputOf(outputs, stack, name);
  await putRpcEndpoints(awsEndpointUrl, output('Secrets', 'RpcSecretArn'), { [LOCAL_CHAIN_ID]: [rpcUrl] });
  const { alerts, shop } = loadStage('local');
  const senders = [alerts.email, shop.mail].filter((sender) => sender !== undefined);
  for (const domain of new Set(senders.map(mailIdentity))) {
    const refusal = await verifyMailDomain(awsEndpointUrl, domain);
    if (refusal !== undefined) report(`mails are not sent: ${refusal}`);
  }
  const base = {
    // The form of URL that needs no DNS; the one that CloudFormation gives out is for AWS.
    apiUrl: `${awsEndpointUrl}/_aws/execute-api/${output('Api', 'ApiId')}/api/v1`,
    adminApiKey: await readAdminKey(awsEndpointUrl, output('Secrets', 'AdminKeySecretArn')),
    rpcUrl,
    chainId: LOCAL_CHAIN_ID,
    awsEndpointUrl,
    stackNames: Object.keys(outputs).sort(),
    oidcIssuer,
  };
  const client = createHavenClient({ baseUrl: base.apiUrl, apiKey: base.adminApiKey });
  await client.ready({});
  const before = instance.info();
  const seeded =
    before !== undefined && (await isSeeded(client, before))
      ? before
      : await seed(client, rpcUrl, LOCAL_CHAIN_ID, report);
  await ensurePriceFeed(rpcUrl);
  const info: LocalInfo = { ...base, tokenAddress: seeded.tokenAddress, treasuryWalletId: seeded.treasuryWalletId };
  instance.saveInfo(info);
  return info;
}

/** Whether the committed artifacts were made from the contracts as they are now. */
async function contractsAreCompiled(): Promise<boolean> {
  const { createHash } = await import('node:crypto');
  return ['HavenToken', 'SettableFeed'].every((name) => {
    const artifact = join(ROOT, 'contracts', 'artifacts', `${name}.json`);
    if (!existsSync(artifact)) return false;
    const { sourceHashes } = contractArtifactSchema.parse(JSON.parse(readFileSync(artifact, 'utf8')));
    const source = readFileSync(join(ROOT, 'contracts', `${name}.sol`));
    return sourceHashes[`contracts/${name}.sol`] === createHash('sha256').update(source).digest('hex');
  });
}
