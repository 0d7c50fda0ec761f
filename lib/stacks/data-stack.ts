import { Stack, type StackProps } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { HavenTable } from '../constructs/haven-table.ts';
import type { StageContext } from '../stage-context.ts';

/** The tables of everything but keys: one per privilege and lifecycle. */
export class DataStack extends Stack {
  /** Wallets, lanes, transactions, settings. */
  readonly ledger: HavenTable;
  /** Append-only; each stream a hash chain. */
  readonly audit: HavenTable;
  /** Idempotency records, rate-limit buckets, circuit breakers. */
  readonly ephemeral: HavenTable;
  /** Catalog, stock, carts, orders, payments. */
  readonly shop: HavenTable;
  /** API keys. */
  readonly access: HavenTable;
  /** Alerts, with their deliveries. Kept for a time: nothing in it is a record. */
  readonly logs: HavenTable;
  /** Whom to tell of what: alert channels and webhook endpoints; and what they are told, which is kept for a time. */
  readonly notify: HavenTable;

  constructor(scope: Construct, id: string, stage: StageContext, props: StackProps) {
    super(scope, id, props);
    const text = dynamodb.AttributeType.STRING;
    this.ledger = new HavenTable(this, 'Ledger', {
      stage,
      name: 'ledger',
      sortKey: { name: 'sk', type: text },
      indexes: 3,
      // Wakes who tells of transactions, so that those who change them need no right to.
      keyStream: true,
    });
    this.audit = new HavenTable(this, 'Audit', {
      stage,
      name: 'audit',
      sortKey: { name: 'seq', type: dynamodb.AttributeType.NUMBER },
      indexes: 4,
      indexSortKey: 'position',
      // So that anchors are made without a read of what entries say.
      alsoProjected: { gsi1: ['hash'] },
    });
    this.ephemeral = new HavenTable(this, 'Ephemeral', {
      stage,
      name: 'ephemeral',
      indexes: 1,
      ttlAttribute: 'expires_at',
      ephemeral: true,
    });
    this.shop = new HavenTable(this, 'Shop', {
      stage,
      name: 'shop',
      sortKey: { name: 'sk', type: text },
      indexes: 4,
      // Wakes who tells of orders, so that the many who write notices need no right to.
      keyStream: true,
    });
    this.access = new HavenTable(this, 'Access', { stage, name: 'access', indexes: 1 });
    this.logs = new HavenTable(this, 'Logs', {
      stage,
      name: 'logs',
      sortKey: { name: 'sk', type: text },
      indexes: 4,
      ttlAttribute: 'expires_at',
      // Wakes who tells alerts, so that those who record them need no right to.
      keyStream: true,
    });
    this.notify = new HavenTable(this, 'Notify', {
      stage,
      name: 'notify',
      sortKey: { name: 'sk', type: text },
      indexes: 3,
      ttlAttribute: 'expires_at',
    });
  }
}
