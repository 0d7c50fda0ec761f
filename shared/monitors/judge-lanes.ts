import { type LaneState, laneName } from '#shared/transactions/lane/lane.ts';
import type { LowBalance } from '#shared/transactions/lane/low-balance.ts';
import type { RaisedCondition } from './condition.ts';

/**
 * Wallets that run low. The lane worker tells when that begins and when a transaction begins to wait for it, in the write that says so;
 * what is left to tell is that it is still so, and that it is over. Pure.
 */
export function judgeBalances(rows: readonly LowBalance[]): readonly RaisedCondition[] {
  return rows
    .filter(({ state }) => state === 'open')
    .map(({ wallet_id, chain_id, address, balance_wei, threshold_wei, transaction_id, missing_wei }) => ({
      key: `balances_low:${laneName({ chain_id, address })}`,
      category: 'balance_low',
      severity: transaction_id === null ? 'WARNING' : 'ERROR',
      summary:
        transaction_id === null
          ? "A wallet has less of its chain's coin than its policy wants"
          : "A wallet has too little of its chain's coin: a transaction waits for it",
      details: { wallet_id, chain_id, address, balance_wei, threshold_wei, transaction_id, missing_wei },
      isToldByItsOwner: true,
    }));
}

/**
 * Lanes whose nonces don't add up. As with balances the lane worker tells when it begins. Nonces that strangers used are no condition: they
 * are told once each, by the lane worker, and nothing makes them undone. Pure.
 */
export function judgeNonces(lanes: readonly LaneState[]): readonly RaisedCondition[] {
  return lanes.flatMap(({ wallet_id, chain_id, address, unexplained, gap, next_nonce }): RaisedCondition[] => {
    const names = { wallet_id, chain_id, address };
    const lane = laneName({ chain_id, address });
    const found: RaisedCondition[] = [];
    if (unexplained !== null) {
      found.push({
        key: `nonces:${lane}:unexplained`,
        category: 'nonce_gap',
        severity: 'CRITICAL',
        summary: 'A nonce is used and nobody can say by which transaction: one of Haven waits for a person',
        details: { ...names, nonce: unexplained },
        isToldByItsOwner: true,
      });
    }
    if (gap !== null) {
      found.push({
        key: `nonces:${lane}:gap`,
        category: 'nonce_gap',
        severity: 'WARNING',
        summary: 'The chain shows fewer nonces used than were counted: the gap is filled once it is proven',
        details: { ...names, nonce: gap.nonce, since_block: gap.since_block, next_nonce },
        isToldByItsOwner: true,
      });
    }
    return found;
  });
}
