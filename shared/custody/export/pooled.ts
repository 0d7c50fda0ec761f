import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createPoolReader } from '../deposit-pool/pool-reader.ts';
import type { Wallet } from '../wallet.ts';

/** Where the pool of deposit wallets is read. */
interface PooledDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string };
}

/**
 * Refuses a wallet that waits in the pool of deposit wallets: somebody would have its key when a customer is shown its address. A
 * wallet gets into the pool when it is made and never again, so that one which isn't there any more stays exportable, and no
 * condition has to hold it.
 *
 * @returns the order that holds it: the key of an order's deposit address is given out like any other, and the alert, the
 *   stream and who approves name the order
 * @throws KEY_NOT_AVAILABLE
 */
export async function refusePooled(
  { client, tables }: PooledDependencies,
  wallet: Pick<Wallet, 'id' | 'purpose'>,
): Promise<string | undefined> {
  if (wallet.purpose !== 'deposit') return undefined;
  const pool = createPoolReader(client, tables.ledger);
  // Whoever holds it, or that it was retired, is one row; the pool is many.
  const holder = await pool.holder(wallet.id);
  if (holder !== undefined) return holder.order_id ?? undefined;
  const waits = (await pool.all()).some(({ walletId }) => walletId === wallet.id);
  if (!waits) return undefined;
  const reason = 'is that of a wallet in the pool of deposit wallets: pause it, and the next refill retires it';
  throw new HavenError('KEY_NOT_AVAILABLE', `The key of wallet ${wallet.id} ${reason}`, {
    details: { wallet_id: wallet.id, reason },
  });
}
