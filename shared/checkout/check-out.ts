import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { confirmShortage } from '#shared/catalog/confirm-shortage.ts';
import type { Money } from '#shared/catalog/product.ts';
import type { ProductReader } from '#shared/catalog/product-reader.ts';
import type { PoolKicker } from '#shared/custody/deposit-pool/pool-kicker.ts';
import { type PooledWallet, pooledWalletIn, slotKey } from '#shared/custody/deposit-pool/pool-rows.ts';
import { type PoolSize, poolStatus } from '#shared/custody/deposit-pool/pool-size.ts';
import {
  pickDepositWallet,
  poolIsEmpty,
  type TakeDependencies,
} from '#shared/custody/deposit-pool/take-deposit-wallet.ts';
import type { ProcessorRegistry } from '#shared/payments/processors/processor-config.ts';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { batchGetTables } from '#shared/platform/dynamo/batch-get-tables.ts';
import { untilUnraced } from '#shared/platform/dynamo/races.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { RetryPolicy, Sleep } from '#shared/platform/retry.ts';
import type { Price } from '#shared/prices/price.ts';
import type { PriceSource } from '#shared/prices/price-source.ts';
import { quote } from '#shared/prices/quote.ts';
import { readTokenSettings, TOKEN_SETTINGS_KEY } from '#shared/token/token-settings.ts';
import type { Cart } from './cart.ts';
import { cartKey } from './cart-keys.ts';
import { takeoverOf } from './cart-reservations.ts';
import { followingToken } from './following-token.ts';
import { type NewOrderView, newOrderView } from './new-order-view.ts';
import { type OpenCartDependencies, openCart, requireOpen } from './open-cart.ts';
import { type PaidThrough, type Payee, paidThrough, payableAtProcessor, pricingChain } from './paid-through.ts';
import { isHaven, type PayableAsset, payableAsset } from './payable-asset.ts';
import { type PlaceDependencies, placeOrder } from './place-order.ts';
import { priceCart, takeStock } from './price-order.ts';
import { settleCart } from './settle-cart.ts';

/** What the customer asks for. */
export interface CheckoutWish {
  /** Of a chain and a processor, exactly one. */
  readonly chain_id?: number | undefined;
  readonly processor?: string | undefined;
  readonly asset: string;
  readonly email: string | null;
  /** As in BCP 47. */
  readonly locale?: string | undefined;
  readonly expected_total: Money;
}

/** What a checkout needs. */
export interface CheckoutDependencies extends OpenCartDependencies, PlaceDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: PlaceDependencies['tables'];
  readonly products: ProductReader;
  readonly prices: PriceSource;
  readonly chains: ChainRegistry;
  readonly processors: ProcessorRegistry;
  readonly pool: TakeDependencies['pool'];
  readonly poolSize: PoolSize;
  readonly poolKicker: PoolKicker;
  readonly newId: NewId;
  /** From 0 to 1. Not for secrets: it only keeps rivals apart. */
  readonly random?: () => number;
  readonly wait?: Sleep;
}

/**
 * Slots that are looked at with the cart. One is enough while the pool is full; with half of it gone one checkout in sixty finds none
 * of six, and asks the pool itself.
 */
const CANDIDATE_SLOTS = 6;

/** Others at the same shard, cart or slot are done within some milliseconds. */
const CHECKOUT_RETRY: RetryPolicy = { maxAttempts: 40, baseDelayMs: 10, maxDelayMs: 250 };

