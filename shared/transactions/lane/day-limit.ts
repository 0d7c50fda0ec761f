import { overLimitMessage } from '#shared/custody/policy/spend-ledger.ts';
import { spent } from '#shared/custody/policy/spend-window.ts';
import { freesLane, nativeAsset, nativeCap, reservationWith, spendingOf } from '../reservation.ts';
import type { Denial } from './enforce-policy.ts';
import type { LanePass } from './lane-pass.ts';
import type { StoredLane } from './lane-store.ts';
import type { Prepared } from './signing.ts';

/**
 * Holds the fees with which transactions would be signed against the daily limit of the chain's own coin, before the key
 * is used: in their order, each with those before it. Only what would cost more than it holds already asks anything, and
 * then one read; a no-op or what fills a gap is never refused. The claim holds the limit once more.
 *
 * @returns a verdict for each
 */
export async function roomFor(
  pass: LanePass,
  { policy, lane }: Pick<StoredLane, 'policy' | 'lane'>,
  prepared: readonly Prepared[],
): Promise<readonly (Denial | undefined)[]> {
  const asset = nativeAsset(lane.chain_id);
  const cap = nativeCap(policy, lane.chain_id);
  const raises = prepared.map((item) => raiseWei(policy, item));
  if (
    policy === undefined ||
    cap === undefined ||
    raises.every((raise, index) => raise <= 0n || isFree(prepared[index]))
  ) {
    return prepared.map(() => undefined);
  }
  let taken = spent(await pass.store.spendWindow(lane.wallet_id, asset), pass.clock());
  return raises.map((raise, index): Denial | undefined => {
    if (raise > 0n && taken + raise > cap && !isFree(prepared[index])) {
      const message = overLimitMessage(asset, cap, taken, raise);
      return { rule: 'max_value_per_day', message, policyVersion: policy.version };
    }
    taken += raise;
    return undefined;
  });
}

/** What may be signed of a batch: all up to the first for which there is no room. */
export async function upToLimit(
  pass: LanePass,
  stored: Pick<StoredLane, 'policy' | 'lane'>,
  prepared: readonly Prepared[],
): Promise<{
  readonly send: readonly Prepared[];
  readonly denied: (Denial & Pick<Prepared, 'transaction'>) | undefined;
}> {
  const verdicts = await roomFor(pass, stored, prepared);
  for (const [index, item] of prepared.entries()) {
    const denial = verdicts[index];
    if (denial === undefined) continue;
    return { send: prepared.slice(0, index), denied: { ...denial, transaction: item.transaction } };
  }
  return { send: prepared, denied: undefined };
}

function isFree(item: Prepared | undefined): boolean {
  return item !== undefined && (item.kind === 'noop' || freesLane(item.transaction));
}

/** What it would hold more than it does; negative: less. */
function raiseWei(policy: StoredLane['policy'], { transaction, nonce, gasLimit, fees }: Prepared): bigint {
  const attempt = { nonce, gas_limit: gasLimit.toString(), max_fee_per_gas: fees.maxFeePerGas.toString() };
  const reservation = reservationWith(policy, transaction, attempt);
  if (reservation === undefined) return 0n;
  return spendingOf({ before: transaction, after: { ...transaction, reservation } }).reduce(
    (sum, { kind, amount }) => (kind.type === 'reserve' ? sum + amount : sum - amount),
    0n,
  );
}
