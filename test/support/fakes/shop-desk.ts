import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { adjustProductStock } from '#shared/catalog/adjust-product-stock.ts';
import { changeProduct, type ProductChange } from '#shared/catalog/change-product.ts';
import { createLowStockNoter } from '#shared/catalog/note-low-stock.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { type CheckoutDependencies, type CheckoutWish, checkOut } from '#shared/checkout/check-out.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { acceptLate } from '#shared/orders/accept-late.ts';
import { type RequestDependencies, requestTransition } from '#shared/orders/change-order.ts';
import type { OrderStatus, Payment } from '#shared/orders/order.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { type SettleDependencies, settleOrder } from '#shared/orders/settle.ts';
import type { Cause } from '#shared/orders/transitions.ts';
import { expireAtProcessors } from '#shared/payments/processors/expire-at-processors.ts';
import { ProcessorRegistry } from '#shared/payments/processors/processor-config.ts';
import { tellOfStuck } from '#shared/payments/processors/tell-of-stuck.ts';
import { expireDue } from '#shared/payments/scan/expire-due.ts';
import { createScanStore } from '#shared/payments/scan/scan-store.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { Capability } from '#shared/platform/http/capability.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { seededRandom } from '#test/support/seeded-random.ts';
import { type Crossing, createCrossing } from './crossing.ts';
import { createFakeChain } from './fake-chain.ts';
import { createFakeClock } from './fake-clock.ts';
import { idempotentContext } from './idempotent-context.ts';
import { TEST_CHAIN } from './ledger-transactions.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { TEST_PROCESSORS } from './processors.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createShopGoods, SHOP_KEY } from './shop-goods.ts';

const TABLES = { shop: 'shop', ledger: 'ledger', audit: 'audit', logs: 'logs' };
const KEYS = {
  shop: ['pk', 'sk'],
  ledger: ['pk', 'sk'],
  audit: ['pk', 'seq'],
  ephemeral: ['pk'],
  logs: ['pk', 'sk'],
};
const POOL = { target: 8, lowWater: 0 };

/**
 * The shop on tables in memory: products, carts, checkouts and orders, each by the real use case.
 *
 * @param before a desk that is done with, whose clients this one takes over
 */
