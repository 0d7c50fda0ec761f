import { randomBytes } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { localClientOptions } from '#local/endpoint-settings.ts';
import type { LocalInfo } from '#local/instance.ts';
import { createProductReader } from '#shared/catalog/product-reader.ts';
import { setCartLine } from '#shared/checkout/change-cart.ts';
import { type CheckoutDependencies, checkOut } from '#shared/checkout/check-out.ts';
import { createCart } from '#shared/checkout/create-cart.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { type RequestDependencies, requestTransition } from '#shared/orders/change-order.ts';
import type { Payment } from '#shared/orders/order.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { type SettleDependencies, settleOrder } from '#shared/orders/settle.ts';
import { ProcessorRegistry } from '#shared/payments/processors/processor-config.ts';
import { shopSecretSchema } from '#shared/platform/aws/stage-secrets.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { Capability } from '#shared/platform/http/capability.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLog } from '#shared/platform/log/logger.ts';
import type { InProcess } from '#test/support/in-process.ts';

const DEADLINE_MS = 30_000;
/** As the local stage has them; what is counted and timed does not depend on them. */
const RESERVATION_MS = 600_000;
const INVOICE_MINUTES = 30;
const TOLERANCE_BPS = 10;
const POOL_SIZE = { target: 120, lowWater: 10 };

/** A cart that is ready to be checked out. */
export interface FilledCart {
  readonly id: string;
  readonly token: string;
  readonly total: { readonly amount: string; readonly currency: string };
}

/** The use cases of the shop, wired in this process on deployed tables. */
export type ShopInProcess = ReturnType<typeof createShopInProcess>;

/** Reads the key of the stage's own carts: the deployed sweeper looks at the carts that a bench leaves. */
export async function readShopKey({ awsEndpointUrl }: Pick<LocalInfo, 'awsEndpointUrl'>): Promise<string> {
  const client = new SecretsManagerClient(localClientOptions(awsEndpointUrl));
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: 'haven/local/shop' }));
  return shopSecretSchema.parse(JSON.parse(SecretString ?? '')).shop_key;
}

/**
 * Wires the shop as its functions do, but for a fixed price: what a price feed costs is not what a checkout costs.
 *
 * @param shopKey see `readShopKey`
 * @param idempotency how answers are kept
 */
export function createShopInProcess(
  parts: InProcess,
  chainId: number,
  shopKey: string,
  idempotency: IdempotencyStore = parts.accept.idempotency,
) {
  const { client, tables } = parts;
  const log = createLog(() => undefined);
  const metrics = { count: () => undefined };
  const orders = createOrderStore(client, tables.shop);
  const request: RequestDependencies & SettleDependencies = {
    client,
    tables,
    orders,
    idempotency,
    clock: systemClock,
    newId,
    log,
    metrics,
  };
  const deps: CheckoutDependencies = {
    ...request,
    tables,
    processors: new ProcessorRegistry([]),
    readShopKey: async () => shopKey,
    products: createProductReader(client, tables.shop),
    prices: {
      price: async (pair) => ({
        ...pair,
        units: 2_000n,
        decimals: 0,
        updatedAtSeconds: null,
        blockNumber: null,
        readAtSeconds: null,
        source: 'fixed',
      }),
    },
    chains: parts.accept.chains,
    pool: createPoolReader(client, tables.ledger),
    poolSize: POOL_SIZE,
    poolKicker: { kick: async () => undefined },
    invoiceMinutes: INVOICE_MINUTES,
    toleranceBps: TOLERANCE_BPS,
  };
  const carts = { ...deps, emptyCurrency: 'USD', reservationMs: RESERVATION_MS };
  const holding = (token: string) => ({ ...parts.context(), capability: new Capability(token) });

  return {
    createCart: () => createCart(carts, parts.context()),
    setLine: async ({ id, token }: { readonly id: string; readonly token: string | null }, sku: string) =>
      setCartLine(carts, id, sku, { quantity: 1, reserve: undefined }, holding(token ?? '')),
    async filledCart(sku: string): Promise<FilledCart> {
      const { id, token } = await createCart(carts, parts.context());
      const { total } = await setCartLine(carts, id, sku, { quantity: 1, reserve: undefined }, holding(token ?? ''));
      return { id, token: token ?? '', total };
    },
    checkOut: ({ id, token, total }: FilledCart) =>
      checkOut(
        deps,
        id,
        { chain_id: chainId, asset: 'ETH', email: 'ada@example.com', expected_total: total },
        holding(token),
      ),
    settle: (orderId: string, payment: Payment) =>
      settleOrder(
        request,
        orderId,
        {
          actor: 'bench',
          requestId: 'bench',
          knownUntilMs: Date.now(),
          deadline: Deadline.in(DEADLINE_MS, systemClock),
        },
        [payment],
      ),
    ask: (orderId: string, to: 'fulfilled' | 'completed') =>
      requestTransition(request, { orderId, to, cause: 'operator' }, parts.context()),
    show: (orderId: string) => orders.findOrder(orderId),
    /** A payment of all that is due. */
    paymentOf: (
      { id, payment }: { readonly id: string; readonly payment: { readonly amount_due: string } },
      status: Payment['status'],
    ): Payment => ({
      id: `${chainId}:0x${randomBytes(32).toString('hex')}:native`,
      order_id: id,
      amount: payment.amount_due,
      status,
      block_at: isoTime(Date.now()),
      on_chain: null,
      is_watched: false,
      detected_at: isoTime(Date.now()),
      confirmed_at: null,
    }),
  };
}
