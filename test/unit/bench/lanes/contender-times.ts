import type { TransferOutcome } from '../../../../bench/lanes/contender.ts';

/**
 * A confirmed transfer: accepted 10 ms after it was asked for, with a node 30 ms after, confirmed 2 s after.
 *
 * @param askedAt milliseconds since the Unix epoch
 */
export function confirmedTransfer(serial: number, askedAt = 0, blockNumber = 5): TransferOutcome {
  const times = {
    askedAt,
    acceptedAt: askedAt + 10,
    answeredAt: askedAt + 15,
    broadcastAt: askedAt + 30,
    confirmedAt: askedAt + 2_000,
    blockNumber,
  };
  return { kind: 'confirmed', serial, times };
}

/** A transfer that its sender gave up. */
export function failedTransfer(serial: number, reason = 'socket hang up'): TransferOutcome {
  return { kind: 'failed', serial, reason };
}
