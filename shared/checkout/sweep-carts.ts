import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { isoTime } from '#shared/platform/clock.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { Log } from '#shared/platform/log/logger.ts';
import { type Cart, cartSchema } from './cart.ts';
import { ENDED_CART_KEPT_MS, mayBeDeleted } from './cart-expiry.ts';
import { cartKey, HOLDING_CARTS, OPEN_CART_SHARDS, openCarts } from './cart-keys.ts';
import { deleteCart } from './cart-rows.ts';
import { isSealed } from './cart-seal.ts';
import { reportTampering, type TamperingDependencies } from './cart-tampering.ts';
import { giveBack, type SettleDependencies, settleCart } from './settle-cart.ts';

/** What sweeping carts needs. */
export interface SweepCartsDependencies extends SettleDependencies, TamperingDependencies {
  readonly tables: { readonly shop: string; readonly logs: string };
  readonly log: Log;
}

/** What became of a cart. `nothing`: somebody else was faster, or it isn't over after all. */
type Outcome = 'lapsed' | 'deleted' | 'tampered' | 'nothing' | 'failed';

/** What a run came to. */
export interface CartSweep {
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Whether there was more than the run had time for. */
  readonly cutOff: boolean;
}

/** A cart is a read and a write; none is begun with less time left. */
const CART_BUDGET_MS = 2_000;
/** Carts at once: enough to hide the latency of DynamoDB, few enough to leave it to customers. */
const CARTS_AT_ONCE = 8;
/** Carts of one run: what a minute is enough for with room to spare. The next run goes on. */
const MAX_CARTS = 3_000;
/** Keys only: a page of an index is some 20 KB. */
const INDEX_PAGE = 200;

/**
 * Gives back what was reserved for lines and is over, and deletes carts whose time has been over for a day. Each cart is a
 * conditional write of its own, so a run may be killed anywhere and two may run at once; a cart that somebody changes or checks out
 * meanwhile is left to them. One that fails is logged and counted, and stops no other.
 */
export async function sweepCarts(deps: SweepCartsDependencies, deadline: Deadline): Promise<CartSweep> {
  const source = dueCarts(deps, deps.clock());
  const counts: Record<Outcome, number> = { lapsed: 0, deleted: 0, tampered: 0, nothing: 0, failed: 0 };
  let begun = 0;
  let cutOff = false;
  async function work(): Promise<void> {
    for (;;) {
      const next = await source.next();
      if (next.done === true) return;
      if (begun >= MAX_CARTS || !deadline.allows(CART_BUDGET_MS)) {
        cutOff = true;
        return;
      }
      begun += 1;
      counts[await sweepOne(deps, next.value, deadline)] += 1;
    }
  }
  await Promise.all(Array.from({ length: CARTS_AT_ONCE }, work));
  return { counts, cutOff };
}

/** Ids of carts that something is to be done about: reservations first, oldest first, for others wait for these pieces. */
async function* dueCarts(
  { client, tables }: Pick<SweepCartsDependencies, 'client' | 'tables'>,
  nowMs: number,
): AsyncGenerator<string, undefined> {
  yield* idsBefore(client, tables.shop, 'gsi2', HOLDING_CARTS, nowMs);
  for (let shard = 0; shard < OPEN_CART_SHARDS; shard += 1) {
    yield* idsBefore(client, tables.shop, 'gsi1', openCarts(shard), nowMs - ENDED_CART_KEPT_MS);
  }
  return undefined;
}

async function* idsBefore(
  client: DynamoDBDocumentClient,
  table: string,
  index: 'gsi1' | 'gsi2',
  partition: string,
  atMs: number,
): AsyncGenerator<string> {
  const pages = paginateQuery(
    { client, pageSize: INDEX_PAGE },
    {
      TableName: table,
      IndexName: index,
      KeyConditionExpression: '#pk = :pk AND #sk < :end',
      ExpressionAttributeNames: { '#pk': `${index}pk`, '#sk': `${index}sk` },
      // What is over at this very millisecond is in, and `<time>#<id>` sorts behind `<time>`.
      ExpressionAttributeValues: { ':pk': partition, ':end': isoTime(atMs + 1) },
    },
  );
  for await (const { Items = [] } of pages) {
    for (const item of Items) yield String(item[`${index}sk`]).split('#').at(-1) ?? '';
  }
}

async function sweepOne(deps: SweepCartsDependencies, id: string, deadline: Deadline): Promise<Outcome> {
  try {
    const item = await readItem(deps.client, deps.tables.shop, cartKey(id));
    if (item === undefined) return 'nothing';
    const { data: cart } = cartSchema.safeParse(item);
    if (cart === undefined || cart.id !== id || !isSealed(await deps.readShopKey(), cart)) {
      await reportTampering(deps, id, { deadline, log: deps.log });
      return 'tampered';
    }
    if (mayBeDeleted(cart, deps.clock())) {
      await deleteEnded(deps, cart, deadline);
      return 'deleted';
    }
    return (await settleCart(deps, cart, deadline)) === cart ? 'nothing' : 'lapsed';
  } catch (error) {
    if (error instanceof Raced) return 'nothing';
    deps.log.write('CART_NOT_SWEPT', { cart_id: id, error });
    deps.metrics.count('CartNotSwept');
    return 'failed';
  }
}

/** What it still holds is given back with it. One that became an order holds nothing. */
async function deleteEnded(deps: SweepCartsDependencies, cart: Cart, deadline: Deadline): Promise<void> {
  const write = new WriteTransaction();
  deleteCart(write, deps.tables.shop, cart, () => new Raced('The cart was changed meanwhile'));
  giveBack(
    write,
    deps.tables.shop,
    cart.lines.flatMap(({ reservation }) => reservation?.allocations ?? []),
  );
  await write.commit(deps.client, deadline, deps.wait);
}
