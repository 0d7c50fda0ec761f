import { randomUUID } from 'node:crypto';
import { devAccount } from '#local/anvil.ts';
import type { HavenClient } from '#shared/client/haven-client.ts';
import {
  callAsScheduled,
  clientWith,
  ended,
  eventually,
  type LocalHaven,
  localHaven,
} from '#test/support/local-haven.ts';
import { createPayer, type Payer } from '#test/support/payer.ts';
import type { BenchContext, BenchReport, ReportTable } from '../bench.ts';
import { number } from '../lanes/times-tables.ts';

/** Gas of a chain without neighbours is the same each time: twice shows that it is. */
const DEFAULT_ROUNDS = 2;
const ASSETS = ['ETH', 'HAVEN'] as const;
/** In how many parts an order is paid. */
const PARTS = [1, 5] as const;
const SEEN_MS = 90_000;
const SWEPT_MS = 150_000;
const POLL_MS = 2_000;

type Asset = (typeof ASSETS)[number];

/** What bringing an order's money to the treasury took. */
interface Swept {
  readonly asset: Asset;
  readonly parts: number;
  readonly transactions: number;
  /** By what the transactions did. */
  readonly gas: { readonly sent: number; readonly token: number; readonly coin: number };
}

/** Measures the gas of sweeps: orders that are paid on the chain, and swept by the deployed sweeper. */
export async function sweepsBench({ rounds = DEFAULT_ROUNDS, say }: BenchContext): Promise<BenchReport> {
  const haven = localHaven();
  const payer = await createPayer(haven.info.rpcUrl);
  try {
    const shop = await openShop(haven, payer);
    const swept: Swept[] = [];
    for (const asset of ASSETS) {
      for (const parts of PARTS) {
        for (let round = 1; round <= rounds; round += 1) {
          say(`${asset} in ${parts} parts, ${round} of ${rounds}`);
          swept.push(await sweepOf(haven, await paidOrder(haven, shop, payer, asset, parts), asset, parts));
        }
      }
    }
    return { tables: [gasTable(swept)], data: { rounds, swept } };
  } finally {
    payer.close();
  }
}

interface Shop {
  readonly sku: string;
  readonly storefront: HavenClient;
}

async function openShop(haven: LocalHaven, payer: Payer): Promise<Shop> {
  const sku = `BENCH-${randomUUID().slice(0, 8)}`;
  const price = { amount: '2500', currency: 'USD' };
  await haven.client.createProduct({ body: { sku, name: 'T-shirt', price, stock: 1_000, max_per_order: 10 } });
  const { key } = await haven.client.createApiKey({
    body: { name: 'storefront', scopes: ['catalog:read', 'carts:write'] },
  });
  const data = payer.data('HavenToken', 'mint', payer.address, 10n ** 24n);
  await payer.ask('eth_sendTransaction', [{ from: devAccount(0).address, to: haven.info.tokenAddress, data }]);
  await callAsScheduled(haven, 'deposit-pool');
  return { sku, storefront: clientWith(haven.info, key ?? '') };
}

/** An order that was paid in so many parts. */
async function paidOrder(
  haven: LocalHaven,
  { sku, storefront }: Shop,
  payer: Payer,
  asset: Asset,
  parts: number,
): Promise<string> {
  const cart = await storefront.createCart();
  const token = cart.token ?? '';
  const params = { id: cart.id };
  const { total } = await storefront.setCartLine({ params: { ...params, sku }, token, body: { quantity: 1 } });
  const body = { chain_id: haven.info.chainId, asset, email: null, expected_total: total };
  const order = await storefront.checkOut({ params, token, body });
  const due = BigInt(order.payment.amount_due);
  const address = order.payment.address ?? '';
  const part = due / BigInt(parts);
  for (let n = 0; n < parts; n += 1) {
    const amount = n === 0 ? due - part * BigInt(parts - 1) : part;
    await payer.send(
      asset === 'ETH'
        ? { to: address, valueWei: amount }
        : { to: haven.info.tokenAddress, data: payer.data('HavenToken', 'transfer', address, amount) },
    );
  }
  const shown = { params: { id: order.id }, token: order.token ?? '' };
  await eventually(
    `the payments of ${order.id}`,
    async () => {
      await storefront.checkPayment(shown);
      return (await storefront.getOrder(shown)).status === 'paid' ? true : undefined;
    },
    SEEN_MS,
    POLL_MS,
  );
  return order.id;
}

async function sweepOf(haven: LocalHaven, orderId: string, asset: Asset, parts: number): Promise<Swept> {
  const id = `${orderId}-${haven.info.chainId}`;
  const { data: sweeps } = await eventually(
    `the end of sweep ${id}`,
    async () => {
      await callAsScheduled(haven, 'deposit-sweeper');
      const page = await haven.client.listDepositSweeps({ query: { status: 'done', limit: 100 } });
      return page.data.some((sweep) => sweep.id === id) ? page : undefined;
    },
    SWEPT_MS,
    POLL_MS,
  );
  const gas = { sent: 0, token: 0, coin: 0 };
  const moves = sweeps.find((sweep) => sweep.id === id)?.moves ?? [];
  for (const { kind, token_address, transaction_id } of moves) {
    const { gas_used } = await ended(haven, transaction_id ?? '');
    const what = kind === 'gas' ? 'sent' : token_address === null ? 'coin' : 'token';
    gas[what] += Number(gas_used ?? '0');
  }
  return { asset, parts, transactions: moves.length, gas };
}

function gasTable(swept: readonly Swept[]): ReportTable {
  const kinds = ASSETS.flatMap((asset) => PARTS.map((parts) => ({ asset, parts })));
  return {
    title: 'Gas of a sweep',
    text: "Orders paid on the chain and swept by the deployed sweeper. `Gas sent`: coin from the treasury for what a token's transfer costs.",
    columns: ['Paid in', 'Payments', 'Transactions', 'Gas sent', 'Token', 'Coin', 'Gas in all', 'Gas per payment'],
    rows: kinds.map(({ asset, parts }) => {
      const own = swept.filter((one) => one.asset === asset && one.parts === parts);
      const mean = (of: (one: Swept) => number) => own.reduce((sum, one) => sum + of(one), 0) / own.length;
      const all = mean(({ gas }) => gas.sent + gas.token + gas.coin);
      return [
        asset === 'ETH' ? 'coin' : 'a token',
        number(parts),
        number(mean(({ transactions }) => transactions)),
        number(mean(({ gas }) => gas.sent)),
        number(mean(({ gas }) => gas.token)),
        number(mean(({ gas }) => gas.coin)),
        number(all),
        number(all / parts),
      ];
    }),
  };
}
