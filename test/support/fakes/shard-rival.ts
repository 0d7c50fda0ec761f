import { stockKey } from '#shared/catalog/stock-keys.ts';
import type { ShopDesk } from './shop-desk.ts';

/** Who comes before a checkout every time. */
export interface ShardRival {
  /** Writes that the desk's client tried while it was there. */
  readonly tries: () => number;
  /** From now on it is gone. */
  leave(): void;
}

/**
 * A rival that moves all pieces of a SKU from one of its two shards to the other just before each transaction of the desk's own client: there is
 * stock whenever anybody looks, and never in the shard that it was seen in. Nothing of the tables or the client is replaced.
 */
export function createShardRival(desk: Pick<ShopDesk, 'client' | 'dynamo' | 'rows'>, sku: string): ShardRival {
  let isThere = true;
  let tries = 0;

  function moveAll(): void {
    const [one, other] = [0, 1].map((shard) => desk.rows('shop').find(({ pk }) => pk === stockKey(sku, shard).pk));
    if (one === undefined || other === undefined) throw new Error(`${sku} has no two shards`);
    desk.dynamo.put('shop', { ...one, available: other.available, changes: Number(one.changes) + 1 });
    desk.dynamo.put('shop', { ...other, available: one.available, changes: Number(other.changes) + 1 });
  }

  desk.client.middlewareStack.add(
    (next, context) => async (args) => {
      if (isThere && context.commandName === 'TransactWriteItemsCommand') {
        tries += 1;
        moveAll();
      }
      return next(args);
    },
    { step: 'initialize', name: 'rival' },
  );
  return {
    tries: () => tries,
    leave: () => {
      isThere = false;
    },
  };
}
