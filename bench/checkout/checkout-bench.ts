import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { HavenClient } from '#shared/client/haven-client.ts';
import { inProcess } from '#test/support/in-process.ts';
import { callAsScheduled, clientWith, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import type { Bench, ReportTable } from '../bench.ts';
import { number } from '../lanes/times-tables.ts';
import { percentile } from '../statistics.ts';
import { orderConsumption, orderCostTable, orderStepsTable } from './order-cost.ts';
import { countOrder } from './order-counts.ts';
import { OVERHEAD_ROUNDS, overheadTable, timeOverhead } from './overhead.ts';
import { createShopInProcess, readShopKey } from './shop-in-process.ts';

/** Buyers at once, and how many carts each of them checks out. */
const LOADS: readonly { readonly buyers: number; readonly each: number }[] = [
  { buyers: 1, each: 40 },
  { buyers: 10, each: 6 },
  { buyers: 50, each: 2 },
];
const SHARDS = [1, 8];
/** Refills of the pool before a row: each is given a function's whole time. */
const MAX_REFILLS = 20;

/** What checkouts of one load took. */
interface CheckoutTimes {
  readonly buyers: number;
  readonly shards: number;
  readonly checkouts: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
}

/**
 * Checkouts of one line of one SKU that all want, through the deployed API: carts are filled before, and only the checkout is timed. Every
 * one of them must succeed: who fails is a finding, not a figure.
 */
export const checkoutBench: Bench = async ({ say }) => {
  const haven = localHaven();
  const issued = await haven.client.createApiKey({ body: { name: 'bench', scopes: ['catalog:read', 'carts:write'] } });
  const storefront = clientWith(haven.info, issued.key ?? '');
  const rows: CheckoutTimes[] = [];
  for (const shards of SHARDS) {
    for (const { buyers, each } of LOADS) {
      say(`${buyers} buyers, ${shards} shards`);
      rows.push(await measure(haven, storefront, shards, buyers, each));
    }
  }
  const sku = await onSale(haven, 1, IN_PROCESS_STOCK);
  await fillPool(haven, IN_PROCESS_ORDERS);
  const parts = await inProcess(haven);
  const shopKey = await readShopKey(haven.info);
  say('with and without idempotency and rate limits');
  const overhead = await timeOverhead(parts, haven.info.chainId, shopKey, sku);
  say('counting the calls of an order');
  const shop = createShopInProcess(parts, haven.info.chainId, shopKey);
  const steps = await countOrder(haven.info, parts, shop, sku);
  const consumption = orderConsumption(steps);
  return {
    tables: [timesTable(rows), overheadTable(overhead), orderStepsTable(steps), orderCostTable(consumption)],
    data: { checkout: { rows, overhead, steps, consumption } },
  };
};

/** Four variants in each round, and the order that is counted. */
const IN_PROCESS_ORDERS = OVERHEAD_ROUNDS * 4 + 2;
const IN_PROCESS_STOCK = IN_PROCESS_ORDERS * 2;

async function onSale(haven: LocalHaven, shards: number, stock: number): Promise<string> {
  const sku = `BENCH-${randomUUID().slice(0, 8)}`;
  const price = { amount: '2500', currency: 'USD' };
  await haven.client.createProduct({
    body: { sku, name: 'Bench', price, stock, stock_shards: shards, max_per_order: 5 },
  });
  return sku;
}

async function measure(
  haven: LocalHaven,
  storefront: HavenClient,
  shards: number,
  buyers: number,
  each: number,
): Promise<CheckoutTimes> {
  const checkouts = buyers * each;
  const sku = await onSale(haven, shards, checkouts * 2);
  await fillPool(haven, checkouts);
  const carts = await Promise.all(Array.from({ length: checkouts }, () => filledCart(storefront, sku)));
  const times: number[] = [];
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: buyers }, async () => {
      for (let cart = carts.pop(); cart !== undefined; cart = carts.pop()) {
        const beganMs = performance.now();
        await storefront.checkOut({
          params: { id: cart.id },
          token: cart.token,
          body: { chain_id: haven.info.chainId, asset: 'ETH', email: null, expected_total: cart.total },
        });
        times.push(performance.now() - beganMs);
      }
    }),
  );
  const tookMs = performance.now() - startMs;
  return {
    buyers,
    shards,
    checkouts,
    p50Ms: percentile(times, 50),
    p95Ms: percentile(times, 95),
    p99Ms: percentile(times, 99),
    perSecond: (checkouts * 1_000) / tookMs,
  };
}

async function filledCart(storefront: HavenClient, sku: string) {
  const { id, token } = await storefront.createCart();
  const opened = token ?? '';
  const { total } = await storefront.setCartLine({ params: { id, sku }, token: opened, body: { quantity: 1 } });
  return { id, token: opened, total };
}

/** An order takes a wallet, and a pool that is empty would be what is measured. */
async function fillPool(haven: LocalHaven, wallets: number): Promise<void> {
  for (let refill = 0; refill < MAX_REFILLS; refill += 1) {
    const { free } = await haven.client.showDepositPool();
    if (free >= wallets) return;
    await callAsScheduled(haven, 'deposit-pool');
  }
  throw new Error(`The pool of deposit wallets has not come to ${wallets}`);
}

function timesTable(rows: readonly CheckoutTimes[]): ReportTable {
  return {
    title: 'Checkout of a SKU that all want',
    text: 'One line, through the deployed API on the local endpoint: time is that of four processes a function on this machine. The target is a p99 under 300 ms with ten buyers at once.',
    columns: ['Buyers at once', 'Shards', 'Checkouts', 'p50, ms', 'p95, ms', 'p99, ms', 'A second'],
    rows: rows.map(({ buyers, shards, checkouts, p50Ms, p95Ms, p99Ms, perSecond }) => [
      String(buyers),
      String(shards),
      String(checkouts),
      number(p50Ms, 0),
      number(p95Ms, 0),
      number(p99Ms, 0),
      number(perSecond, 1),
    ]),
  };
}
