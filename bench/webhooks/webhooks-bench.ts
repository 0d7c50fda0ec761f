import { performance } from 'node:perf_hooks';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { noticeItem } from '#shared/orders/notice.ts';
import { orderKey } from '#shared/orders/order-keys.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { newId } from '#shared/platform/ids.ts';
import { testOrder } from '#test/support/fakes/orders.ts';
import { createWebhookBench } from '#test/support/fakes/webhook-bench.ts';
import { awsOptions, eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { startWebhookReceiver, type WebhookReceiver } from '#test/support/webhook-receiver.ts';
import type { Bench, ReportTable } from '../bench.ts';
import { number } from '../lanes/times-tables.ts';
import { formatUsd, totalPicoUsd } from '../prices.ts';
import { percentile } from '../statistics.ts';

const SHOP = 'haven-local-shop';
const DEFAULT_ROUNDS = 3;
/** Events one after the other, each when the one before was delivered. */
const SINGLE_EVENTS = 20;
/** Events at once. */
const BURST = 100;
const PATIENCE_MS = 120_000;

/** What events took from their being stored to their being received. */
interface Times {
  readonly name: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly perSecond: number;
}

/** The same events, one after the other and all at once. */
interface Pair {
  readonly single: Times;
  readonly burst: Times;
}

/** How many times as long events take at the median beside an endpoint that hangs as beside one that answers. */
interface Ratios {
  readonly single: number;
  readonly burst: number;
}

/** Webhooks through the deployed functions: an event is stored as an order's change stores it, a receiver on this machine gets it. */
export const webhooksBench: Bench = async ({ rounds = DEFAULT_ROUNDS, say }) => {
  const haven = localHaven();
  const good = await startWebhookReceiver();
  const other = await startWebhookReceiver();
  const hanging = await startWebhookReceiver(() => ({ hang: true }));
  const made: string[] = [];
  const endpoint = async (receiver: WebhookReceiver) => {
    const { id } = await haven.client.createWebhookEndpoint({ body: { url: receiver.url, events: ['order.*'] } });
    made.push(id);
    return id;
  };
  const remove = async (id: string) => {
    await haven.client.deleteWebhookEndpoint({ params: { id } });
    made.splice(made.indexOf(id), 1);
  };
  try {
    await endpoint(good);
    // The other one is exchanged and not added: an event is two deliveries either way, and what differs is that one hangs.
    const otherId = await endpoint(other);
    await measure(haven, good, 'warm-up', 1, 5);
    const beside = async (what: string): Promise<Pair> => {
      say(`One event after the other, beside ${what}`);
      const single = await measure(haven, good, `one after the other, beside ${what}`, rounds * SINGLE_EVENTS, 1);
      say(`${BURST} events at once, beside ${what}`);
      return { single, burst: await measure(haven, good, `${BURST} at once, beside ${what}`, rounds, BURST) };
    };
    const besideGood = await beside('one that answers');
    await remove(otherId);
    await endpoint(hanging);
    const besideHanging = await beside('one that hangs');
    const rows = [besideGood.single, besideGood.burst, besideHanging.single, besideHanging.burst];
    const ratios = {
      single: besideHanging.single.p50Ms / besideGood.single.p50Ms,
      burst: besideHanging.burst.p50Ms / besideGood.burst.p50Ms,
    };
    const calls = await countCalls();
    return {
      tables: [timesTable(rows, ratios), callsTable(calls)],
      data: { webhooks: { rows, ratios, calls, hangingCalls: hanging.calls.length } },
    };
  } finally {
    for (const id of made) await haven.client.deleteWebhookEndpoint({ params: { id } });
    await Promise.all([good.close(), other.close(), hanging.close()]);
  }
};

/** Stores events, so many at once, and waits until all are received. */
async function measure(
  haven: LocalHaven,
  receiver: WebhookReceiver,
  name: string,
  times: number,
  atOnce: number,
): Promise<Times> {
  const client = createDocumentClient(new DynamoDBClient(awsOptions(haven.info)));
  const taken: number[] = [];
  let busyMs = 0;
  for (let time = 0; time < times; time += 1) {
    const startMs = performance.now();
    const ids = Array.from({ length: atOnce }, () => newId('evt'));
    const storedAt = new Map<string, number>();
    await Promise.all(
      ids.map(async (id) => {
        const order = testOrder({ id: newId('ord') });
        const notice = { id, order_id: order.id, event: 'order.paid' as const, audience: 'merchant' as const };
        const item = noticeItem({ ...notice, order_version: 1, created_at: isoTime(systemClock()) });
        await client.send(new PutCommand({ TableName: SHOP, Item: { ...orderKey(order.id), ...order } }));
        await client.send(new PutCommand({ TableName: SHOP, Item: item }));
        storedAt.set(id, performance.now());
      }),
    );
    const receivedAt = new Map<string, number>();
    await eventually(
      `${atOnce} events`,
      async () => {
        for (const { headers } of receiver.calls) {
          const id = String(headers['webhook-id']);
          if (storedAt.has(id) && !receivedAt.has(id)) receivedAt.set(id, performance.now());
        }
        return receivedAt.size === atOnce ? true : undefined;
      },
      PATIENCE_MS,
      5,
    );
    busyMs += performance.now() - startMs;
    for (const [id, at] of receivedAt) taken.push(at - (storedAt.get(id) ?? at));
  }
  return {
    name,
    p50Ms: percentile(taken, 50),
    p95Ms: percentile(taken, 95),
    perSecond: (1_000 * times * atOnce) / busyMs,
  };
}

/** What an event to one endpoint asks of DynamoDB, counted in this process with tables in memory. */
interface Calls {
  readonly name: string;
  readonly reads: number;
  readonly writes: number;
  readonly writtenItems: number;
}

async function countCalls(): Promise<readonly Calls[]> {
  const counted: Calls[] = [];
  for (const events of [1, 100]) {
    const bench = createWebhookBench();
    const receiver = await startWebhookReceiver();
    await bench.endpoint({ url: receiver.url });
    for (let count = 0; count < events; count += 1) bench.notice();
    let reads = 0;
    let writes = 0;
    let writtenItems = 0;
    const network: Parameters<typeof bench.send>[0] = ({ operation, body }, answer) => {
      if (operation === 'TransactWriteItems') {
        writes += 1;
        writtenItems += Array.isArray(body['TransactItems']) ? body['TransactItems'].length : 0;
      } else reads += 1;
      return answer();
    };
    await bench.plan(network);
    await bench.send(network);
    await receiver.close();
    const per = (total: number) => total / events;
    counted.push({
      name: events === 1 ? 'an event by itself' : `an event of ${events} at once`,
      reads: per(reads),
      writes: per(writes),
      writtenItems: per(writtenItems),
    });
  }
  return counted;
}

function timesTable(rows: readonly Times[], { single, burst }: Ratios): ReportTable {
  return {
    title: 'Webhooks, from the event to its delivery',
    text: `Through the deployed functions on the local endpoint, to a receiver on this machine; each event goes to a second endpoint as well. Where that one hangs and does not answer, the first hears ${number(single, 2)} times as late of one event after the other, and ${number(burst, 2)} times as late of ${BURST} at once, at the median.`,
    columns: ['Events', 'p50, ms', 'p95, ms', 'Events a second'],
    rows: rows.map(({ name, p50Ms, p95Ms, perSecond }) => [
      name,
      number(p50Ms, 0),
      number(p95Ms, 0),
      number(perSecond, 1),
    ]),
  };
}

/** Of an item up to a kilobyte in a transaction, and of the index entries that it changes, two on average. */
const UNITS_AN_ITEM = 4;

function callsTable(rows: readonly Calls[]): ReportTable {
  return {
    title: 'What webhooks call and cost',
    text: `To one endpoint that takes them. Counted on tables in memory; USD by list prices, with ${UNITS_AN_ITEM} write units an item and one read unit a read.`,
    columns: ['Of', 'Reads', 'Transactions', 'Items written', 'USD per 1,000'],
    rows: rows.map(({ name, reads, writes, writtenItems }) => [
      name,
      number(reads, 1),
      number(writes, 1),
      number(writtenItems, 1),
      formatUsd(1_000n * totalPicoUsd({ dynamoWriteUnit: UNITS_AN_ITEM * writtenItems, dynamoReadUnit: reads })),
    ]),
  };
}
