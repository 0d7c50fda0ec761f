import { randomUUID } from 'node:crypto';
import { isoTime } from '#shared/platform/clock.ts';
import { payAddress } from '#test/support/fakes/scan-desk.ts';
import { eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { createPayingShop } from '#test/support/paying-shop.ts';
import { createScanLab, type ScanLab } from '#test/support/scan-lab.ts';
import type { Bench, ReportTable } from '../bench.ts';
import {
  type Consumption,
  costPicoUsd,
  formatUsd,
  PRICES_SINCE,
  pricedNames,
  prices,
  totalPicoUsd,
} from '../prices.ts';
import { median, percentile } from '../statistics.ts';
import { countPasses, type PassCounts } from './scan-counts.ts';

const DEFAULT_ROUNDS = 3;
/** Blocks that a pass catches up with. */
const BACKLOG = 400;
/** Of a busy block: strangers that a contract pays in one transaction. */
const STRANGERS = 60;
const PAYMENTS = 20;
/** Orders stay open for all that is measured, by the time of blocks. */
const OPEN_SECONDS = 10_000_000;
const SEEN_WITHIN_MS = 60_000;
const THOUSAND = 1_000;
/** Of the payment scanner; lib/stacks/scan-stack.ts sets it. */
const SCANNER_MEMORY_GB = 1;
/** Between two looks at an order. */
const POLL_MS = 25;

/** A rate of catching up. */
interface CatchUp {
  readonly what: string;
  readonly blocksPerSecond: number;
}

/**
 * Measures the payment scanner: its own code on real tables and a chain of its own, and what a customer of the deployed stack sees.
 */
export const paymentsBench: Bench = async ({ rounds = DEFAULT_ROUNDS, say }) => {
  const haven = localHaven();
  const lab = await createScanLab(haven);
  try {
    lab.desk.putProduct('TEE-M', [1_000]);
    const expires_at = isoTime((lab.seconds() + OPEN_SECONDS) * 1_000);
    for (let n = 1; n <= PAYMENTS; n += 1) await lab.desk.place(n, { expires_at }, { token_address: lab.token });
    await lab.copy();
    await lab.scan();
    const empty = await catchUp(lab, rounds, 'empty blocks', async () => lab.mine(), say);
    const strangers = Array.from({ length: STRANGERS }, (_, n) => payAddress(1_000_000 + n));
    const data = lab.payer.data(
      'PayMany',
      'payTokens',
      lab.token,
      strangers,
      strangers.map(() => 1n),
    );
    const busy = await catchUp(
      lab,
      rounds,
      `blocks with ${STRANGERS} transfers of an accepted token`,
      async () => {
        await lab.payer.send({ to: lab.payMany, data });
        await lab.mine();
      },
      say,
    );
    say('counting what passes use');
    const counts = await countPasses(
      haven.info,
      lab,
      Array.from({ length: PAYMENTS }, (_, n) => n + 1),
    );
    say('paying on the deployed stack');
    const seenMs = await timePayments(haven, rounds);
    const tables = [ratesTable([empty, busy]), seenTable(seenMs), countsTable(counts), costTable(counts)];
    return { tables, data: { rates: [empty, busy], seenMs, counts } };
  } finally {
    await lab.close();
  }
};

async function catchUp(
  lab: ScanLab,
  rounds: number,
  what: string,
  mine: () => Promise<void>,
  say: (text: string) => void,
): Promise<CatchUp> {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    say(`catching up with ${what}, ${round + 1} of ${rounds}`);
    for (let n = 0; n < BACKLOG; n += 1) await mine();
    const beganMs = performance.now();
    const report = await lab.scan();
    if (report?.blocks !== BACKLOG) throw new Error(`A pass read ${report?.blocks} blocks of ${BACKLOG}`);
    rates.push(BACKLOG / ((performance.now() - beganMs) / 1_000));
  }
  return { what, blocksPerSecond: median(rates) };
}

