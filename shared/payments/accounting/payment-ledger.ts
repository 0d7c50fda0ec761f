import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { paymentsOfMonth } from '#shared/orders/order-keys.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { createRefundStore, type OrderWithRefunds } from '../refunds/refund-store.ts';
import { type DepositSweep, depositSweepKey, depositSweepSchema } from '../sweeps/deposit-sweep.ts';
import { type AccountedPayment, accountPayment } from './accounted-payment.ts';
import { shareRefunds } from './share-refunds.ts';

/** A period. ISO 8601, UTC. */
export interface Period {
  /** Included. */
  readonly from: string;
  /** Not included. */
  readonly to: string;
}

/** A page of payments of a period. */
export interface PaymentPage {
  readonly payments: readonly AccountedPayment[];
  /** After what the next page begins; undefined: there is none. */
  readonly next: string | undefined;
}

/** Reads the payments of a period, by the times of their blocks. */
export interface PaymentLedger {
  /**
   * One page. A payment that is moved by a reorg while pages are read may be missed, or seen twice: periods that are over for some hours stand still.
   *
   * @param after `next` of the page before
   */
  page(
    period: Period,
    order: 'oldest_first' | 'newest_first',
    after: string | undefined,
    limit: number,
  ): Promise<PaymentPage>;
}

/** Orders that are read at once. */
const AT_ONCE = 10;
/** Of `2026-11` in an instant. */
const MONTH_LENGTH = 7;

/** Where a payment stands in the index: the time of its block, its order and its id. */
interface Place {
  readonly place: string;
  readonly orderId: string;
  readonly paymentId: string;
}

/**
 * Payments in the shop table, with their orders, refunds and sweeps.
 *
 * @param table the shop table
 */
export function createPaymentLedger(client: DynamoDBDocumentClient, table: string): PaymentLedger {
  const orders = createRefundStore(client, table);

  async function placesOf(
    month: string,
    { from, to }: Period,
    isForward: boolean,
    after: string | undefined,
    limit: number,
  ): Promise<readonly Place[]> {
    const [low, high] = isForward ? [after ?? from, to] : [from, after ?? to];
    if (low >= high) return [];
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'gsi1',
        // A place is longer than its time: what begins with `from` is behind it, and what begins with `to` is behind that.
        KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk BETWEEN :low AND :high',
        ExpressionAttributeValues: { ':pk': paymentsOfMonth(month), ':low': low, ':high': high },
        ScanIndexForward: isForward,
        // Where the page before ended is in it once more.
        Limit: limit + 1,
      }),
    );
    const places = Items.map((item) => placeOf(String(item['gsi1sk'])));
    return places.filter(({ place }) => place !== after).slice(0, limit);
  }

  async function sweepsOf(payments: readonly AccountedPayment[]): Promise<ReadonlyMap<string, DepositSweep>> {
    const keys = new Map(
      payments.flatMap(({ order_id, chain_id }) => {
        if (chain_id === null) return [];
        return [[`${order_id} ${chain_id}`, depositSweepKey({ order_id, chain_id })] as const];
      }),
    );
    const rows = (await batchGet(client, table, [...keys.values()])).map((row) => depositSweepSchema.parse(row));
    return new Map(rows.map((row) => [`${row.order_id} ${row.chain_id}`, row]));
  }

  return {
    async page(period, order, after, limit) {
      const isForward = order === 'oldest_first';
      const places: Place[] = [];
      for (const month of monthsOf(period, isForward, after)) {
        places.push(...(await placesOf(month, period, isForward, after, limit - places.length)));
        if (places.length === limit) break;
      }
      const facts = new Map<string, OrderWithRefunds | undefined>();
      const ids = [...new Set(places.map(({ orderId }) => orderId))];
      for (let start = 0; start < ids.length; start += AT_ONCE) {
        const part = ids.slice(start, start + AT_ONCE);
        const found = await Promise.all(part.map((id) => orders.find(id)));
        for (const [index, id] of part.entries()) facts.set(id, found[index]);
      }
      const stored = places.flatMap(({ orderId, paymentId }) => {
        const of = facts.get(orderId);
        const payment = of?.payments.find(({ id }) => id === paymentId);
        return of === undefined || payment === undefined ? [] : [{ of, payment }];
      });
      const plain = stored.map(({ of, payment }) => accountPayment(of.order, payment, undefined, 0n));
      const sweeps = await sweepsOf(plain);
      const shares = new Map([...facts].map(([id, of]) => [id, shareRefunds(of?.payments ?? [], of?.refunds ?? [])]));
      const payments = stored.map(({ of, payment }) =>
        accountPayment(
          of.order,
          payment,
          sweeps.get(`${payment.order_id} ${payment.on_chain?.chain_id}`),
          shares.get(payment.order_id)?.get(payment.id) ?? 0n,
        ),
      );
      return { payments, next: places.length < limit ? undefined : places.at(-1)?.place };
    },
  };
}

function placeOf(place: string): Place {
  const [time = '', orderId = ''] = place.split('#', 2);
  return { place, orderId, paymentId: place.slice(time.length + orderId.length + 2) };
}

/** The months that a period touches, from where the page before ended. */
function monthsOf({ from, to }: Period, isForward: boolean, after: string | undefined): readonly string[] {
  const months: string[] = [];
  const first = isForward && after !== undefined ? after : from;
  const last = !isForward && after !== undefined ? after : to;
  for (let month = first.slice(0, MONTH_LENGTH); month <= last.slice(0, MONTH_LENGTH); month = following(month)) {
    months.push(month);
  }
  return isForward ? months : months.reverse();
}

function following(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number)).toISOString().slice(0, MONTH_LENGTH);
}
