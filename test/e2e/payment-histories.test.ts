import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orderFindings } from '#shared/integrity/order-rules.ts';
import { addRow, noRows } from '#shared/integrity/shop-rows.ts';
import { stockFindings } from '#shared/integrity/stock-rules.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { DeployedCopy } from '#test/support/deployed-copy.ts';
import { createDeployedScanner } from '#test/support/deployed-scanner.ts';
import { orderId } from '#test/support/fakes/orders.ts';
import { payAddress } from '#test/support/fakes/scan-desk.ts';
import { localHaven } from '#test/support/local-haven.ts';
import { everythingIn } from '#test/support/own-tables.ts';
import { tokenBalance } from '#test/support/payer.ts';
import { PaymentHistories } from '#test/support/payment-history.ts';
import { createScanLab, type ScanLab } from '#test/support/scan-lab.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

const HISTORIES = 100;
/** Of so many the chain is the same at the same time: its blocks, reorgs and passes cost what they cost for one. */
const SIDE_BY_SIDE = 5;
const ROUNDS = HISTORIES / SIDE_BY_SIDE;
/** Of one history: two of the token, of which one is soon due, and one of the coin. */
const ORDERS = 3;
/** From the beginning of a round to the next one, by the time of blocks. */
const ROUND_SECONDS = 2_000;
const SHORT_SECONDS = 45;
const LONG_SECONDS = 1_000;
const LEAST = 999_000n;
const PIECES = 10 * ORDERS * HISTORIES;
const SEED = 20_261_122;

let lab: ScanLab;
let scanner: DeployedCopy;

beforeAll(async () => {
  const haven = localHaven();
  lab = await createScanLab(haven, (ROUNDS + 2) * ROUND_SECONDS);
  scanner = await createDeployedScanner(haven, lab);
});
afterAll(async () => {
  try {
    await scanner?.remove();
  } finally {
    await lab?.close();
  }
});

const isSome = (count: number) => count > 1;

/** Orders of a round have numbers that follow each other. */
const ORDERS_OF_ROUND = SIDE_BY_SIDE * ORDERS;

/**
 * Places the orders of all histories, each with its deadline.
 *
 * @returns when the first round begins, in seconds since the Unix epoch
 */
async function place(): Promise<number> {
  const begin = lab.seconds() + ROUND_SECONDS;
  lab.desk.putProduct('TEE-M', [PIECES]);
  for (let n = 0; n < HISTORIES * ORDERS; n += 1) {
    const at = begin + Math.floor(n / ORDERS_OF_ROUND) * ROUND_SECONDS;
    const expires = at + (n % ORDERS === 1 ? SHORT_SECONDS : LONG_SECONDS);
    const token_address = n % ORDERS === 2 ? null : lab.token;
    await lab.desk.place(n, { expires_at: isoTime(expires * 1_000) }, { token_address });
  }
  await lab.copy();
  return begin;
}

/** What became of an order, and what the chain itself says that its address has. */
async function outcome(n: number) {
  const found = await lab.orders.find(orderId(n));
  if (found === undefined) throw new Error(`No order ${n}`);
  const { order, payments } = found;
  const there = payments.filter(({ status, other_asset }) => status !== 'orphaned' && other_asset === undefined);
  const address = payAddress(n);
  const has =
    order.payment.token_address === null
      ? BigInt(String(await lab.payer.ask('eth_getBalance', [address, 'latest'])))
      : await tokenBalance(lab.payer, lab.token, address);
  return { order, payments, there, has };
}

/** Sum of credited is the sum on the chain; none paid without money; nothing still on its way. */
async function check(seed: number, n: number): Promise<string> {
  const { order, payments, there, has } = await outcome(n);
  const sum = there.reduce((all, { amount }) => all + BigInt(amount), 0n);
  const about = { seed, order: n, status: order.status };
  expect({ ...about, credited: sum, paid: order.payment.amount_paid }).toEqual({
    ...about,
    credited: has,
    paid: has.toString(),
  });
  expect({ ...about, unconfirmed: there.filter(({ status }) => status !== 'confirmed') }).toEqual({
    ...about,
    unconfirmed: [],
  });
  expect(['paid', 'expired']).toContain(order.status);
  // A reorg that is deeper than the confirmations leaves it paid, and says so.
  if (order.status === 'paid' && has < LEAST) expect(order.flags).toContain('partially_paid');
  return [order.status, ...order.flags, ...new Set(payments.map(({ status }) => status))].toSorted().join(' ');
}

describe.runIf(process.platform === 'linux')(
  `${HISTORIES} random histories of payments, reorgs, rivals, delays and kills, by the deployed scanner on a real chain`,
  () => {
    it('end with as much credited as is on the chain, no order paid twice, and none without money', {
      timeout: 300_000,
    }, async () => {
      const met = new Map<string, number>();
      const kinds = new Map<string, number>();
      const begin = await place();
      let killed = 0;
      let continued = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const seed = SEED + round * SIDE_BY_SIDE;
        const starts = begin + round * ROUND_SECONDS;
        lab.passTime(starts);
        await lab.mine();
        const each = Array.from({ length: SIDE_BY_SIDE }, (_, nth) => ({
          orders: Array.from({ length: ORDERS }, (_order, index) => (round * SIDE_BY_SIDE + nth) * ORDERS + index),
          random: seededRandom(seed + nth),
        }));
        const histories = new PaymentHistories(lab, scanner, each, seededRandom(-seed));
        for (const kind of await histories.play()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        lab.passTime(starts + LONG_SECONDS);
        await histories.finish();
        killed += histories.killed;
        continued += histories.continued;
        for (const [nth, { orders }] of each.entries()) {
          for (const became of await Promise.all(orders.map((n) => check(seed + nth, n)))) {
            met.set(became, (met.get(became) ?? 0) + 1);
          }
        }
      }
      const entries = await everythingIn(lab.client, lab.tables.audit);
      const paid = entries.filter(({ action }) => action === 'order.paid').map(({ pk }) => pk);
      expect(new Set(paid).size).toBe(paid.length);
      const rows = noRows();
      for (const item of await everythingIn(lab.client, lab.tables.shop)) addRow(rows, item);
      const held = [...rows.orders.values()].map(({ id, payment }) => ({
        wallet_id: payment.wallet_id ?? '',
        address: payment.address ?? '',
        order_id: id,
      }));
      expect([...orderFindings(rows, held), ...stockFindings(rows, new Map([['TEE-M', PIECES]]))]).toEqual([]);
      // Else the histories had little in them.
      for (const kind of ['pay', 'reorg', 'again', 'pass', 'killed', 'rivals', 'delayed']) {
        expect([kind, kinds.get(kind) ?? 0]).toEqual([kind, expect.toSatisfy(isSome)]);
      }
      expect({ killed, continued }).toEqual({ killed: expect.toSatisfy(isSome), continued: expect.toSatisfy(isSome) });
      const all = [...met.keys()].join('\n');
      for (const word of ['paid', 'expired', 'orphaned', 'paid_late', 'partially_paid', 'overpaid', 'other_asset']) {
        expect(all).toContain(word);
      }
    });
  },
);
