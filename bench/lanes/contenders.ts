import { createEndpoint } from '#shared/platform/chain/json-rpc.ts';
import { createLaneStore } from '#shared/transactions/lane/dynamo-lane-store.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import type { LocalHaven } from '#test/support/local-haven.ts';
import { keyWithHaven, walletWithHaven } from './accounts.ts';
import type { Contender, Course } from './contender.ts';
import { createEthersContender } from './ethers-contender.ts';
import { createHavenApiContender } from './haven-api-contender.ts';
import { createHavenDriverContender, type HavenParts, withCap } from './haven-driver-contender.ts';
import { type StepTimes, timedLanes } from './step-times.ts';
import { createViemContender } from './viem-contender.ts';

/** What public geth nodes guarantee an account. */
export const USUAL_CAP = 16;
/** The most that a chain can be configured with, and what the local stage has: anvil has no limit. */
const LIFTED_CAP = 64;

/**
 * Everybody who is measured, each with an account of its own.
 *
 * @param steps gives where to note what Haven's driver waits for, with the higher cap
 */
export async function createContenders(haven: LocalHaven, steps: () => StepTimes): Promise<readonly Contender[]> {
  const course: Course = haven.info;
  const parts = await inProcess(haven);
  const audit = stageAudit(parts);
  const [deployed, capped, lifted, ethersKey, viemKey] = await Promise.all([
    walletWithHaven(haven),
    walletWithHaven(haven),
    walletWithHaven(haven),
    keyWithHaven(haven),
    keyWithHaven(haven),
  ]);
  const driver: HavenParts = { accept: parts.accept, lanes: parts.lanes, audit, context: parts.context };
  const withLiftedCap = withCap(driver, LIFTED_CAP);
  const timed = { ...withLiftedCap, lanes: timedLanes(withLiftedCap.lanes, createEndpoint(course.rpcUrl), steps) };
  const store = createLaneStore(parts.client, parts.tables);
  return [
    createHavenApiContender({ client: haven.client, store, audit }, course, deployed),
    // Fewer than the cap never meet it: their figures are those without it.
    createHavenDriverContender(
      `Haven's driver, cap ${USUAL_CAP}`,
      USUAL_CAP + 1,
      withCap(driver, USUAL_CAP),
      course,
      capped,
    ),
    createHavenDriverContender(`Haven's driver, cap ${LIFTED_CAP}`, 1, timed, course, lifted),
    createEthersContender(course, ethersKey),
    createViemContender(course, viemKey),
  ];
}
