import type { Stack } from 'aws-cdk-lib';
import { chainSettings } from '../../chain-settings.ts';
import type { HavenFunctionProps } from '../../constructs/haven-function.ts';
import type { StageContext } from '../../stage-context.ts';
import type { AnchorsStack } from '../anchors-stack.ts';
import type { CustodyStack } from '../custody-stack.ts';
import type { DataStack } from '../data-stack.ts';
import type { DepositPoolStack } from '../deposit-pool-stack.ts';
import type { LanesStack } from '../lanes-stack.ts';
import type { OutboxStack } from '../outbox-stack.ts';
import type { QueuesStack } from '../queues-stack.ts';
import type { ScanStack } from '../scan-stack.ts';
import type { SecretsStack } from '../secrets-stack.ts';
import type { WebhooksStack } from '../webhooks-stack.ts';

/** The stacks that the API builds on. */
export interface ApiParts {
  readonly custody: CustodyStack;
  readonly data: DataStack;
  readonly anchors: AnchorsStack;
  readonly secrets: SecretsStack;
  readonly lanes: LanesStack;
  readonly outbox: OutboxStack;
  readonly depositPool: DepositPoolStack;
  readonly scan: ScanStack;
  readonly webhooks: WebhooksStack;
  readonly queues: QueuesStack;
  /** For alarms that take part in no deployment: with them the API's own stack would hold more than CloudFormation's 500 resources. */
  readonly alarms: Stack;
}

/** What is said of one function of the API: its privileges and settings. The rest is the same for all. */
export type FunctionFacts = Pick<
  HavenFunctionProps,
  'name' | 'description' | 'permissions' | 'environment' | 'errorImpact'
> &
  Partial<Pick<HavenFunctionProps, 'role' | 'memoryMb' | 'harm'>>;

/** Settings and privileges that several functions of the API share. */
export function commonFacts(stage: StageContext, { data, lanes }: Pick<ApiParts, 'data' | 'lanes'>) {
  return {
    chains: chainSettings(stage.config),
    ledger: { LEDGER_TABLE: data.ledger.tableName },
    audit: { AUDIT_TABLE: data.audit.tableName },
    queues: { KICK_QUEUE_URL: lanes.kicks.queue.queueUrl, WAKE_QUEUE_URL: lanes.wakes.queue.queueUrl },
    idempotency: data.ephemeral.allow('GetItem', 'PutItem'),
    /** Read: a conditional write that failed shows where an access stream ends. */
    accessHeads: data.ledger.allowRows(['AUDIT#access:*'], 'GetItem', 'PutItem'),
  };
}