/** From when a payment is in a block until its order is `confirming`, where the customer asks for a look at once; and until it is `paid`. */
async function timePayments(haven: LocalHaven, rounds: number) {
  const shop = await createPayingShop(haven, `BENCH-${randomUUID().slice(0, 8)}`);
  const confirming: number[] = [];
  const paid: number[] = [];
  const became = (order: { id: string; token: string }, wanted: readonly string[]) =>
    eventually(
      `${order.id} ${wanted.join(' or ')}`,
      async () => {
        const { status } = await shop.storefront.getOrder({ params: { id: order.id }, token: order.token });
        return wanted.includes(status) ? status : undefined;
      },
      SEEN_WITHIN_MS,
      POLL_MS,
    );
  for (let n = 0; n < rounds * 5; n += 1) {
    const order = await shop.placed();
    const hash = await shop.payer.send({ to: order.address, valueWei: order.due });
    await eventually(
      'a receipt',
      async () => (await shop.payer.ask('eth_getTransactionReceipt', [hash])) ?? undefined,
      SEEN_WITHIN_MS,
      POLL_MS,
    );
    const beganMs = performance.now();
    await shop.storefront.checkPayment({ params: { id: order.id }, token: order.token });
    await became(order, ['confirming', 'paid']);
    confirming.push(performance.now() - beganMs);
    await became(order, ['paid']);
    paid.push(performance.now() - beganMs);
  }
  shop.payer.close();
  return { confirming, paid };
}

function ratesTable(rates: readonly CatchUp[]): ReportTable {
  return {
    title: 'Catching up',
    text: `One pass over ${BACKLOG} blocks of a chain on this machine: what endpoints on a network take is theirs. The median of the rounds.`,
    columns: ['Chain', 'Blocks per second'],
    rows: rates.map(({ what, blocksPerSecond }) => [what, blocksPerSecond.toFixed(0)]),
  };
}

function seenTable({ confirming, paid }: Awaited<ReturnType<typeof timePayments>>): ReportTable {
  const row = (what: string, times: readonly number[]) => [
    what,
    String(times.length),
    median(times).toFixed(0),
    percentile(times, 95).toFixed(0),
  ];
  return {
    title: 'From block to order',
    text: 'On the deployed stack, with a block a second and two confirmations, where the customer asks for a look when the payment is in a block.',
    columns: ['Until the order is', 'Payments', 'Median, ms', 'p95, ms'],
    rows: [row('`confirming`', confirming), row('`paid`', paid)],
  };
}

function countsTable(counts: readonly PassCounts[]): ReportTable {
  return {
    title: 'What a pass over one chain uses',
    text: 'Requests to the chain, calls in them, calls to DynamoDB and billed units by the model of `bench/capacity-model.ts`; one endpoint, so nobody is asked for a second opinion.',
    columns: ['Pass', 'RPC requests', 'RPC calls', 'DynamoDB calls', 'Write units', 'Read units'],
    rows: counts.map(({ what, rpcRequests, rpcCalls, awsCalls, units }) => [
      what,
      String(rpcRequests),
      String(rpcCalls),
      String(awsCalls),
      String(units.tableWriteUnits + units.indexWriteUnits),
      String(units.readUnits),
    ]),
  };
}

/** What a thousand payments cost beyond passes that see none, each seen and confirmed; and a month of passes of one chain. */
function costTable(counts: readonly PassCounts[]): ReportTable {
  const named = (start: string) => {
    const found = counts.find(({ what }) => what.startsWith(start));
    if (found === undefined) throw new Error(`No pass with ${start} was counted`);
    return found;
  };
  const idle = named('20 blocks, nobody paid').units;
  const [seen, confirmed] = [named('a block, ten payments are seen'), named('a block, ten payments are confirmed')];
  const of = (measure: (units: PassCounts['units']) => number) =>
    [seen, confirmed].reduce((sum, { units, payments }) => sum + (measure(units) - measure(idle)) / payments, 0);
  const consumption: Consumption = {
    dynamoWriteUnit: of(({ tableWriteUnits, indexWriteUnits }) => tableWriteUnits + indexWriteUnits) * THOUSAND,
    dynamoReadUnit: of(({ readUnits }) => readUnits) * THOUSAND,
  };
  const used = pricedNames().filter((name) => (consumption[name] ?? 0) > 0);
  return {
    title: 'Cost of 1,000 payments, in USD',
    text: `Seen ten in a pass, confirmed ten in a pass; what passes cost without them, the move of the cursor among it, is not theirs, and Lambda’s time (${SCANNER_MEMORY_GB} GB) is the chain’s. List prices of us-east-1, on demand, as published since ${PRICES_SINCE} or longer.`,
    columns: ['What', 'Amount', 'USD'],
    rows: [
      ...used.map((name) => {
        const amount = consumption[name] ?? 0;
        return [prices[name].unit, Number(amount.toFixed(0)).toString(), formatUsd(costPicoUsd(name, amount))];
      }),
      ['All', '', formatUsd(totalPicoUsd(consumption))],
    ],
  };
}
