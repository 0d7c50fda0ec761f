import type { AuditStore } from '#shared/audit/audit-store.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { type AcceptDependencies, acceptTransaction } from '#shared/transactions/accept.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import type { BenchWallet } from './accounts.ts';
import type { Contender, Course } from './contender.ts';
import { askHaven, outcomesByHistory } from './lane-history.ts';
import { createLocalLaneWorker } from './local-lane-worker.ts';
import { transferIntent } from './transfers.ts';

/** Haven's parts, wired in this process. */
export interface HavenParts {
  readonly accept: AcceptDependencies;
  readonly lanes: LaneDependencies;
  readonly audit: AuditStore;
  context(): IdempotentContext;
}

/** The same parts on chains with another in-flight cap. */
export function withCap(parts: HavenParts, inFlightCap: number): HavenParts {
  const chains = new ChainRegistry(parts.lanes.chains.all().map((chain) => ({ ...chain, in_flight_cap: inFlightCap })));
  return { ...parts, accept: { ...parts.accept, chains }, lanes: { ...parts.lanes, chains } };
}

/**
 * Haven's own code alone, on the same tables and keys: without API Gateway, Lambda and SQS, and what an
 * emulator makes of them.
 *
 * @param fewestAtOnce the fewest transfers at once for which it is measured
 */
export function createHavenDriverContender(
  name: string,
  fewestAtOnce: number,
  parts: HavenParts,
  { chainId, tokenAddress }: Course,
  wallet: BenchWallet,
): Contender {
  const lane = { chain_id: chainId, address: wallet.address };
  return {
    name,
    address: wallet.address,
    fewestAtOnce,
    async send(serials) {
      const worker = createLocalLaneWorker(parts.lanes, lane);
      const accept: AcceptDependencies = { ...parts.accept, kicker: worker.kicker };
      const asked = await askHaven(serials, async (serial) => {
        const intent = transferIntent(wallet.id, chainId, tokenAddress, serial);
        return (await acceptTransaction(accept, intent, parts.context())).id;
      });
      await worker.rest();
      return outcomesByHistory(parts.audit, asked);
    },
    close: () => undefined,
  };
}
