import { createHandler } from '#functions/cart-sweeper/handler.ts';
import { bindCartRoutes, type StorefrontDependencies } from '#functions/storefront-api/handler.ts';
import type { Product } from '#shared/catalog/product.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { type Allocation, type StockShard, stockShardSchema } from '#shared/catalog/stock.ts';
import { type Cart, cartSchema } from '#shared/checkout/cart.ts';
import { cartKey } from '#shared/checkout/cart-keys.ts';
import type { LineWish } from '#shared/checkout/cart-lines.ts';
import { deleteCartLine, setCartLine, showCart } from '#shared/checkout/change-cart.ts';
import { createCart, type NewCart } from '#shared/checkout/create-cart.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { RequestContext } from '#shared/platform/http/bound-route.ts';
import { Capability } from '#shared/platform/http/capability.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { seededRandom } from '#test/support/seeded-random.ts';
import { createFakeClock } from './fake-clock.ts';
import { idempotentContext } from './idempotent-context.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';
import { productItems } from './shop-rows.ts';
import { createTestApi } from './test-api.ts';

/** What a desk has otherwise. */
interface DeskOptions {
  /** Stands around every request to DynamoDB. An Error is a broken connection. */
  readonly around?: (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer | Error;
  readonly random?: () => number;
  /** What every request waits for before it is answered. */
  readonly turn?: () => Promise<void>;
}

/** The secret of every test's shop. */
export const SHOP_KEY = 'a shop key of at least 32 characters';

/** How long a desk keeps pieces for a line. */
export const RESERVATION_MS = 600_000;

const TABLES = { shop: 'shop', logs: 'logs' };
const KEYS = { shop: ['pk', 'sk'], logs: ['pk', 'sk'], ephemeral: ['pk'] };

/** A cart that a desk made, with its token. */
export interface DeskCart {
  readonly id: string;
  readonly token: string;
}

/** Carts on tables in memory: the use cases, the API in front of them, the sweeper, and what is stored. */
export function createCartDesk({ around, turn, random = seededRandom(20_261_122) }: DeskOptions = {}) {
  const dynamo = createMemoryDynamo(KEYS);
  const aws = createScriptedAws((request) =>
    around === undefined ? dynamo.answer(request) : around(request, () => dynamo.answer(request)),
  );
  const { handle } = aws.requestHandler;
  const client = scriptedDocumentClient({
    ...aws,
    requestHandler: {
      ...aws.requestHandler,
      handle: async (request) => {
        await turn?.();
        return handle(request);
      },
    },
  });
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const deps: StorefrontDependencies = {
    client,
    tables: TABLES,
    clock: clock.now,
    metrics: metrics.metrics,
    idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
    products: createProductReader(client, 'shop'),
    readShopKey: async () => SHOP_KEY,
    reservationMs: RESERVATION_MS,
    emptyCurrency: 'USD',
    newId,
    random,
    wait: async () => undefined,
  };
  const rows = (table: string) => dynamo.items(table).map(plainItem);
  const deadline = () => Deadline.in(60_000, clock.now);
  const context = (token?: string, changes: Partial<RequestContext> = {}): RequestContext => ({
    ...idempotentContext({ log: log.log, deadline: deadline() }),
    capability: token === undefined ? undefined : new Capability(token),
    ...changes,
  });
  const stored = (id: string): Cart | undefined =>
    rows('shop')
      .filter(({ pk, sk }) => pk === cartKey(id).pk && sk === 'CART')
      .map((item) => cartSchema.parse(item))
      .at(0);
  const sweep = createHandler({ ...deps, log: log.log });
  let keys = 0;
  return {
    dynamo,
    aws,
    client,
    clock,
    log,
    metrics,
    deps,
    rows,
    deadline,
    context,
    stored,
    api: createTestApi(bindCartRoutes(deps), { clock: clock.now, idempotency: deps.idempotency, log: log.log }),
    /** Puts a product with its stock in place. */
    stock: (changes: Partial<Product> = {}, pieces = 50): void => {
      for (const item of productItems(changes, pieces)) dynamo.put('shop', item);
    },
    create: async (): Promise<DeskCart & { readonly view: NewCart }> => {
      keys += 1;
      const recordKey = `IDEMPOTENCY#key_tester#createCart#k${keys}`;
      const view = await createCart(
        deps,
        idempotentContext({ log: log.log, deadline: deadline(), idempotency: { recordKey, fingerprint: 'f' } }),
      );
      if (view.token === null) throw new Error('A new cart came without its token');
      return { id: view.id, token: view.token, view };
    },
    set: (
      { id, token }: DeskCart,
      sku: string,
      wish: number | Partial<LineWish>,
      changes?: Partial<RequestContext>,
    ) => {
      const { quantity = 1, reserve } = typeof wish === 'number' ? { quantity: wish } : wish;
      return setCartLine(deps, id, sku, { quantity, reserve }, context(token, changes));
    },
    remove: ({ id, token }: DeskCart, sku: string, changes?: Partial<RequestContext>) =>
      deleteCartLine(deps, id, sku, context(token, changes)),
    show: ({ id, token }: DeskCart) => showCart(deps, id, context(token)),
    sweep: () => sweep(undefined, { getRemainingTimeInMillis: () => 50_000 }),
    shards: (sku = 'TEE-M'): readonly StockShard[] =>
      rows('shop')
        .filter(({ sk, sku: of }) => sk === 'STOCK' && of === sku)
        .map((item) => stockShardSchema.parse(item))
        .toSorted((a, b) => a.shard - b.shard),
    carts: (): readonly Cart[] =>
      rows('shop')
        .filter(({ sk }) => sk === 'CART')
        .map((item) => cartSchema.parse(item)),
    alerts: () => rows('logs'),
  };
}

/** A cart desk. */
export type CartDesk = ReturnType<typeof createCartDesk>;

/**
 * What must be true of stock and carts whenever nobody is in the middle of a write: nothing below zero, nothing lost or made, and
 * every reserved piece is in exactly one cart or order.
 *
 * @param pieces that there are of each SKU
 * @returns what is not; empty when all is well
 */
export function brokenStockLaws(
  desk: Pick<CartDesk, 'rows' | 'carts'>,
  pieces: Readonly<Record<string, number>>,
  inOrders: readonly Allocation[] = [],
): readonly string[] {
  const shards = desk
    .rows('shop')
    .filter(({ sk }) => sk === 'STOCK')
    .map((item) => stockShardSchema.parse(item));
  const inCarts = desk
    .carts()
    .flatMap(({ lines }) => lines.flatMap(({ reservation }) => reservation?.allocations ?? []));
  const held = [...inCarts, ...inOrders];
  const negative = shards.filter(({ available, reserved, sold }) => Math.min(available, reserved, sold) < 0);
  const apart = shards.filter(({ sku, shard, reserved }) => {
    const ofShard = held.filter((one) => one.sku === sku && one.shard === shard);
    return ofShard.reduce((sum, { quantity }) => sum + quantity, 0) !== reserved;
  });
  const lost = Object.entries(pieces).filter(([sku, count]) => {
    const all = shards.filter((one) => one.sku === sku);
    return all.reduce((sum, { available, reserved, sold }) => sum + available + reserved + sold, 0) !== count;
  });
  return [
    ...negative.map(({ sku, shard }) => `${sku}#${shard} is below zero`),
    ...apart.map(({ sku, shard, reserved }) => `${sku}#${shard} has ${reserved} reserved, and carts hold other`),
    ...lost.map(([sku, count]) => `there are not ${count} of ${sku} any more`),
  ];
}

/** The code of the error that something ends with; undefined: it doesn't. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof HavenError) return error.code;
    throw error;
  }
}
