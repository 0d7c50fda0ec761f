import type { Clock } from '../clock.ts';
import type { Log } from '../log/logger.ts';
import { blocksAhead, movingHeads, referenceHead, type SaidHead } from './endpoint-health.ts';
import type { PoolEndpoint } from './pool-endpoint.ts';

/** How far the heads of a chain's endpoints may be apart. */
export interface HeadLimits {
  /** An endpoint that is further behind the others, or ahead of all of them, is not used while another is. */
  readonly maxHeadLagBlocks: number;
  /** Usual time between blocks. */
  readonly blockTimeMs: number;
}

/** A head that was said longer ago tells nothing of where the chain is. */
const HEAD_FRESH_MS = 60_000;

/** An endpoint whose head is not too old to be compared. */
interface Fresh {
  readonly one: PoolEndpoint;
  readonly head: SaidHead;
}

/** Measures an endpoint that has just named its head by those of the others, and these by what is known now. */
export function compareHeads(
  endpoint: PoolEndpoint,
  endpoints: readonly PoolEndpoint[],
  options: HeadLimits & { readonly clock: Clock; readonly log: Log },
): void {
  const { clock, log, maxHeadLagBlocks } = options;
  const sinceMs = clock() - HEAD_FRESH_MS;
  const fresh = endpoints.flatMap((one): readonly Fresh[] => {
    const { head } = one;
    return head !== undefined && head.atMs >= sinceMs && !head.isFromFuture ? [{ one, head }] : [];
  });
  const moving = movingHeads(
    fresh.map(({ head }) => head),
    maxHeadLagBlocks * options.blockTimeMs,
  );
  const reference = referenceHead(moving.map(({ number }) => number)) ?? 0;
  const blocks = reference - (endpoint.head?.number ?? 0);
  const lags = blocks > maxHeadLagBlocks;
  if (lags && !endpoint.lags) {
    log.write('RPC_ENDPOINT_LAGS', { endpoint_index: endpoint.index, endpoint: endpoint.name, blocks });
  }
  endpoint.lags = lags;
  for (const { one, head } of fresh) {
    // It looked late beside a head that nobody else has.
    if (one.lags && reference - head.number <= maxHeadLagBlocks) one.lags = false;
    compareAhead(one, head, moving, options);
  }
}

function compareAhead(
  endpoint: PoolEndpoint,
  head: SaidHead,
  moving: readonly SaidHead[],
  { blockTimeMs, log, maxHeadLagBlocks }: HeadLimits & { readonly log: Log },
): void {
  const others = moving.filter((other) => other !== head);
  const blocks = blocksAhead(head, others, blockTimeMs);
  const isFarAhead = blocks !== undefined && blocks > maxHeadLagBlocks;
  if (isFarAhead && !endpoint.isFarAhead) {
    log.write('RPC_ENDPOINT_FAR_AHEAD', { endpoint_index: endpoint.index, endpoint: endpoint.name, blocks });
  }
  endpoint.isFarAhead = isFarAhead;
}
