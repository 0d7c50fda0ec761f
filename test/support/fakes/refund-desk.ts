import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { payableAssets } from '#shared/checkout/payable-asset.ts';
import { tokenHash } from '#shared/checkout/tokens.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import type { OnChainOrderPayment, Order, Payment } from '#shared/orders/order.ts';
import { paymentItem } from '#shared/orders/put-order.ts';
import { claimRefundAddress } from '#shared/payments/refunds/claim-address.ts';
import type { TreasuryChain } from '#shared/payments/refunds/look-at-treasury.ts';
import { isSent, REFUND_KIND, type SentRefund } from '#shared/payments/refunds/refund.ts';
import { refundOutcome } from '#shared/payments/refunds/refund-outcome.ts';
import { createRefundStore } from '#shared/payments/refunds/refund-store.ts';
import { type RefundDependencies, type RefundWish, requestRefund } from '#shared/payments/refunds/request-refund.ts';
import { createTreasuryReader, TREASURY_KEY, TREASURY_STREAM } from '#shared/payments/treasury/treasury.ts';
import { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { Capability } from '#shared/platform/http/capability.ts';
import { newId } from '#shared/platform/ids.ts';
import { deliverAll } from '#shared/platform/outbox/deliver-all.ts';
import { createOutbox } from '#shared/platform/outbox/outbox-table.ts';
import { putTransition } from '#shared/transactions/put-transition.ts';
import type { TransactionStatus } from '#shared/transactions/transaction.ts';
import { createTransactionStore } from '#shared/transactions/transaction-store.ts';
import { advance, type TransactionPatch } from '#shared/transactions/transition.ts';
import type { Crossing } from './crossing.ts';
import { storedWallet, TEST_CHAIN, TEST_WALLET } from './ledger-transactions.ts';
import { orderId, testOrder, testPayment } from './orders.ts';
import { createRecordingKicker } from './recording-kicker.ts';
import { createShopDesk } from './shop-desk.ts';

/** A customer's own address, no wallet of Haven's. */
export const CUSTOMER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
/** Another one. */
export const OTHER_CUSTOMER = '0x90F79bf6EB2c4f870365E785982E1f101E93b906';
/** The token of every order of this desk. */
const TOKEN = 'T'.repeat(43);
const BY = { actor: 'lane-worker', request_id: 'invocation-1' };

/** A token that orders can be paid in, besides what the test order asks for. */
export const OTHER_TOKEN = '0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512';
const REFUND_ASSETS = [{ symbol: 'DAI', token_address: OTHER_TOKEN, decimals: 18, min_sweep: '0' }];

/** What a refund asks for unless a test says otherwise. */
export const WISH: RefundWish = { kind: 'order', to: CUSTOMER, reason: 'the customer asked' };

/**
 * The shop with a treasury: refunds by the real use case, their transactions ended as a lane would, and the real outbox, on tables in memory.
 *
 * @param before a desk that is done with, whose clients this one takes over
 */
export function createRefundDesk(before?: { readonly crossing: Crossing }) {
  const desk = createShopDesk(before);
  const { dynamo, client, clock } = desk;
  const kicker = createRecordingKicker();
  const tables = { shop: 'shop', ledger: 'ledger', audit: 'audit', logs: 'logs' };
  dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet() });
  dynamo.put('ledger', {
    ...TREASURY_KEY,
    ...emptyHead(TREASURY_STREAM),
    ...{ wallet_id: TEST_WALLET.id, address: TEST_WALLET.address, updated_at: isoTime(clock.now()), version: 1 },
  });
  const deadline = () => Deadline.in(30_000, clock.now);
  const store = (of: DynamoDBDocumentClient = client) => createRefundStore(of, 'shop');

  /** What the chain says of the treasury, and of who gets coin. */
  const chain = {
    coinWei: 10n ** 24n,
    tokens: 10n ** 24n,
    gasPriceWei: 1n,
    plainGas: 21_000n,
    code: new Set<string>(),
  };
  const look: TreasuryChain = {
    treasury: async ({ tokenAddress }) => ({
      blockNumber: 100,
      coinWei: chain.coinWei,
      balance: tokenAddress === null ? chain.coinWei : chain.tokens,
      gasPriceWei: chain.gasPriceWei,
    }),
    hasCode: async (_chainId, address) => chain.code.has(address),
    plainGas: async () => chain.plainGas,
  };

  const depsBy = (of: DynamoDBDocumentClient): RefundDependencies => ({
    ...desk.requestDeps(of),
    tables,
    refunds: store(of),
    treasury: createTreasuryReader(of, 'ledger'),
    wallets: createWalletStore(of, 'ledger', clock.now),
    chains: new ChainRegistry([TEST_CHAIN]),
    look,
    payable: async () => payableAssets({ ...TEST_CHAIN, assets: REFUND_ASSETS }, undefined),
    kicker: kicker.kicker,
  });

  /** Puts an order in place with payments of it, confirmed and in time unless they say otherwise. */
  async function putPaid(
    overrides: Partial<Omit<Order, 'payment'>> = {},
    amounts: readonly (number | bigint | Partial<Payment>)[] = [1_000_000],
    payment: Partial<OnChainOrderPayment> = {},
  ): Promise<Order> {
    const id = overrides.id ?? orderId(1);
    const payments = amounts.map((one, n) => {
      const hash = `0x${String(n + 1).padStart(64, 'a')}`;
      const facts = typeof one === 'object' ? one : { amount: one.toString() };
      return testPayment(1_000_000, { id: `31337:${hash}:0`, order_id: id, ...facts });
    });
    const paid = payments
      .filter(({ status, other_asset }) => status !== 'orphaned' && other_asset === undefined)
      .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    const order = testOrder(
      { status: 'paid', token_hash: tokenHash(desk.shopKey, 'order-token', id, TOKEN), ...overrides, id },
      { amount_paid: paid.toString(), ...payment },
    );
    await desk.putOrder(order);
    for (const one of payments) dynamo.put('shop', paymentItem(one));
    return order;
  }

  const refund = (
    wish: Partial<RefundWish> = {},
    { by = client, of = orderId(1), ...context }: Partial<IdempotentContext> & { by?: typeof client; of?: string } = {},
  ): Promise<SentRefund> => requestRefund(depsBy(by), of, { ...WISH, ...wish }, desk.request(context));

  /** Ends a queued transaction as a lane would. */
  async function endTransaction(
    id: string,
    status: TransactionStatus,
    patch: TransactionPatch = {},
    by = client,
  ): Promise<void> {
    let transaction = await createTransactionStore(by, 'ledger').get(id);
    const mined = { succeeded: status === 'confirmed', block_number: 100, gas_used: '21000', effective_gas_price: '1' };
    const path: readonly TransactionStatus[] =
      status === 'confirmed' || status === 'reverted' ? ['signed', 'submitted', 'mined', status] : [status];
    // From where somebody who was killed has left it.
    for (const next of path.slice(path.indexOf(transaction.status) + 1)) {
      const facts = { ...(next === 'mined' ? mined : {}), ...(next === status ? patch : {}) };
      const transition = advance(transaction, next, facts, isoTime(clock.now()), BY);
      const write = new WriteTransaction();
      putTransition(write, tables, transition, (what) => new Error(`Somebody changed ${what}`));
      await write.commit(by, deadline(), async () => undefined);
      transaction = transition.after;
    }
  }

  /** Delivers everything that is in the outbox, as its worker does. */
  async function deliver(by = client) {
    const outbox = createOutbox(by, 'ledger');
    const parts = { clock: clock.now, log: desk.log.log, metrics: desk.metrics.metrics };
    const outcome = refundOutcome({ ...parts, tables, newId, refunds: store(by) });
    const deps = { ...parts, client: by, table: 'ledger', outbox, handlers: { [REFUND_KIND]: outcome } };
    return deliverAll(deps, await outbox.undelivered(100), 'invocation-9', deadline());
  }

  return {
    ...desk,
    depsBy,
    chain,
    kicks: kicker.calls,
    putPaid,
    refund,
    endTransaction,
    deliver,
    /** Asks for a refund, and carries it to its end. */
    refunded: async (status: TransactionStatus, wish: Partial<RefundWish> = {}, of = orderId(1)) => {
      const asked = await refund(wish, { of });
      await endTransaction(asked.transaction_id, status);
      await deliver();
      return asked;
    },
    claim: (address: string, { by = client, of = orderId(1), token = TOKEN } = {}) =>
      claimRefundAddress(
        { ...desk.requestDeps(by), refunds: store(by), readShopKey: async () => desk.shopKey },
        of,
        address,
        desk.request({ capability: new Capability(token) }),
      ),
    /** With the refunds that the treasury sends. */
    read: async (of = orderId(1)) => {
      const found = await store().read(of);
      return { ...found, refunds: found.refunds.filter(isSent) };
    },
    readAll: (of = orderId(1)) => store().read(of),
    transaction: (id: string) => createTransactionStore(client, 'ledger').get(id),
  };
}

/** A refund desk. */
export type RefundDesk = ReturnType<typeof createRefundDesk>;
