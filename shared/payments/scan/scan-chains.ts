import { type HavenToken, payableAssets } from '#shared/checkout/payable-asset.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { type ScanReport, scanChain } from './scan-chain.ts';
import type { ScanDependencies } from './scan-context.ts';
import { FOLLOW_MS, followsIn, type ScanKicker } from './scan-kick.ts';

/** What scanning several chains needs. */
export interface ScanChainsDependencies extends ScanDependencies {
  readonly clients: ChainClients;
  /** Where the HAVEN token is; undefined: nowhere yet. */
  readonly token: () => Promise<HavenToken | undefined>;
  readonly kicker: ScanKicker;
}

/** A chain to read, until when passes may follow, and how many do although no payment waits. */
export interface WantedScan {
  readonly chain: ChainConfig;
  readonly untilMs: number;
  readonly looks: number;
}

/** What the schedule wants: every chain. */
export function allScans(chains: readonly ChainConfig[], nowMs: number): readonly WantedScan[] {
  return chains.map((chain) => ({ chain, untilMs: nowMs + FOLLOW_MS, looks: 0 }));
}

/**
 * Reads chains side by side. One that can't be read is logged and counted, and keeps no other waiting; a pass follows where payments wait for
 * confirmations, or somebody asked for one.
 *
 * @returns ids of chains that could not be read
 */
export async function scanChains(
  deps: ScanChainsDependencies,
  wanted: readonly WantedScan[],
  requestId: string,
  deadline: Deadline,
): Promise<ReadonlySet<number>> {
  const failed = new Set<number>();
  const token = await deps.token();
  await Promise.all(
    wanted.map(async (one) => {
      const { chain } = one;
      try {
        const report = await scanChain({
          deps,
          chain,
          client: await deps.clients.for(chain.chain_id),
          accepted: payableAssets(chain, token),
          requestId,
          deadline,
        });
        await follow(deps, one, report);
      } catch (error) {
        failed.add(chain.chain_id);
        deps.log.write('CHAIN_SCAN_FAILED', { chain_id: chain.chain_id, error });
        deps.metrics.count('PaymentScanFailed');
      }
    }),
  );
  return failed;
}

async function follow(
  { kicker, clock }: ScanChainsDependencies,
  { chain, untilMs, looks }: WantedScan,
  report: ScanReport | undefined,
): Promise<void> {
  // Where another pass was faster, that one has another follow.
  if (report === undefined) return;
  const kick = { chain_id: chain.chain_id, until_ms: untilMs, looks: Math.max(0, looks - 1) };
  if (report.cutOff) return clock() > untilMs ? undefined : kicker.kick(kick);
  if (report.waiting === 0 && looks === 0) return;
  const delaySeconds = followsIn(chain.block_time_ms, untilMs, clock);
  if (delaySeconds !== undefined) await kicker.kick(kick, delaySeconds);
}
