import type { AuditStore } from '#shared/audit/audit-store.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { type AcceptDependencies, acceptTransaction } from '#shared/transactions/accept.ts';
import type { LaneDependencies } from '#shared/transactions/lane/lane-dependencies.ts';
import { type Contender, nowMs } from './contender.ts';
import { timesByHistory } from './lane-history.ts';
import { createLocalLaneWorker } from './local-lane-worker.ts';
import { transferData } from './transfers.ts';

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

/** Haven's own code alone, on the same tables and keys: without API Gateway, Lambda and SQS, and what an emulator makes of them. */
export function createHavenDriverContender(
  name: string,
  parts: HavenParts,
  chainId: number,
  tokenAddress: string,
  wallet: { readonly id: string; readonly address: string },
): Contender {
  const lane = { chain_id: chainId, address: wallet.address };
  return {
    name,
    address: wallet.address,
    async send(serials) {
      const worker = createLocalLaneWorker(parts.lanes, lane);
      const accept: AcceptDependencies = { ...parts.accept, kicker: worker.kicker };
      const asked = await Promise.all(
        serials.map(async (serial) => {
          const askedAt = nowMs();
          const intent = {
            walletId: wallet.id,
            chainId,
            to: tokenAddress,
            value: '0',
            data: transferData(serial),
            speed: 'standard' as const,
            reference: null,
            validUntil: null,
          };
          const { id } = await acceptTransaction(accept, intent, parts.context());
          return { id, askedAt, answeredAt: nowMs() };
        }),
      );
      await worker.rest();
      return timesByHistory(parts.audit, asked);
    },
    close: () => undefined,
  };
}
