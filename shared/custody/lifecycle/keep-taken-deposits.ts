import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { PoolReader } from '../deposit-pool/pool-reader.ts';
import { holderKey } from '../deposit-pool/pool-rows.ts';
import type { Wallet } from '../wallet.ts';
import type { RotationFollower } from './rotate-wallet.ts';

/**
 * Refuses to rotate a deposit wallet that an order took: somebody was told its address and may pay there for as long as the
 * order is open, and later. Only one that nobody has taken can be rotated; whoever takes one does so on the condition that it is
 * active, and this is on the condition that it isn't taken, so of a rotation and a checkout at once one loses. Revoking is not
 * held up: it is for emergencies.
 */
export function keepTakenDeposits(
  tables: { readonly ledger: string },
  pool: Pick<PoolReader, 'holder'>,
): RotationFollower {
  return async (wallet) => {
    if (wallet.purpose !== 'deposit') return undefined;
    const holder = await pool.holder(wallet.id);
    if (holder?.status === 'taken') throw handedOut(wallet, holder.order_id ?? 'somebody');
    return (write) => {
      write.check(tables.ledger, holderKey(wallet.id), () => handedOut(wallet, 'an order just now'), {
        expression: 'attribute_not_exists(pk) OR #status = :retired',
        names: { '#status': 'status' },
        values: { ':retired': 'retired' },
        showsExisting: false,
      });
    };
  };
}

function handedOut({ id, status }: Wallet, holder: string): HavenError {
  return new HavenError('INVALID_TRANSITION', `Deposit wallet ${id} was handed out to ${holder}`, {
    details: { wallet_id: id, from: status, to: 'rotated', taken_by: holder },
  });
}
