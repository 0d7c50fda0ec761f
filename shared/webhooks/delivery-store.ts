import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Deadline } from '#shared/platform/deadline.ts';
import { batchGet, indexSources, type RowPage, readPage, rowLoader } from '#shared/platform/dynamo/id-source.ts';
import { Raced } from '#shared/platform/dynamo/races.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { Sleep } from '#shared/platform/retry.ts';
import { type DeliveryOutcome, deliveryItem, type WebhookDelivery, webhookDeliverySchema } from './delivery.ts';
import { type WebhookEvent, webhookEventSchema } from './event.ts';
import { deliveriesOf, deliveriesThatAre, deliveryKey, dueBy, dueDeliveries, eventKey } from './keys.ts';

/** Thrown when a delivery has changed since it was read: nothing was written. */
export class DeliveryRaced extends Raced {
  constructor() {
    super('Somebody else changed the delivery');
    this.name = 'DeliveryRaced';
  }
}

/** Keeps events and their deliveries. */
export interface WebhookDeliveryStore {
  /** @throws WEBHOOK_DELIVERY_NOT_FOUND */
  get(id: string): Promise<WebhookDelivery>;
  /** Those of these that there are, strongly consistent, in no order. */
  loadAll(ids: readonly string[]): Promise<readonly WebhookDelivery[]>;
  event(id: string): Promise<WebhookEvent | undefined>;
  events(ids: readonly string[]): Promise<readonly WebhookEvent[]>;
  /** Newest events first. */
  list(
    endpointId: string,
    outcome: DeliveryOutcome | undefined,
    before: string | undefined,
    limit: number,
  ): Promise<RowPage<WebhookDelivery>>;
  /** Ids of an endpoint's deliveries after one and before another, the oldest event first. */
  idsBetween(
    endpointId: string,
    outcome: DeliveryOutcome | undefined,
    after: string,
    before: string,
    limit: number,
  ): Promise<readonly string[]>;
  /** Deliveries to an endpoint that are due, the longest due first. */
  due(endpointId: string, nowMs: number, limit: number): Promise<readonly WebhookDelivery[]>;
  /** When the soonest open delivery to an endpoint is due, as the index knows; undefined: none is open. */
  soonest(endpointId: string): Promise<string | undefined>;
  /**
   * Stores a delivery.
   *
   * @param also adds what is to be written with it
   * @throws DeliveryRaced
   */
  save(
    before: WebhookDelivery,
    after: WebhookDelivery,
    deadline: Deadline,
    also?: (write: WriteTransaction) => void,
  ): Promise<void>;
}

/**
 * Events and deliveries in the notify table.
 *
 * @param table the notify table
 */
export function createWebhookDeliveryStore(
  client: DynamoDBDocumentClient,
  table: string,
  wait?: Sleep,
): WebhookDeliveryStore {
  const load = rowLoader(client, table, deliveryKey, webhookDeliverySchema);
  const index = indexSources(client, table);
  const listOf = (endpointId: string, outcome: DeliveryOutcome | undefined) =>
    outcome === undefined
      ? ({ index: 'gsi1', partition: deliveriesOf(endpointId) } as const)
      : ({ index: 'gsi3', partition: deliveriesThatAre(endpointId, outcome) } as const);

  /** Sort keys of a partition of an index, in their order. */
  async function positions(
    name: 'gsi1' | 'gsi2' | 'gsi3',
    condition: string,
    values: Readonly<Record<string, string>>,
    limit: number,
  ): Promise<string[]> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: name,
        KeyConditionExpression: condition,
        ExpressionAttributeNames: { '#pk': `${name}pk`, ...(condition.includes('#sk') ? { '#sk': `${name}sk` } : {}) },
        ExpressionAttributeValues: values,
        Limit: limit,
      }),
    );
    return Items.map((item) => String(item[`${name}sk`]));
  }

  return {
    async get(id) {
      const item = await readItem(client, table, deliveryKey(id));
      if (item === undefined) throw new HavenError('WEBHOOK_DELIVERY_NOT_FOUND', `There is no webhook delivery ${id}`);
      return webhookDeliverySchema.parse(item);
    },

    async loadAll(ids) {
      return (await batchGet(client, table, ids.map(deliveryKey))).map((item) => webhookDeliverySchema.parse(item));
    },

    async event(id) {
      const item = await readItem(client, table, eventKey(id));
      return item === undefined ? undefined : webhookEventSchema.parse(item);
    },

    async events(ids) {
      const items = await batchGet(client, table, [...new Set(ids)].map(eventKey));
      return items.map((item) => webhookEventSchema.parse(item));
    },

    list(endpointId, outcome, before, limit) {
      const { index: name, partition } = listOf(endpointId, outcome);
      // Past an index that is a moment behind.
      const passes = (row: WebhookDelivery) => outcome === undefined || outcomeMatches(row, outcome);
      return readPage(index(name, partition), load, passes, before, limit);
    },

    idsBetween(endpointId, outcome, after, before, limit) {
      const { index: name, partition } = listOf(endpointId, outcome);
      const values = { ':pk': partition, ':after': after, ':before': before };
      return positions(name, '#pk = :pk AND #sk BETWEEN :after AND :before', values, limit);
    },

    async due(endpointId, nowMs, limit) {
      const values = { ':pk': dueDeliveries(endpointId), ':due': dueBy(nowMs) };
      const places = await positions('gsi2', '#pk = :pk AND #sk <= :due', values, limit);
      return load(places.map((place) => place.slice(place.indexOf('#') + 1)));
    },

    async soonest(endpointId) {
      const [place] = await positions('gsi2', '#pk = :pk', { ':pk': dueDeliveries(endpointId) }, 1);
      return place?.slice(0, place.indexOf('#'));
    },

    async save(before, after, deadline, also) {
      const write = new WriteTransaction();
      putDelivery(write, table, before, after);
      also?.(write);
      await write.commit(client, deadline, wait);
    },
  };
}

/**
 * Adds a delivery to a transaction, provided that nobody changed it since it was read.
 *
 * @param before undefined for a new one
 */
export function putDelivery(
  write: WriteTransaction,
  table: string,
  before: WebhookDelivery | undefined,
  after: WebhookDelivery,
): void {
  write.put(table, deliveryItem(after), () => new DeliveryRaced(), unchangedSince(before));
}

function outcomeMatches({ status }: WebhookDelivery, outcome: DeliveryOutcome): boolean {
  if (outcome === 'pending') return status === 'waiting' || status === 'sending';
  return status === (outcome === 'failed' ? 'given_up' : 'delivered');
}
