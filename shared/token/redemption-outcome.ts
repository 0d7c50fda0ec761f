import { type Clock, isoTime } from '#shared/platform/clock.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { type OutboxHandler, OutboxRaced } from '#shared/platform/outbox/deliver.ts';
import { subjectId } from '#shared/platform/outbox/outbox-message.ts';
import { transactionEndedSchema } from '#shared/transactions/watcher.ts';
import { endRedemption } from './redemption.ts';
import { putRedemptionEnd, type RedemptionStore } from './redemption-store.ts';

/** What ending redemptions needs. */
export interface RedemptionOutcomeDependencies {
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly redemptions: Pick<RedemptionStore, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Who ends redemptions, in audit entries. */
const ACTOR = 'outbox-worker';

/**
 * Ends redemptions by what became of their burns: `completed` when the burn is confirmed, else `failed`. Told of the
 * same end again, it changes nothing.
 */
export function redemptionOutcome(deps: RedemptionOutcomeDependencies): OutboxHandler {
  return async (message, requestId) => {
    const burn = transactionEndedSchema.parse(message.fact);
    const redemption = await deps.redemptions.get(subjectId(message.subject));
    const at = isoTime(deps.clock());
    const end = endRedemption(redemption, burn, at, { actor: ACTOR, request_id: requestId });
    if (end === undefined) return undefined;
    return {
      add: (write) => putRedemptionEnd(write, deps.tables, end, () => new OutboxRaced(redemption.id)),
      report: () => {
        const { id, status, transaction_id } = end.after;
        deps.metrics.count(status === 'completed' ? 'RedemptionCompleted' : 'RedemptionFailed');
        deps.log.write('REDEMPTION_ENDED', { redemption_id: id, status, transaction_id });
      },
    };
  };
}
