import { allTransactions, stuckTransactions } from './chain-rpc.ts';
import type { Contender, TransferOutcome } from './contender.ts';
import { serialOf } from './transfers.ts';

/** What the sender of transfers says, beside what the chain says. */
export interface Verdict {
  readonly contender: string;
  readonly asked: number;
  /** By the sender's word. */
  readonly confirmed: number;
  /** By the sender's word: given up, or not confirmed in time. */
  readonly failed: number;
  /** Asked for and on the chain. */
  readonly mined: number;
  /** Confirmed by the sender's word, and on no block. */
  readonly invented: number;
  /** Failed by the sender's word, and on the chain all the same: a caller who asks again pays twice. */
  readonly failedYetMined: number;
  /** On the chain more often than asked for. */
  readonly doubled: number;
  /** With the node, behind a nonce that nothing uses: they wait for ever. */
  readonly stuck: number;
  /** Why transfers failed, by the sender's word, and how many each. */
  readonly reasons: Readonly<Record<string, number>>;
}

/**
 * Compares what a sender says with what the chain has. Of an account that sends nothing else.
 *
 * @param outcomes one for each transfer that was asked for
 * @param minedSerials of all its transfers on the chain, one for each time
 * @param stuck its transactions that wait behind a missing nonce
 */
export function judge(
  contender: string,
  outcomes: readonly TransferOutcome[],
  minedSerials: readonly number[],
  stuck: number,
): Verdict {
  const mined = new Set(minedSerials);
  const confirmed = outcomes.filter(({ kind }) => kind === 'confirmed');
  const failed = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome] : []));
  const reasons: Record<string, number> = {};
  for (const { reason } of failed) {
    const key = withoutNames(reason);
    reasons[key] = (reasons[key] ?? 0) + 1;
  }
  return {
    contender,
    asked: outcomes.length,
    confirmed: confirmed.length,
    failed: failed.length,
    mined: outcomes.filter(({ serial }) => mined.has(serial)).length,
    invented: confirmed.filter(({ serial }) => !mined.has(serial)).length,
    failedYetMined: failed.filter(({ serial }) => mined.has(serial)).length,
    doubled: minedSerials.length - mined.size,
    stuck,
    reasons,
  };
}

/** Several verdicts on one contender as one. */
export function sumOf(verdicts: readonly Verdict[]): Verdict {
  const [first] = verdicts;
  if (first === undefined) throw new RangeError('There are no verdicts');
  return verdicts.slice(1).reduce((sum, verdict) => {
    const reasons = { ...sum.reasons };
    for (const [reason, count] of Object.entries(verdict.reasons)) reasons[reason] = (reasons[reason] ?? 0) + count;
    return {
      contender: sum.contender,
      asked: sum.asked + verdict.asked,
      confirmed: sum.confirmed + verdict.confirmed,
      failed: sum.failed + verdict.failed,
      mined: sum.mined + verdict.mined,
      invented: sum.invented + verdict.invented,
      failedYetMined: sum.failedYetMined + verdict.failedYetMined,
      doubled: sum.doubled + verdict.doubled,
      stuck: sum.stuck + verdict.stuck,
      reasons,
    };
  }, first);
}

/** Hashes, ids and bytes are taken out, so that the same reason is one. */
function withoutNames(reason: string): string {
  const MOST_CHARS = 120;
  return reason
    .replaceAll(/0x[0-9a-f]{8,}/gi, '0x…')
    .replaceAll(/\btx_\w+/g, 'it')
    .slice(0, MOST_CHARS);
}

/**
 * Judges contenders by every block of the chain.
 *
 * @param outcomesOf everything that a contender was asked for
 */
export async function judgeAll(
  rpcUrl: string,
  contenders: readonly Contender[],
  outcomesOf: (contender: Contender) => readonly TransferOutcome[],
): Promise<readonly Verdict[]> {
  const transactions = await allTransactions(rpcUrl);
  const stuck = await stuckTransactions(rpcUrl);
  return contenders.map((contender) => {
    const address = contender.address.toLowerCase();
    const serials = transactions
      .filter(({ from }) => from.toLowerCase() === address)
      .flatMap(({ input }) => serialOf(input) ?? []);
    return judge(contender.name, outcomesOf(contender), serials, stuck.get(address) ?? 0);
  });
}
