import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { anvilBinary, DEV_MNEMONIC } from './anvil.ts';
import { foreignEndpoint, LOCAL_AWS, withoutAws } from './aws-environment.ts';
import { LocalFailure } from './failure.ts';
import { type Instance, type KnownProcess, ROOT } from './instance.ts';
import { freePort, isRunning, startDetached, stop, waitUntil } from './process-control.ts';

/** The ports people expect of a local AWS endpoint and of a local chain; others when they are taken. */
const ENDPOINT_PORT = 4566;
const CHAIN_PORT = 8545;
/** Both answer within two seconds on an idle machine. */
const START_TIMEOUT_MS = 30_000;
/** Mainnet's is 12; one second shows the same life in less time. */
const BLOCK_TIME_SECONDS = 1;

/** The services a local Haven runs on. */
export interface Services {
  readonly awsEndpointUrl: string;
  readonly rpcUrl: string;
  /** Whether both were running already, with everything in them. */
  readonly resumed: boolean;
}

/**
 * Brings up the AWS endpoint and the chain. The two belong together: a ledger without its chain, or a chain without
 * its ledger, is of no use, so unless both still run, both start afresh.
 *
 * @param python the Python that has the endpoint; undefined when the user names an endpoint
 */
export async function startServices(instance: Instance, python: string | undefined): Promise<Services> {
  const foreign = foreignEndpoint();
  const known = instance.processes();
  const chainUp = known.chain !== undefined && isRunning(known.chain);
  const endpointUp = foreign !== undefined || (known.endpoint !== undefined && isRunning(known.endpoint));
  if (chainUp && endpointUp && known.chain !== undefined) {
    const awsEndpointUrl = foreign ?? urlOf(known.endpoint?.port ?? ENDPOINT_PORT);
    return { awsEndpointUrl, rpcUrl: urlOf(known.chain.port), resumed: true };
  }
  await stopServices(instance);
  const endpoint = python === undefined ? undefined : await startEndpoint(instance, python);
  instance.saveProcesses({ ...(endpoint === undefined ? {} : { endpoint }) });
  const chain = await startChain(instance);
  instance.saveProcesses({ ...(endpoint === undefined ? {} : { endpoint }), chain });
  if (endpoint !== undefined) {
    await ready('The local AWS endpoint', 'aws-endpoint.log', instance, endpoint, async () => {
      const answer = await fetch(`${urlOf(endpoint.port)}/_ministack/health`);
      return answer.ok;
    });
  }
  await ready('The local chain', 'chain.log', instance, chain, () => answersChainId(urlOf(chain.port)));
  return {
    awsEndpointUrl: foreign ?? urlOf(endpoint?.port ?? ENDPOINT_PORT),
    rpcUrl: urlOf(chain.port),
    resumed: false,
  };
}

/** Ends what was started, and nothing else. */
export async function stopServices(instance: Instance): Promise<readonly string[]> {
  const { endpoint, chain } = instance.processes();
  const stopped: string[] = [];
  for (const [name, known] of [
    ['AWS endpoint', endpoint],
    ['chain', chain],
  ] as const) {
    if (known === undefined || !isRunning(known)) continue;
    await stop(known);
    stopped.push(`${name} (process ${known.pid})`);
  }
  instance.saveProcesses({});
  return stopped;
}

/** Where something of this machine is. */
export function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

async function startEndpoint(instance: Instance, python: string): Promise<KnownProcess> {
  const port = await freePort(ENDPOINT_PORT);
  const home = instance.path('aws-endpoint');
  rmSync(home, { recursive: true, force: true });
  for (const folder of ['state', 's3', 'tmp']) mkdirSync(join(home, folder), { recursive: true });
  // The endpoint's worker scripts are CommonJS; without this, the project's own "type": "module" would hold for them.
  writeFileSync(join(home, 'package.json'), '{"type":"commonjs"}\n');
  return startDetached(python, [join(ROOT, 'local', 'aws-endpoint', 'launch.py')], {
    cwd: home,
    logFile: instance.path('aws-endpoint.log'),
    port,
    env: {
      ...withoutAws(),
      // IAM is enforced: a privilege that a function lacks fails here as it would on AWS.
      AUTH: 'true',
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      MINISTACK_REGION: LOCAL_AWS.region,
      AWS_ACCESS_KEY_ID: LOCAL_AWS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_AWS.secretAccessKey,
      // Calls that wait for a worker hold a thread each; the calls those workers make need some too.
      MINISTACK_WORKER_THREADS: '512',
      IOT_MTLS_ENABLED: '0',
      // Each instance its own: the defaults are shared by all.
      STATE_DIR: join(home, 'state'),
      S3_DATA_DIR: join(home, 's3'),
      TMPDIR: join(home, 'tmp'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
}

async function startChain(instance: Instance): Promise<KnownProcess> {
  const port = await freePort(CHAIN_PORT);
  const args = ['--host', '127.0.0.1', '--port', String(port), '--block-time', String(BLOCK_TIME_SECONDS), '--silent'];
  return startDetached(anvilBinary(), [...args, '--mnemonic', DEV_MNEMONIC], {
    cwd: instance.directory,
    logFile: instance.path('chain.log'),
    port,
    env: process.env,
  });
}

async function answersChainId(rpcUrl: string): Promise<boolean> {
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
  });
  return answer.ok;
}

async function ready(
  what: string,
  logFile: string,
  instance: Instance,
  known: KnownProcess,
  check: () => Promise<boolean>,
): Promise<void> {
  await waitUntil(what, check, START_TIMEOUT_MS, () => isRunning(known)).catch((cause: unknown) => {
    throw new LocalFailure(`${what} did not start: ${String(cause)}`, `Look at ${instance.path(logFile)}`, cause);
  });
}
