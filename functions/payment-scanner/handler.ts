import type { Context, SQSBatchResponse } from 'aws-lambda';
import {
  allScans,
  type ScanChainsDependencies,
  scanChains,
  type WantedScan,
} from '#shared/payments/scan/scan-chains.ts';
import { scanKickSchema } from '#shared/payments/scan/scan-kick.ts';
import { readSqsBatch } from '#shared/platform/aws/sqs-batch.ts';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { isBatch } from '#shared/platform/counted-job.ts';
import { Deadline } from '#shared/platform/deadline.ts';

/** What the payment scanner needs. */
export interface PaymentScannerDependencies extends ScanChainsDependencies {
  readonly chains: Pick<ChainRegistry, 'all'>;
}

/** Left over for the last write's answer and Lambda's own end. */
const DEADLINE_MARGIN_MS = 1_000;

/**
 * Makes the payment scanner. Woken by the schedule it reads every chain; woken by its queue those that kicks name. A kick whose chain can't be
 * read is gone all the same: the schedule tries each minute, and says so.
 */
export function createHandler(deps: PaymentScannerDependencies) {
  return async (
    event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<SQSBatchResponse> => {
    const deadline = Deadline.in(context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS, deps.clock);
    const all = deps.chains.all();
    if (!isBatch(event)) {
      await scanChains(deps, allScans(all, deps.clock()), context.awsRequestId, deadline);
      return { batchItemFailures: [] };
    }
    const { messages, unreadable } = readSqsBatch(event, scanKickSchema);
    for (const messageId of unreadable) deps.log.write('UNREADABLE_SCAN_KICK', { message_id: messageId });
    const wanted = all.flatMap((chain): readonly WantedScan[] => {
      const kicks = messages.filter(({ body }) => body.chain_id === chain.chain_id);
      const untilMs = Math.max(...kicks.map(({ body }) => body.until_ms));
      const looks = Math.max(...kicks.map(({ body }) => body.looks));
      return kicks.length === 0 ? [] : [{ chain, untilMs, looks }];
    });
    await scanChains(deps, wanted, context.awsRequestId, deadline);
    return { batchItemFailures: unreadable.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
