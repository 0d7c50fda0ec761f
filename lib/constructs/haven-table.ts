import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { StageContext } from '../stage-context.ts';
import { createTableAlarms } from './table-alarms.ts';

/** What a table must say about itself. */
export interface HavenTableProps {
  readonly stage: StageContext;
  /** The last part of its name. */
  readonly name: string;
  readonly sortKey?: dynamodb.Attribute;
  /** Global secondary indexes named gsi1, gsi2, ...: keys only, so that an index never tells an older story than the item. */
  readonly indexes: number;
  /** The sort key of all indexes, where they share one; else each has its own, `gsi1sk` and so on. */
  readonly indexSortKey?: string;
  /** Attributes that an index has besides keys, by index; only such as never change. */
  readonly alsoProjected?: Readonly<Record<string, readonly string[]>>;
  /** The attribute by which items expire, in seconds since the Unix epoch. */
  readonly ttlAttribute?: string;
  /** Whether it has a stream of the keys of what changes, and of nothing else. */
  readonly keyStream?: boolean;
  /** Whether its items are worth nothing after a day: then nothing protects them. */
  readonly ephemeral?: boolean;
}

/** What a function may do with items. */
export type ItemAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'ConditionCheckItem';

/** A DynamoDB table as Haven has them: on demand, encrypted, and on protected stages with PITR, deletion protection and RETAIN. */
export class HavenTable extends Construct {
  readonly table: dynamodb.TableV2;

  constructor(scope: Construct, id: string, props: HavenTableProps) {
    super(scope, id);
    const protect = props.stage.config.protect_data && props.ephemeral !== true;
    const text = dynamodb.AttributeType.STRING;
    this.table = new dynamodb.TableV2(this, 'Table', {
      tableName: props.stage.resourceName(props.name),
      partitionKey: { name: 'pk', type: text },
      ...(props.sortKey === undefined ? {} : { sortKey: props.sortKey }),
      ...(props.ttlAttribute === undefined ? {} : { timeToLiveAttribute: props.ttlAttribute }),
      ...(props.keyStream === true ? { dynamoStream: dynamodb.StreamViewType.KEYS_ONLY } : {}),
      globalSecondaryIndexes: Array.from({ length: props.indexes }, (_, index) => ({
        indexName: `gsi${index + 1}`,
        partitionKey: { name: `gsi${index + 1}pk`, type: text },
        sortKey: { name: props.indexSortKey ?? `gsi${index + 1}sk`, type: text },
        ...projection(props.alsoProjected?.[`gsi${index + 1}`]),
      })),
      billing: dynamodb.Billing.onDemand(),
      encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: protect },
      deletionProtection: protect,
      removalPolicy: protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    props.stage.book.tables.push(props.name);
    if (props.stage.config.alarms.derived) createTableAlarms(this, props);
  }

  /** The table's name, for a function's environment. */
  get tableName(): string {
    return this.table.tableName;
  }

  /** Exactly these actions on the table's items. */
  allow(...actions: readonly ItemAction[]): iam.PolicyStatement {
    return new iam.PolicyStatement({
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: [this.table.tableArn],
    });
  }

  /**
   * These actions on the items of some partitions only, for functions that have no business with the rest of a table
   * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html).
   *
   * @param partitions patterns of `pk`: `WALLET#*`
   */
  allowRows(partitions: readonly string[], ...actions: readonly ItemAction[]): iam.PolicyStatement {
    const statement = this.allow(...actions);
    statement.addCondition('ForAllValues:StringLike', { 'dynamodb:LeadingKeys': partitions });
    return statement;
  }

  /**
   * These actions on the items of all partitions but some, for functions that write rows of many kinds.
   *
   * @param partitions patterns of `pk` that are left out: `POLICY#*`
   */
  allowRowsBut(partitions: readonly string[], ...actions: readonly ItemAction[]): iam.PolicyStatement {
    const statement = this.allow(...actions);
    statement.addCondition('ForAllValues:StringNotLike', { 'dynamodb:LeadingKeys': partitions });
    return statement;
  }

  /** Reads of single items that name these attributes, and no other. */
  allowAttributes(...attributes: readonly string[]): iam.PolicyStatement {
    const statement = this.allow('GetItem');
    statement.addCondition('ForAllValues:StringEquals', { 'dynamodb:Attributes': attributes });
    // A read that names none would get all.
    statement.addCondition('StringEqualsIfExists', { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' });
    return statement;
  }

  /** The ARN of its stream. */
  get streamArn(): string {
    const { tableStreamArn } = this.table;
    if (tableStreamArn === undefined) throw new Error(`${this.node.path} has no stream`);
    return tableStreamArn;
  }

  /** What an event source of its stream needs. */
  allowStream(): iam.PolicyStatement {
    return new iam.PolicyStatement({
      actions: ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
        (action) => `dynamodb:${action}`,
      ),
      resources: [this.streamArn],
    });
  }

  /**
   * Queries on some partitions of one index, for functions that have no business with the rest of it.
   *
   * @param partitions patterns of the index's partition key
   */
  allowIndexRows(index: `gsi${1 | 2 | 3 | 4}`, partitions: readonly string[]): iam.PolicyStatement {
    const statement = this.allowIndexQuery(index);
    statement.addCondition('ForAllValues:StringLike', { 'dynamodb:LeadingKeys': partitions });
    return statement;
  }

  /** Queries on one index. */
  allowIndexQuery(index: `gsi${1 | 2 | 3 | 4}`): iam.PolicyStatement {
    return new iam.PolicyStatement({
      actions: ['dynamodb:Query'],
      resources: [`${this.table.tableArn}/index/${index}`],
    });
  }
}

function projection(attributes: readonly string[] | undefined) {
  return attributes === undefined
    ? { projectionType: dynamodb.ProjectionType.KEYS_ONLY }
    : { projectionType: dynamodb.ProjectionType.INCLUDE, nonKeyAttributes: [...attributes] };
}
