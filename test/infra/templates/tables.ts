import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ALL_STAGES, PROTECTED_STAGES, templatesOf } from '../support/build-stage.ts';

const keysSchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));

const tableSchema = z.object({
  TableName: z.string(),
  BillingMode: z.string(),
  KeySchema: keysSchema,
  SSESpecification: z.object({ SSEEnabled: z.boolean() }),
  TimeToLiveSpecification: z.object({ AttributeName: z.string(), Enabled: z.boolean() }).optional(),
  StreamSpecification: z.object({ StreamViewType: z.string() }).optional(),
  GlobalSecondaryIndexes: z
    .array(
      z.object({
        IndexName: z.string(),
        Projection: z.object({ ProjectionType: z.string(), NonKeyAttributes: z.array(z.string()).optional() }),
      }),
    )
    .default([]),
  Replicas: z
    .array(
      z.object({
        Region: z.string(),
        DeletionProtectionEnabled: z.boolean().default(false),
        PointInTimeRecoverySpecification: z.object({ PointInTimeRecoveryEnabled: z.boolean() }),
      }),
    )
    .length(1),
});

/** A table per privilege and lifecycle, with its keys and the number of its indexes. */
const TABLES: Readonly<Record<string, { readonly keys: string; readonly indexes: number }>> = {
  access: { keys: 'pk', indexes: 1 },
  approvals: { keys: 'pk', indexes: 2 },
  audit: { keys: 'pk seq', indexes: 4 },
  ephemeral: { keys: 'pk', indexes: 1 },
  keys: { keys: 'pk', indexes: 0 },
  ledger: { keys: 'pk sk', indexes: 3 },
  logs: { keys: 'pk sk', indexes: 4 },
  notify: { keys: 'pk sk', indexes: 3 },
  shop: { keys: 'pk sk', indexes: 4 },
};

describe.each(ALL_STAGES)('the tables of %s', (stage) => {
  const templates = templatesOf(stage);
  const tables = templates
    .all('AWS::DynamoDB::GlobalTable', tableSchema)
    .map((table) => ({ ...table, name: table.properties.TableName.slice(templates.nameOf('').length) }));

  it('are the nine of the data model, with their keys', () => {
    const found = tables.map(({ name, properties }) => [
      name,
      {
        keys: properties.KeySchema.map((key) => key.AttributeName).join(' '),
        indexes: properties.GlobalSecondaryIndexes.length,
      },
    ]);
    expect(Object.fromEntries(found)).toEqual(TABLES);
    expect(templates.resources().filter(({ type }) => type === 'AWS::DynamoDB::Table')).toEqual([]);
  });

  it('are encrypted, on demand, and index keys only', () => {
    for (const { properties } of tables) {
      expect(properties.SSESpecification.SSEEnabled).toBe(true);
      expect(properties.BillingMode).toBe('PAY_PER_REQUEST');
    }
    const wider = tables.flatMap(({ name, properties }) =>
      properties.GlobalSecondaryIndexes.filter(({ Projection }) => Projection.ProjectionType !== 'KEYS_ONLY').map(
        ({ IndexName, Projection }) => [name, IndexName, Projection.NonKeyAttributes],
      ),
    );
    // The hash of an entry never changes, so the index can't tell an older story; anchors are made from it.
    expect(wider).toEqual([['audit', 'gsi1', ['hash']]]);
  });

  it('expire items of the ephemeral table, of the logs and of what is told, and of no other', () => {
    const expiring = tables.filter(({ properties }) => properties.TimeToLiveSpecification !== undefined);
    expect(expiring.map(({ name }) => name).sort()).toEqual(['ephemeral', 'logs', 'notify']);
    for (const { properties } of expiring) {
      expect(properties.TimeToLiveSpecification).toEqual({ AttributeName: 'expires_at', Enabled: true });
    }
  });

  it('have no stream, but for the keys of what changes in the ledger, in the shop and among alerts', () => {
    const streams = tables.flatMap(({ name, properties: { StreamSpecification } }) =>
      StreamSpecification === undefined ? [] : [[name, StreamSpecification.StreamViewType]],
    );
    expect(streams).toEqual([
      ['ledger', 'KEYS_ONLY'],
      ['shop', 'KEYS_ONLY'],
      ['logs', 'KEYS_ONLY'],
    ]);
  });

  it.each(Object.keys(TABLES))('protect %s as far as its data is worth it', (name) => {
    const protect = PROTECTED_STAGES.includes(stage) && name !== 'ephemeral';
    const table = tables.find((candidate) => candidate.name === name);
    const [replica] = table?.properties.Replicas ?? [];
    expect({
      recovery: replica?.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled,
      deletionProtection: replica?.DeletionProtectionEnabled,
      policies: [table?.deletionPolicy, table?.updateReplacePolicy],
    }).toEqual({
      recovery: protect,
      deletionProtection: protect,
      policies: protect ? ['Retain', 'Retain'] : ['Delete', 'Delete'],
    });
  });
});