/**
 * Makes an order of a cart: three calls to DynamoDB, the last of which is the one transaction that does all of it or nothing. Whatever was
 * changed by others since it was read is in a condition; then everything is read and judged anew.
 *
 * 1. The cart, some slots of the deposit pool (unless a processor takes the money), and the token's settings where they matter.
 * 2. The products and their shards; at the same time the asset's price, from its source.
 * 3. The transaction: see `placeOrder`.
 *
 * The order's token follows from the cart's, so that a repeated request is answered with the same one, though it is stored nowhere.
 *
 * @throws CART_NOT_FOUND, CART_TAMPERED, CART_EXPIRED, INVALID_TRANSITION for a cart that is empty or an order already, INVALID_PARAMETER,
 *   PRICE_CHANGED, OUT_OF_STOCK, PRICE_UNAVAILABLE, DEPOSIT_POOL_EMPTY, WRITE_CONFLICT, DATABASE_ERROR; IdempotentReplay
 */
export async function checkOut(
  deps: CheckoutDependencies,
  cartId: string,
  wish: CheckoutWish,
  context: IdempotentContext,
): Promise<NewOrderView> {
  const orderId = deps.newId('ord');
  try {
    const through = paidThrough(deps, wish);
    const priceOnce = priceReader(deps, pricingChain(through), context);
    const token = await orderToken(deps, orderId, context);
    const view = await untilUnraced(
      () => attempt(deps, { cartId, orderId, through, wish, priceOnce, token }, context),
      CHECKOUT_RETRY,
      context.deadline,
      deps.wait,
    );
    return { ...view, token };
  } catch (error) {
    throw (await replayed(deps, error, context)) ?? error;
  }
}

interface Checkout {
  readonly cartId: string;
  readonly orderId: string;
  readonly through: PaidThrough;
  readonly wish: CheckoutWish;
  readonly priceOnce: (asset: PayableAsset, currency: string) => Promise<Price>;
  readonly token: string;
}

async function attempt(
  deps: CheckoutDependencies,
  { cartId, orderId, through, wish, priceOnce, token }: Checkout,
  context: IdempotentContext,
): Promise<NewOrderView> {
  const first = await readFirst(deps, cartId, through, wish.asset);
  const opened = await openCart(deps, cartId, first.cart, context);
  requireOpen(opened);
  const cart = await settleCart(deps, opened, context.deadline);
  const currency = requireLines(cart);
  const asset =
    through.kind === 'chain'
      ? payableAsset(through.chain, wish.asset, first.token)
      : payableAtProcessor(through.processor, wish.asset);
  const [products, price] = await Promise.all([deps.products.read(wantsOf(cart)), priceOnce(asset, currency)]);
  const priced = priceCart(cart.lines, products, wish.expected_total);
  const takeover = takeoverOf(cart.lines);
  const held = new Map(takeover.held.map(({ sku, allocations }) => [sku, allocations]));
  const taking = await confirmShortage(deps.products, [...products.values()], () =>
    takeStock(priced, products, held, deps.random ?? Math.random),
  );
  const due = quote(
    { minorUnits: BigInt(priced.total.amount), currency: priced.total.currency },
    price,
    asset.decimals,
  );
  const payee: Payee =
    through.kind === 'chain'
      ? { kind: 'wallet', chain: through.chain, wallet: await depositWallet(deps, first.slots) }
      : through;
  return placeOrder(
    deps,
    {
      orderId,
      cart,
      priced,
      taking,
      takeover,
      payee,
      asset,
      price,
      due,
      token,
      email: wish.email,
      locale: wish.locale,
    },
    context,
  );
}

/** One read of each SKU: a cart that has one twice would be refused by DynamoDB. */
function wantsOf({ lines }: Cart) {
  const rows = new Map<string, number>();
  for (const { sku, stock_rows } of lines) rows.set(sku, Math.max(stock_rows, rows.get(sku) ?? 0));
  return [...rows].map(([sku, stockRows]) => ({ sku, stockRows }));
}

function requireLines({ id, currency, lines }: Cart): string {
  if (currency !== null && lines.length > 0) return currency;
  throw new HavenError('INVALID_TRANSITION', `Cart ${id} is empty`, { details: { lines: 0 } });
}

