import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { alertKey } from '#shared/alerts/alert-row.ts';
import { channelKey } from '#shared/alerts/channels/channel-store.ts';
import { accessHeadKey } from '#shared/audit/access-audit.ts';
import { type AuditHead, auditHeadSchema, emptyHead } from '#shared/audit/audit-entry.ts';
import { productKey } from '#shared/catalog/catalog-keys.ts';
import { readMadeState } from '#shared/custody/custody-state.ts';
import { COMMAND_HEAD_KEY } from '#shared/custody/maintenance/command-audit.ts';
import { orderKey } from '#shared/orders/order-keys.ts';
import { depositSweepKey } from '#shared/payments/sweeps/deposit-sweep.ts';
import { redriveKey } from '#shared/queues/redrive-record.ts';
import { endpointKey } from '#shared/webhooks/keys.ts';

/** Which tables keep heads. */
export interface HeadTables {
  readonly ledger: string;
  readonly access: string;
  readonly shop: string;
  readonly ephemeral: string;
  readonly logs: string;
  readonly notify: string;
}

interface HeadPlace {
  readonly table: keyof HeadTables;
  readonly key: Readonly<Record<string, string>>;
}

/** Where the head of each kind of stream is: docs/data-model.md. The first pattern that fits decides. */
const PLACES: readonly [RegExp, (name: string) => HeadPlace][] = [
  [/^(wal_.*)$/, (id) => ({ table: 'ledger', key: { pk: `CUSTODY#${id}`, sk: 'CUSTODY' } })],
  [/^policy:(wal_.*)$/, (id) => ({ table: 'ledger', key: { pk: `POLICY#${id}`, sk: 'POLICY' } })],
  [/^deposit:(wal_.*)$/, (id) => ({ table: 'ledger', key: { pk: `DEPOSIT#${id}`, sk: 'HOLDER' } })],
  [/^sweep:(wal_.*)$/, (id) => ({ table: 'ledger', key: { pk: `SWEEP#${id}`, sk: 'SWEEP' } })],
  [
    /^deposit-sweep:(.*#\d+)$/,
    (sweep) => {
      const [order_id = '', chain = ''] = sweep.split('#');
      return { table: 'shop', key: depositSweepKey({ order_id, chain_id: Number(chain) }) };
    },
  ],
  [/^(tx_.*)$/, (id) => ({ table: 'ledger', key: { pk: `TX#${id}`, sk: 'TX' } })],
  [/^(usr_.*)$/, (id) => ({ table: 'ledger', key: { pk: `USER#${id}`, sk: 'USER' } })],
  [/^(red_.*)$/, (id) => ({ table: 'ledger', key: { pk: `REDEMPTION#${id}`, sk: 'REDEMPTION' } })],
  [/^product:(.*)$/, (sku) => ({ table: 'shop', key: productKey(sku) })],
  [/^(ord_.*)$/, (id) => ({ table: 'shop', key: orderKey(id) })],
  [/^(whe_.*)$/, (id) => ({ table: 'notify', key: endpointKey(id) })],
  [/^token:(.*)$/, (token) => ({ table: 'ledger', key: { pk: `TOKEN#${token}`, sk: 'SETTINGS' } })],
  [/^treasury:(.*)$/, (name) => ({ table: 'ledger', key: { pk: `TREASURY#${name}`, sk: 'SETTINGS' } })],
  [/^lane:(.*)$/, (lane) => ({ table: 'ledger', key: { pk: `LANE#${lane}`, sk: 'LANE' } })],
  [/^access:(.*)$/, (principal) => ({ table: 'ledger', key: accessHeadKey(principal) })],
  [/^(custody:commands)$/, () => ({ table: 'ledger', key: COMMAND_HEAD_KEY })],
  [/^(alr_.*)$/, (id) => ({ table: 'logs', key: alertKey(id) })],
  [/^(chn_.*)$/, (id) => ({ table: 'notify', key: channelKey(id) })],
  [/^(key_.*)$/, (id) => ({ table: 'access', key: { pk: id } })],
  [/^security:(.*)$/, (address) => ({ table: 'ephemeral', key: { pk: `LOCKOUT#${address}` } })],
  [/^breaker:(.*)$/, (name) => ({ table: 'ephemeral', key: { pk: `BREAKER#${name}` } })],
  [/^queue:(.*)$/, (name) => ({ table: 'ephemeral', key: redriveKey(name) })],
];

/** A lane keeps its head in a map of its own. */
const rowSchema = z.union([auditHeadSchema, z.object({ audit: auditHeadSchema }).transform(({ audit }) => audit)]);

/** Where the head of a stream is; undefined for a kind that this command doesn't know. */
export function placeOf(stream: string): HeadPlace | undefined {
  for (const [pattern, place] of PLACES) {
    const name = pattern.exec(stream)?.[1];
    if (name !== undefined) return place(name);
  }
  return undefined;
}

/**
 * Reads where a stream ends by what its aggregate says, strongly consistent. An aggregate that is gone says that there
 * is no entry, so that those there are get reported.
 *
 * @returns undefined for a kind of stream that this command doesn't know
 */
export async function readStreamHead(
  client: DynamoDBDocumentClient,
  tables: HeadTables,
  stream: string,
): Promise<AuditHead | undefined> {
  const place = placeOf(stream);
  if (place === undefined) return undefined;
  const { Item } = await client.send(
    new GetCommand({ TableName: tables[place.table], Key: place.key, ConsistentRead: true }),
  );
  // A wallet that nothing was done with says in its own row where its stream ends.
  const made =
    Item === undefined && stream.startsWith('wal_') ? await readMadeState(client, tables.ledger, stream) : undefined;
  return rowSchema.safeParse(Item ?? made).data ?? emptyHead(stream);
}
