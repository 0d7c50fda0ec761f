import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { depositStream, type Holder, holderKey } from '#shared/custody/deposit-pool/pool-rows.ts';
import { type OnChainOrderPayment, type Order, type Payment, paymentSchema } from '#shared/orders/order.ts';
import { paymentAddressKey } from '#shared/orders/order-keys.ts';
import { createOrderStore } from '#shared/orders/order-store.ts';
import { scanChain } from '#shared/payments/scan/scan-chain.ts';
import type { ScanPass } from '#shared/payments/scan/scan-context.ts';
import { createScanStore } from '#shared/payments/scan/scan-store.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import type { JsonRpc } from '#shared/platform/chain/json-rpc.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createFakeChain } from './fake-chain.ts';
import { TEST_CHAIN } from './ledger-transactions.ts';
import { orderId, TEST_DEADLINE_MS, testOrder } from './orders.ts';
import { createShopDesk, type ShopDesk } from './shop-desk.ts';

/** A token that is accepted, and one that orders don't ask for. */
export const TOKEN = '0x5fbdb2315678afecb367f032d93f642f64180aa3';
export const OTHER_TOKEN = `0x${'0e'.repeat(20)}`;
/** In which test blocks come. */
export const BLOCK_SECONDS = 60;

const CHAIN = { ...TEST_CHAIN, block_time_ms: BLOCK_SECONDS * 1_000, required_confirmations: 2 };

/** The address of an order by its number. */
export function payAddress(n: number): string {
  return `0x${String(n).padStart(40, 'a')}`;
}

/** What orders of the desk are to be paid with, unless they say otherwise. */
export const DUE = 1_000_000n;

/** A transfer of a token to an order by its number: of what it is to be paid with, unless said otherwise. */
export function payToken(n: number, amount = DUE, token = TOKEN) {
  return { token, to: payAddress(n), amount };
}

/**
 * The scanner on tables and a chain in memory, in a shop that has orders to pay.
 *
 * @param before a desk that is done with, whose clients this one takes over
 */
export function createScanDesk(before?: ShopDesk) {
  const shop = createShopDesk(before);
  shop.putProduct('TEE-M', [1_000]);
  const chain = createFakeChain({
    chainId: CHAIN.chain_id,
    startSeconds: Math.floor(shop.clock.now() / 1_000),
    blockSeconds: BLOCK_SECONDS,
  });

  /** Places an order: by default for 1,000,000 of TOKEN. */
  async function place(
    n: number,
    overrides: Partial<Omit<Order, 'payment'>> = {},
    payment: Partial<OnChainOrderPayment> = {},
  ) {
    const order = testOrder(
      { id: orderId(n), ...overrides },
      { token_address: TOKEN, address: payAddress(n), wallet_id: `wal_${n}`, ...payment },
    );
    await shop.putOrder(order);
    shop.dynamo.put('shop', { ...paymentAddressKey(order.payment.address), order_id: order.id });
    const { wallet_id, address } = order.payment;
    const of = { wallet_id, address, order_id: order.id, at: order.created_at };
    const holder: Holder = { ...emptyHead(depositStream(wallet_id)), ...of, status: 'taken' };
    shop.dynamo.put('ledger', { ...holderKey(wallet_id), ...holder });
    // All leads to it as if a checkout had made it.
    shop.inPlace.delete(order.id);
    return order;
  }

  /** A pass, by a process of its own where one is named; the clock is at the head of the chain. */
  function pass(
    by: DynamoDBDocumentClient = shop.client,
    { rpc = chain.rpc, remainingMs = 40_000 }: { rpc?: JsonRpc; remainingMs?: number } = {},
  ): ScanPass {
    const head = chain.blocks.at(-1);
    shop.clock.advance(Math.max(0, (head?.timestampSeconds ?? 0) * 1_000 - shop.clock.now()));
    const deps = shop.requestDeps(by);
    return {
      deps: {
        ...deps,
        tables: { ...deps.tables, logs: 'logs' },
        orders: createOrderStore(by, 'shop'),
        scans: createScanStore(by, 'shop'),
      },
      chain: CHAIN,
      client: new ChainClient(rpc),
      accepted: [
        { symbol: 'ETH', tokenAddress: null },
        { symbol: 'USDC', tokenAddress: TOKEN },
        { symbol: 'DAI', tokenAddress: OTHER_TOKEN },
      ],
      requestId: 'invocation-1',
      deadline: Deadline.in(remainingMs, shop.clock.now),
    };
  }

  const payments = (n: number): readonly Payment[] =>
    shop
      .rows('shop')
      .filter(({ pk, sk }) => pk === `ORDER#${orderId(n)}` && String(sk).startsWith('PAYMENT#'))
      .map((row) => paymentSchema.parse(row));

  return {
    ...shop,
    shop,
    chain,
    place,
    pass,
    payments,
    scan: (by?: DynamoDBDocumentClient, options?: Parameters<typeof pass>[1]) => scanChain(pass(by, options)),
    /** Mines until a block is later than the deadline of test orders. */
    mineBeyondDeadline(minutes = 1) {
      while ((chain.blocks.at(-1)?.timestampSeconds ?? 0) * 1_000 <= TEST_DEADLINE_MS + minutes * 60_000) chain.mine();
    },
    see: async (n: number) => {
      const order = await shop.order(orderId(n));
      return { status: order?.status, flags: order?.flags, paid: order?.payment.amount_paid };
    },
  };
}

/** A scan desk. */
export type ScanDesk = ReturnType<typeof createScanDesk>;

/** A scan desk with orders, by their numbers from 1, whose chain was read up to its head. */
export async function openScanDesk(orders = 1) {
  const desk = createScanDesk();
  for (let n = 1; n <= orders; n += 1) await desk.place(n);
  await desk.scan();
  return desk;
}