async function readFirst(deps: CheckoutDependencies, cartId: string, through: PaidThrough, asset: string) {
  const { client, tables, poolSize, random = Math.random } = deps;
  const start = Math.floor(random() * poolSize.target);
  const wanted = Math.min(CANDIDATE_SLOTS, poolSize.target);
  const slots = Array.from({ length: wanted }, (_, index) => (start + index) % poolSize.target);
  const found = await batchGetTables(client, [
    { table: tables.shop, keys: [cartKey(cartId)], consistent: true },
    // A processor takes the money: there is nothing of Haven's wallets to know.
    ...(through.kind === 'processor'
      ? []
      : [
          {
            table: tables.ledger,
            keys: [...slots.map(slotKey), ...(isHaven(asset) ? [TOKEN_SETTINGS_KEY] : [])],
            // A slot that was just emptied is found out by the condition of the transaction.
            consistent: false,
          },
        ]),
  ]);
  const ledger = found.get(tables.ledger) ?? [];
  const settings = ledger.find(({ pk }) => pk === TOKEN_SETTINGS_KEY.pk);
  return {
    cart: found.get(tables.shop)?.[0],
    slots: ledger.filter((item) => item !== settings).map(pooledWalletIn),
    token: settings === undefined ? undefined : readTokenSettings(settings),
  };
}

/** One of the slots that were read; else the pool itself is asked. */
async function depositWallet(deps: CheckoutDependencies, slots: readonly PooledWallet[]): Promise<PooledWallet> {
  const { pool, poolSize, poolKicker, random = Math.random } = deps;
  const looked = Math.min(CANDIDATE_SLOTS, poolSize.target);
  const estimate = Math.floor((slots.length * poolSize.target) / Math.max(looked, 1));
  const candidate = slots[Math.min(Math.floor(random() * slots.length), slots.length - 1)];
  let isLow = poolStatus(estimate, poolSize) !== 'filled';
  try {
    if (candidate !== undefined) return candidate;
    const picked = await pickDepositWallet({ pool, size: poolSize, random });
    isLow ||= picked.isLow;
    if (picked.wallet === undefined) throw poolIsEmpty();
    return picked.wallet;
  } finally {
    if (isLow) await poolKicker.kick();
  }
}

/** Asks for a price once in a request, however often others come first: its age is counted by who set it, not by us. */
function priceReader(
  deps: CheckoutDependencies,
  chainId: number,
  { deadline }: IdempotentContext,
): Checkout['priceOnce'] {
  const asked = new Map<string, Promise<Price>>();
  return (asset, currency) => {
    const known = asked.get(currency);
    if (known !== undefined) return known;
    const price = deps.prices.price({ chainId, asset: asset.symbol, currency }, deadline);
    asked.set(currency, price);
    return price;
  };
}

/** The token of an order that a cart becomes: whoever has the cart's can be given it again, and nobody else. */
async function orderToken(
  { readShopKey }: CheckoutDependencies,
  orderId: string,
  { capability }: IdempotentContext,
): Promise<string> {
  return followingToken(await readShopKey(), orderId, capability);
}

/**
 * The answer that was given before, with the token of its order, which is stored nowhere.
 *
 * @returns undefined when the request wasn't answered before
 */
async function replayed(
  deps: CheckoutDependencies,
  error: unknown,
  context: IdempotentContext,
): Promise<IdempotentReplay | undefined> {
  const found = error instanceof IdempotentReplay ? error : await earlierAnswer(deps, context);
  if (found === undefined) return undefined;
  const view = newOrderView.parse(found.answer.body);
  const token = await orderToken(deps, view.id, context);
  return new IdempotentReplay({ status: found.answer.status, body: { ...view, token } });
}

async function earlierAnswer(
  { idempotency }: CheckoutDependencies,
  context: IdempotentContext,
): Promise<IdempotentReplay | undefined> {
  try {
    await idempotency.replayIfAnswered(context.idempotency);
  } catch (error) {
    // Whatever else it is: the pipeline asks again, and says so.
    if (error instanceof IdempotentReplay) return error;
  }
  return undefined;
}