export function createShopDesk(before?: { readonly crossing: Crossing }) {
  const dynamo = createMemoryDynamo(KEYS);
  const crossing = before?.crossing ?? createCrossing(dynamo);
  crossing.use(dynamo);
  const client = crossing.client('desk');
  const clock = createFakeClock();
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const poolSize = POOL;
  const random = seededRandom(20_261_122);
  const goods = createShopGoods(dynamo, clock.now, poolSize.target);
  const { stocked } = goods;
  let kicks = 0;
  let requests = 0;

  function requestDeps(of: DynamoDBDocumentClient): RequestDependencies & SettleDependencies {
    return {
      client: of,
      tables: TABLES,
      orders: createOrderStore(of, 'shop'),
      idempotency: createIdempotencyStore(of, 'ephemeral', clock.now),
      clock: clock.now,
      newId,
      log: log.log,
      metrics: metrics.metrics,
      wait: async () => undefined,
    };
  }

  function checkoutDeps(of: DynamoDBDocumentClient): CheckoutDependencies {
    return {
      ...requestDeps(of),
      tables: TABLES,
      readShopKey: async () => SHOP_KEY,
      products: createProductReader(of, 'shop'),
      prices: {
        price: async (pair) => ({
          ...pair,
          units: 2_000n,
          decimals: 0,
          updatedAtSeconds: null,
          blockNumber: null,
          readAtSeconds: null,
          source: 'fixed' as const,
        }),
      },
      chains: new ChainRegistry([TEST_CHAIN]),
      processors: new ProcessorRegistry(TEST_PROCESSORS),
      pool: createPoolReader(of, 'ledger'),
      poolSize,
      poolKicker: {
        kick: async () => {
          kicks += 1;
        },
      },
      invoiceMinutes: 30,
      toleranceBps: 10,
      random,
    };
  }

  /** What changing the catalog needs. */
  function catalogDeps(of: DynamoDBDocumentClient, products = createProductReader(of, 'shop')) {
    const deps = { ...requestDeps(of), tables: TABLES };
    return { ...deps, products, lowStock: createLowStockNoter(deps) };
  }

  /** Changes a product. */
  function change(sku: string, wanted: ProductChange, by = client) {
    return changeProduct(catalogDeps(by), sku, wanted, request());
  }

  /** A request with a key of its own. */
  function request(overrides: Partial<IdempotentContext> = {}): IdempotentContext {
    requests += 1;
    const key = `request-${requests}`;
    return idempotentContext({
      deadline: Deadline.in(30_000, clock.now),
      idempotency: { recordKey: key, fingerprint: key },
      log: log.log,
      ...overrides,
    });
  }

  const rows = (table: keyof typeof KEYS) => dynamo.items(table).map(plainItem);

  return {
    dynamo,
    crossing,
    client,
    clock,
    log,
    metrics,
    rows,
    ...goods,
    request,
    shopKey: SHOP_KEY,
    kicks: () => kicks,
    checkoutDeps,
    catalogDeps,
    requestDeps,
    /** Checks a cart out, by a process of its own where one is named. */
    checkOut: (
      cart: { readonly id: string; readonly token: string; readonly total: CheckoutWish['expected_total'] },
      { by = client, ...rest }: Partial<CheckoutWish> & { readonly by?: DynamoDBDocumentClient } = {},
      context: Partial<IdempotentContext> = {},
      deps: Partial<CheckoutDependencies> = {},
    ) =>
      checkOut(
        { ...checkoutDeps(by), ...deps },
        cart.id,
        {
          ...(rest.processor === undefined ? { chain_id: TEST_CHAIN.chain_id } : {}),
          asset: TEST_CHAIN.native_asset,
          email: 'ada@example.com',
          expected_total: cart.total,
          ...rest,
        },
        request({ capability: new Capability(cart.token), ...context }),
      ),
    /** Asks for a transition. */
    ask: (orderId: string, to: OrderStatus, cause: Cause, by = client, context: Partial<IdempotentContext> = {}) =>
      requestTransition(requestDeps(by), { orderId, to, cause }, request(context)),
    acceptLate: (orderId: string, by = client) =>
      acceptLate(
        { ...requestDeps(by), products: createProductReader(by, 'shop'), random },
        orderId,
        'the customer asked',
        request(),
      ),
    settle: (orderId: string, seen: readonly Payment[] = [], by = client) =>
      settleOrder(
        requestDeps(by),
        orderId,
        {
          actor: 'payment-scanner',
          requestId: 'invocation-1',
          knownUntilMs: clock.now(),
          deadline: Deadline.in(30_000, clock.now),
        },
        seen,
      ),
    /** What the payment scanner does of due orders when its chain has been read up to now. */
    expire: (by = client, remainingMs = 30_000) => {
      const chain = createFakeChain({ chainId: TEST_CHAIN.chain_id, startSeconds: Math.floor(clock.now() / 1_000) });
      const [last] = chain.blocks;
      if (last === undefined) throw new Error('A chain has a first block');
      return expireDue(
        {
          deps: {
            ...requestDeps(by),
            tables: TABLES,
            orders: createOrderStore(by, 'shop'),
            scans: createScanStore(by, 'shop'),
          },
          chain: TEST_CHAIN,
          client: new ChainClient(chain.rpc),
          accepted: [],
          requestId: 'invocation-2',
          deadline: Deadline.in(remainingMs, clock.now),
        },
        last,
      );
    },
    /** What the order expirer does of orders that wait for a processor's word. */
    expireAtProcessors: (by = client, remainingMs = 30_000) =>
      expireAtProcessors(
        { ...requestDeps(by), tables: TABLES, orders: createOrderStore(by, 'shop'), graceMs: 120_000 },
        'invocation-3',
        Deadline.in(remainingMs, clock.now),
      ),
    /** What the order expirer does of orders whose processor says nothing more. */
    tellOfStuck: (by = client) =>
      tellOfStuck(
        { ...requestDeps(by), tables: TABLES, orders: createOrderStore(by, 'shop') },
        'invocation-4',
        Deadline.in(30_000, clock.now),
      ),
    /** Brings pieces of a product, or takes them away. */
    adjust: async (sku: string, quantity: number, by = client, deps = catalogDeps(by)) => {
      const adjusted = await adjustProductStock(deps, sku, { quantity, reason: 'counted' }, request());
      stocked.set(sku, (stocked.get(sku) ?? 0) + quantity);
      return adjusted;
    },
    change,
    /** Changes what a product costs. */
    reprice: (sku: string, amount: string, by = client) => change(sku, { price: { amount, currency: 'USD' } }, by),
    order: async (orderId: string) => (await createOrderStore(client, 'shop').find(orderId))?.order,
    orders: (): readonly Record<string, unknown>[] => rows('shop').filter(({ sk }) => sk === 'ORDER'),
  };
}

/** A shop desk. */
export type ShopDesk = ReturnType<typeof createShopDesk>;
