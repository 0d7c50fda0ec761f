import type { PaymentEvidence } from '#shared/platform/chain/payment-evidence.ts';
import { ChainMovedError } from '#shared/platform/chain/rpc-errors.ts';
import type { ScanPass } from './scan-context.ts';
import type { ReadHead } from './scan-cursor.ts';
import type { OrderedPayment } from './scan-store.ts';
import { settleBlocks } from './settle-blocks.ts';

/**
 * Reads the blocks again that payments are stored to be in, and those that they are in now: a pass that stood still while the chain went
 * another way has stored what it had seen before. A block that can't be read again is logged and counted, and stops no other:
 * what is in it is looked at again by the next pass.
 *
 * @param last the last block that was read
 * @returns those whose block is as it is stored, and doesn't hold them: whoever told of them made them up, or whoever was asked now hides them
 */
export async function repairPayments<T extends OrderedPayment & { readonly evidence: PaymentEvidence }>(
  pass: ScanPass,
  wrong: readonly T[],
  last: ReadHead,
): Promise<readonly T[]> {
  const { deps, chain, client, accepted, deadline } = pass;
  const tokens = accepted.flatMap(({ tokenAddress }) => tokenAddress ?? []);
  const heights = wrong.flatMap(({ payment, evidence }) => [
    ...(payment.on_chain === null ? [] : [payment.on_chain.block_number]),
    ...(evidence.kind === 'found' ? [evidence.blockNumber] : []),
  ]);
  deps.metrics.count('PaymentRepaired', wrong.length);
  deps.log.write('PAYMENTS_REPAIRED', {
    chain_id: chain.chain_id,
    payments: wrong.map(({ payment }) => payment.id),
  });
  const orders = [...new Set(wrong.map(({ order }) => order.id))];
  const hashes = new Map<number, string>();
  for (const height of [...new Set(heights)].filter((number) => number <= last.number).toSorted((a, b) => a - b)) {
    try {
      const answer = await client.at(last).transfers({ from: height, to: height, tokens }, deadline);
      if (answer.kind !== 'read') throw new ChainMovedError(`Endpoints do not give block ${height}`);
      await settleBlocks(pass, answer.blocks, last, orders);
      for (const { number, hash } of answer.blocks) hashes.set(number, hash);
    } catch (error) {
      deps.log.write('PAYMENT_LOOK_FAILED', { chain_id: chain.chain_id, block_number: height, error });
      deps.metrics.count('PaymentLookFailed');
    }
  }
  return wrong.filter(({ payment: { on_chain, status }, evidence }) => {
    const isElsewhere = evidence.kind === 'found' && evidence.blockHash !== on_chain?.block_hash;
    return status === 'detected' && !isElsewhere && hashes.get(on_chain?.block_number ?? -1) === on_chain?.block_hash;
  });
}
