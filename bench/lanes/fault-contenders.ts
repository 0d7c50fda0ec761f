import { createChainClients } from '#shared/platform/chain/chain-clients.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import type { LocalHaven } from '#test/support/local-haven.ts';
import { keyWithHaven, walletWithHaven } from './accounts.ts';
import type { Contender, Course } from './contender.ts';
import { USUAL_CAP } from './contenders.ts';
import { createEthersContender } from './ethers-contender.ts';
import { createHavenDriverContender, withCap } from './haven-driver-contender.ts';
import { createViemContender } from './viem-contender.ts';

/** Ten blocks: what a library has not seen confirmed by then is stuck. */
const LIBRARY_TIMEOUT_MS = 10_000;

/** Makes a contender with a new account, which reaches the chain through the node at that URL. */
export type Maker = (rpcUrl: string) => Promise<Contender>;

/** Everybody who is sent through nodes that fail, by name. */
export async function createFaultContenders(haven: LocalHaven): Promise<Readonly<Record<string, Maker>>> {
  const parts = await inProcess(haven);
  const audit = stageAudit(parts);
  const { chainId } = haven.info;
  const course = (rpcUrl: string): Course => ({ ...haven.info, rpcUrl });
  return {
    async haven(rpcUrl) {
      const clients = createChainClients(async () => ({ [chainId]: [rpcUrl] }), parts.lanes.log);
      const { accept, context } = parts;
      const driver = withCap({ accept, lanes: { ...parts.lanes, clients }, audit, context }, USUAL_CAP);
      return createHavenDriverContender("Haven's driver", 1, driver, course(rpcUrl), await walletWithHaven(haven));
    },
    async ethers(rpcUrl) {
      return createEthersContender(course(rpcUrl), await keyWithHaven(haven), LIBRARY_TIMEOUT_MS);
    },
    async viem(rpcUrl) {
      return createViemContender(course(rpcUrl), await keyWithHaven(haven), LIBRARY_TIMEOUT_MS);
    },
  };
}
