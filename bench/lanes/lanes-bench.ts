import { LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { Wallet } from 'ethers';
import { localClientOptions } from '#local/endpoint-settings.ts';
import { fund } from '#local/seed.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { createEndpoint } from '#shared/platform/chain/json-rpc.ts';
import { createLaneStore } from '#shared/transactions/lane/lane-store.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { ended, fundedWallet, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import type { BenchContext, BenchReport } from '../bench.ts';
import { BlockWatch } from './block-watch.ts';
import { measureBundles } from './bundle-times.ts';
import { judge, minedTransfers, type Verdict } from './chain-scan.ts';
import type { Contender } from './contender.ts';
import { createEthersContender } from './ethers-contender.ts';
import { figuresOf, medianFigures, type RunFigures } from './figures.ts';
import { createHavenApiContender } from './haven-api-contender.ts';
import { createHavenDriverContender, type HavenParts, withCap } from './haven-driver-contender.ts';
import { countOperations } from './operation-counts.ts';
import { lanesReport } from './report.ts';
import { type StepFigures, StepTimes, timedLanes } from './step-times.ts';
import { createViemContender } from './viem-contender.ts';

/** Transfers asked for at once. */
export const AT_ONCE = [1, 10, 100] as const;
/** A whole run of the bench stays below four minutes on two cores. */
const DEFAULT_ROUNDS = 3;
/** Enough to start every worker process of every function and to fill every cache. */
const WARM_UP = 20;
/** Of the local chain (local/services.ts). */
const BLOCK_TIME_MS = 1_000;
/** In base units: more than all serials together. */
const MINTED = '1000000000000';

/** The caps that Haven's driver is measured with: what public nodes guarantee an account, and the most there can be. */
const CAPPED = 16;
const LIFTED = 64;

/** What was measured of one contender at one size. */
export interface LaneFigures {
  readonly contender: string;
  readonly atOnce: number;
  readonly medians: RunFigures;
  readonly rounds: readonly RunFigures[];
}

/** Where the driver's time went, at one size. */
export interface DriverSteps {
  readonly atOnce: number;
  readonly steps: readonly StepFigures[];
}

/**
 * Measures how one wallet sends: Haven as it is deployed, Haven's driver alone, and two libraries, in turns on the same
 * chain; then what Haven uses of AWS for it, and what its functions weigh.
 */
export async function lanesBench({ rounds = DEFAULT_ROUNDS, say }: BenchContext): Promise<BenchReport> {
  const haven = localHaven();
  await stopSchedule(haven);
  const parts = await inProcess(haven);
  say('counting AWS calls and units');
  const counts = await countOperations(haven.info, await inProcess(haven), await holder(haven));
  say('importing bundles');
  const bundles = await measureBundles(haven.info.awsEndpointUrl);

  const steps = new Map<number, StepTimes>(AT_ONCE.map((atOnce) => [atOnce, new StepTimes()]));
  let current = new StepTimes();
  const contenders = await createContenders(haven, parts, () => current);
  const asked = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  const results = new Map<string, RunFigures[]>();
  const blocks = await BlockWatch.start(haven.info.rpcUrl);
  try {
    const runOnce = async (contender: Contender, atOnce: number): Promise<RunFigures> => {
      const used = asked.get(contender) ?? [];
      const serials = Array.from({ length: atOnce }, (_, index) => used.length + index + 1);
      asked.set(contender, [...used, ...serials]);
      return figuresOf(await contender.send(serials), (block) => blocks.seenAt(block));
    };
    say(`warming up: ${contenders.length} contenders, ${WARM_UP} transfers each`);
    for (const contender of contenders) await runOnce(contender, WARM_UP);
    for (let round = 0; round < rounds; round += 1) {
      for (const atOnce of AT_ONCE) {
        say(`round ${round + 1} of ${rounds}, ${atOnce} at once`);
        for (const contender of rotated(contenders, round)) {
          current = steps.get(atOnce) ?? current;
          await blocks.nextBlock();
          // The same place between two blocks for all in one round, another in the next: mining waits for the block.
          await new Promise((resolve) => setTimeout(resolve, (BLOCK_TIME_MS * round) / rounds));
          const key = `${contender.name} ${atOnce}`;
          results.set(key, [...(results.get(key) ?? []), await runOnce(contender, atOnce)]);
        }
      }
    }
  } finally {
    blocks.close();
    for (const contender of contenders) contender.close();
  }
  const figures = contenders.flatMap(({ name }) =>
    AT_ONCE.map((atOnce): LaneFigures => {
      const runs = results.get(`${name} ${atOnce}`) ?? [];
      return { contender: name, atOnce, medians: medianFigures(runs), rounds: runs };
    }),
  );
  const driverSteps = [...steps].map(([atOnce, times]): DriverSteps => ({ atOnce, steps: times.figures(rounds) }));
  const verdicts = await verdictsOf(haven, asked);
  return lanesReport({ rounds, figures, verdicts, driverSteps, counts, bundles });
}

/** The chain's own word on what each contender sent. */
async function verdictsOf(
  haven: LocalHaven,
  asked: ReadonlyMap<Contender, readonly number[]>,
): Promise<readonly (Verdict & { readonly contender: string })[]> {
  const mined = await minedTransfers(
    haven.info.rpcUrl,
    [...asked.keys()].map(({ address }) => address),
  );
  return [...asked].map(([{ name, address }, serials]) => ({
    contender: name,
    ...judge(serials, mined.get(address.toLowerCase()) ?? []),
  }));
}

/** Each round begins with another, so that nobody always follows the same. */
function rotated<T>(all: readonly T[], by: number): readonly T[] {
  const start = by % all.length;
  return [...all.slice(start), ...all.slice(0, start)];
}

async function createContenders(
  haven: LocalHaven,
  parts: InProcess,
  steps: () => StepTimes,
): Promise<readonly Contender[]> {
  const { chainId, tokenAddress, rpcUrl } = haven.info;
  const audit = createAuditStore(parts.client, parts.tables.audit);
  const driver: HavenParts = { accept: parts.accept, lanes: parts.lanes, audit, context: parts.context };
  const ignored = new StepTimes();
  const timed = (of: HavenParts, times: () => StepTimes): HavenParts => ({
    ...of,
    lanes: timedLanes(of.lanes, createEndpoint(rpcUrl), times),
  });
  const [byApi, byCapped, byLifted, byEthers, byViem] = [
    await holder(haven),
    await holder(haven),
    await holder(haven),
    await keyHolder(haven),
    await keyHolder(haven),
  ];
  return [
    createHavenApiContender(
      { client: haven.client, chainId, tokenAddress, store: createLaneStore(parts.client, parts.tables), audit },
      byApi,
    ),
    createHavenDriverContender(
      `Haven's driver, cap ${CAPPED}`,
      timed(withCap(driver, CAPPED), () => ignored),
      chainId,
      tokenAddress,
      byCapped,
    ),
    createHavenDriverContender(
      `Haven's driver, cap ${LIFTED}`,
      timed(withCap(driver, LIFTED), steps),
      chainId,
      tokenAddress,
      byLifted,
    ),
    createEthersContender(rpcUrl, chainId, tokenAddress, byEthers),
    createViemContender(rpcUrl, chainId, tokenAddress, byViem),
  ];
}

/** A wallet of Haven with ether and HAVEN. */
async function holder(haven: LocalHaven): Promise<{ readonly id: string; readonly address: string }> {
  const wallet = await fundedWallet(haven);
  await mintTo(haven, wallet.address);
  return wallet;
}

/** A key outside Haven with ether and HAVEN. */
async function keyHolder(haven: LocalHaven): Promise<string> {
  const { address, privateKey } = Wallet.createRandom();
  await fund(haven.info.rpcUrl, address, '10');
  await mintTo(haven, address);
  return privateKey;
}

async function mintTo(haven: LocalHaven, to: string): Promise<void> {
  const { id } = await haven.client.mintTokens({ body: { to, amount: MINTED } });
  const { status } = await ended(haven, id);
  if (status !== 'confirmed') throw new Error(`The mint for ${to} is ${status}`);
}

/**
 * Keeps the deployed lane kicker from running: each minute it would wake the deployed worker for the lanes that are
 * driven in this process. Nothing that is measured needs it, because every lane comes to rest within seconds.
 */
async function stopSchedule(haven: LocalHaven): Promise<void> {
  const lambda = new LambdaClient(localClientOptions(haven.info.awsEndpointUrl));
  await lambda.send(
    new PutFunctionConcurrencyCommand({
      FunctionName: 'haven-local-lane-kicker',
      ReservedConcurrentExecutions: 0,
    }),
  );
}
