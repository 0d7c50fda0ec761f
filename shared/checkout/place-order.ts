import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { reserveStock } from '#shared/catalog/stock-transactions.ts';
import { takeFromPool } from '#shared/custody/deposit-pool/leave-pool.ts';
import { noticesOf } from '#shared/orders/advance.ts';
import { customerOf } from '#shared/orders/customer.ts';
import type { Order } from '#shared/orders/order.ts';
import { putNewOrder, putNotices, putPaymentAddress } from '#shared/orders/put-order.ts';
import { toOrderView } from '#shared/orders/view.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import type { NewId } from '#shared/platform/ids.ts';
import type { Metrics } from '#shared/platform/metrics.ts';
import { decimalText } from '#shared/platform/money/decimal.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import type { Price } from '#shared/prices/price.ts';
import type { Cart } from './cart.ts';
import type { Takeover } from './cart-reservations.ts';
import type { NewOrderView } from './new-order-view.ts';
import { type Payee, payeeFields } from './paid-through.ts';
import type { PayableAsset } from './payable-asset.ts';
import type { PricedCart, Taking } from './price-order.ts';
import { putCheckedOut, takeOverHeld } from './take-over-cart.ts';
import { tokenHash } from './tokens.ts';

/** What placing an order needs. */
export interface PlaceDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly shop: string; readonly ledger: string; readonly audit: string; readonly logs: string };
  readonly readShopKey: () => Promise<string>;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly metrics: Metrics;
  /** Minutes in which an order is to be paid whose products don't say. */
  readonly invoiceMinutes: number;
  /** See `Order.payment.tolerance_bps`. */
  readonly toleranceBps: number;
  readonly wait?: Sleep;
}

/** Everything that a checkout was judged by. */
export interface Draft {
  readonly orderId: string;
  readonly cart: Cart;
  readonly priced: PricedCart;
  readonly taking: Taking;
  readonly takeover: Takeover;
  readonly payee: Payee;
  readonly asset: PayableAsset;
  readonly price: Price;
  /** Base units of the asset. */
  readonly due: bigint;
  readonly token: string;
  readonly email: string | null;
  /** As in BCP 47; undefined: the customer did not say. */
  readonly locale: string | undefined;
}

/** Who takes deposit wallets, in audit entries; who it was for is in the order's own. */
const ACTOR = 'storefront-api';
const MINUTE_MS = 60_000;

/**
 * Writes an order: in one transaction the answer, the cart's end, stock of every SKU, the order, its deposit wallet, the row that says whose
 * its address is, its first audit entry, and notices to customer and merchant. Who pays through a processor gets neither wallet nor address.
 *
 * @throws Raced when anything of what it was judged by has changed: nothing is written. IdempotentReplay, WRITE_CONFLICT, DATABASE_ERROR
 */
export async function placeOrder(
  deps: PlaceDependencies,
  draft: Draft,
  context: IdempotentContext,
): Promise<NewOrderView> {
  const { client, tables, clock } = deps;
  const { cart, taking, takeover, priced, payee } = draft;
  const shopKey = await deps.readShopKey();
  const nowMs = clock();
  const at = isoTime(nowMs);
  const { entry, head } = nextEntry(
    draft.orderId,
    emptyHead(draft.orderId),
    {
      action: 'order.created',
      actor: context.principal.id,
      severity: 'INFO',
      request_id: context.requestId,
      // Never the e-mail address: what is here can't be erased.
      detail: {
        cart_id: cart.id,
        total: priced.total,
        ...(payee.kind === 'wallet' ? { chain_id: payee.chain.chain_id } : { processor: payee.processor.name }),
        asset: draft.asset.symbol,
        amount_due: draft.due.toString(),
        ...(payee.kind === 'wallet' ? { address: payee.wallet.address, wallet_id: payee.wallet.walletId } : {}),
        lines: taking.lines.map(({ sku, quantity }) => ({ sku, quantity })),
      },
    },
    at,
  );
  const order: Order = { ...orderOf(deps, draft, shopKey, nowMs), ...head };
  const view = { ...toOrderView(order), token: null };
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 201, body: view });
  putCheckedOut(write, tables.shop, shopKey, cart, order.id, nowMs);
  const stockRaced = () => new Raced('Stock was taken meanwhile, or its price changed');
  for (const { allocation, offer } of taking.reserve) reserveStock(write, tables.shop, allocation, offer, stockRaced);
  const offers = new Map(priced.lines.map(({ product }) => [product.sku, product.offer]));
  takeOverHeld(
    write,
    tables.shop,
    takeover,
    (sku) => offers.get(sku) ?? 0,
    () => stockRaced,
  );
  putNewOrder(write, tables.shop, order);
  if (payee.kind === 'wallet') {
    putPaymentAddress(write, tables.shop, payee.wallet.address, order.id);
    takeFromPool(write, tables, payee.wallet, order.id, { actor: ACTOR, requestId: context.requestId }, at);
  }
  appendEntry(write, tables.audit, entry);
  const created = { event: 'order.created', tells: ['customer', 'merchant'] } as const;
  putNotices(write, tables.shop, noticesOf(order, [created], { newId: deps.newId, at }));
  await write.commit(client, context.deadline, deps.wait);
  deps.metrics.count('OrderPlaced');
  if (payee.kind === 'wallet') deps.metrics.count('DepositWalletTaken');
  context.log.write('ORDER_PLACED', { order_id: order.id, cart_id: cart.id, lines: order.lines.length });
  return view;
}

function orderOf(
  { invoiceMinutes, toleranceBps }: PlaceDependencies,
  { orderId, cart, priced, taking, payee, asset, price, due, token, email, locale }: Draft,
  shopKey: string,
  nowMs: number,
): Omit<Order, 'audit_seq' | 'audit_hash'> {
  const minutes = Math.min(...priced.lines.map(({ product }) => product.invoice_minutes ?? invoiceMinutes));
  return {
    id: orderId,
    cart_id: cart.id,
    token_hash: tokenHash(shopKey, 'order-token', orderId, token),
    status: 'awaiting_payment',
    flags: [],
    stock: 'reserved',
    lines: taking.lines,
    total: priced.total,
    email,
    customer: email === null ? null : customerOf(shopKey, email),
    ...(locale === undefined ? {} : { locale }),
    payment: {
      ...payeeFields(payee, asset),
      asset: asset.symbol,
      decimals: asset.decimals,
      amount_due: due.toString(),
      amount_paid: '0',
      rate: decimalText(price),
      rate_source: price.source,
      tolerance_bps: toleranceBps,
    },
    expires_at: isoTime(nowMs + minutes * MINUTE_MS),
    created_at: isoTime(nowMs),
    updated_at: isoTime(nowMs),
    version: 1,
  };
}
