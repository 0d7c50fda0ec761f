import { type App, Stack, Tags } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { FunctionName } from './bundle.ts';
import { AlarmEventsStack } from './stacks/alarm-events-stack.ts';
import { AlertsStack } from './stacks/alerts-stack.ts';
import { AnchorsStack } from './stacks/anchors-stack.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { BackupStack } from './stacks/backup-stack.ts';
import { CartsStack } from './stacks/carts-stack.ts';
import { CustodyStack } from './stacks/custody-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { DepositPoolStack } from './stacks/deposit-pool-stack.ts';
import { DepositSweepStack } from './stacks/deposit-sweep-stack.ts';
import { DestructionStack } from './stacks/destruction-stack.ts';
import { EdgeStack } from './stacks/edge-stack.ts';
import { IncidentsStack } from './stacks/incidents-stack.ts';
import { LanesStack } from './stacks/lanes-stack.ts';
import { MailsStack } from './stacks/mails-stack.ts';
import { MonitorStack } from './stacks/monitor-stack.ts';
import { OrdersStack } from './stacks/orders-stack.ts';
import { OutboxStack } from './stacks/outbox-stack.ts';
import { OverviewStack } from './stacks/overview-stack.ts';
import { QueuesStack } from './stacks/queues-stack.ts';
import { ScanStack } from './stacks/scan-stack.ts';
import { SecretsStack } from './stacks/secrets-stack.ts';
import { StockStack } from './stacks/stock-stack.ts';
import { SweepStack } from './stacks/sweep-stack.ts';
import { TopUpStack } from './stacks/top-up-stack.ts';
import { WatchStack } from './stacks/watch-stack.ts';
import { WebhookEventsStack } from './stacks/webhook-events-stack.ts';
import { WebhooksStack } from './stacks/webhooks-stack.ts';
import type { Stage } from './stage.ts';
import { StageBook } from './stage-book.ts';
import type { StageContext } from './stage-context.ts';

/** All stacks of a stage. */
export interface HavenStacks {
  readonly watch: WatchStack;
  readonly custody: CustodyStack;
  readonly data: DataStack;
  readonly anchors: AnchorsStack;
  readonly secrets: SecretsStack;
  readonly alerts: AlertsStack;
  readonly alarmEvents: AlarmEventsStack;
  readonly outbox: OutboxStack;
  readonly lanes: LanesStack;
  readonly topUp: TopUpStack;
  readonly depositPool: DepositPoolStack;
  readonly sweep: SweepStack;
  readonly depositSweep: DepositSweepStack;
  readonly stock: StockStack;
  readonly destruction: DestructionStack;
  readonly carts: CartsStack;
  readonly scan: ScanStack;
  readonly orders: OrdersStack;
  readonly webhooks: WebhooksStack;
  readonly webhookEvents: WebhookEventsStack;
  readonly mails: MailsStack;
  readonly queues: QueuesStack;
  readonly api: ApiStack;
  readonly edge: EdgeStack | undefined;
  readonly incidents: IncidentsStack;
  readonly monitor: MonitorStack;
  readonly backup: BackupStack | undefined;
  readonly overview: OverviewStack;
}

/**
 * Builds a stage: one stack per privilege or lifecycle.
 *
 * @param code gives the code of a function
 * @param env the account and region to deploy to; absent: those of the CDK's own environment
 */
export function buildHaven(
  app: App,
  config: Stage,
  code: (name: FunctionName) => lambda.Code,
  env: { readonly account: string; readonly region: string } | undefined,
): HavenStacks {
  const props = (about: string) => ({
    ...(env === undefined ? {} : { env }),
    description: `Haven ${config.name}: ${about}`,
    terminationProtection: config.protect_data,
  });
  const id = (name: string) => `Haven-${config.name}-${name}`;
  const watch = new WatchStack(app, id('Watch'), config.name, props('where alarms go'));
  const stage: StageContext = {
    config,
    alarmTopic: watch.alarmTopic,
    book: new StageBook(),
    code,
    resourceName: (name) => `haven-${config.name}-${name}`,
  };
  const custody = new CustodyStack(app, id('Custody'), stage, props('wallet keys and the roles that may use them'));
  const data = new DataStack(app, id('Data'), stage, props('tables'));
  const anchors = new AnchorsStack(app, id('Anchors'), stage, {
    ...props('anchors of the audit streams, signed and locked'),
    data,
  });
  const secrets = new SecretsStack(app, id('Secrets'), stage, props('secrets'));
  const alerts = new AlertsStack(app, id('Alerts'), stage, { ...props('what tells alerts'), data, secrets });
  const alarmEvents = new AlarmEventsStack(app, id('AlarmEvents'), stage, {
    ...props('what turns alarms into alerts'),
    data,
  });
  const outbox = new OutboxStack(app, id('Outbox'), stage, { ...props('what acts on what ended'), data });
  const lanes = new LanesStack(app, id('Lanes'), stage, {
    ...props('lanes and the only signer'),
    custody,
    data,
    secrets,
    outbox,
  });
  const topUp = new TopUpStack(app, id('TopUp'), stage, { ...props('what tops up wallets'), data, lanes });
  const depositPool = new DepositPoolStack(app, id('DepositPool'), stage, {
    ...props('what fills the pool of deposit wallets'),
    custody,
    data,
  });
  const sweep = new SweepStack(app, id('Sweep'), stage, {
    ...props('what sweeps rotated wallets'),
    data,
    lanes,
    secrets,
  });
  const depositSweep = new DepositSweepStack(app, id('DepositSweep'), stage, {
    ...props('what sweeps deposits'),
    data,
    lanes,
    secrets,
  });
  const stock = new StockStack(app, id('Stock'), stage, { ...props('what looks over stock'), data });
  const destruction = new DestructionStack(app, id('Destruction'), stage, {
    ...props('what destroys keys of revoked wallets'),
    custody,
    data,
  });
  const carts = new CartsStack(app, id('Carts'), stage, {
    ...props('what sweeps carts'),
    data,
    secrets,
  });
  const scan = new ScanStack(app, id('Scan'), stage, { ...props('what finds payments on chains'), data, secrets });
  const orders = new OrdersStack(app, id('Orders'), stage, {
    ...props('what expires orders that are paid through processors'),
    data,
  });
  const webhooks = new WebhooksStack(app, id('Webhooks'), stage, {
    ...props('what delivers webhooks to integrators'),
    data,
    secrets,
  });
  const webhookEvents = new WebhookEventsStack(app, id('WebhookEvents'), stage, {
    ...props('what makes events for integrators of what happened'),
    data,
    webhooks,
  });
  const mails = new MailsStack(app, id('Mails'), stage, { ...props('what mails customers'), data });
  const queues = new QueuesStack(app, id('Queues'), stage, props('what has dead letters worked again'));
  const apiAlarms = new Stack(app, id('ApiAlarms'), props('alarms of the API'));
  const api = new ApiStack(app, id('Api'), stage, {
    ...props('the API'),
    alarms: apiAlarms,
    custody,
    data,
    anchors,
    secrets,
    lanes,
    outbox,
    depositPool,
    scan,
    webhooks,
    queues,
  });
  const edge = config.edge_protection
    ? new EdgeStack(app, id('Edge'), stage, api.api.api.deploymentStage, props('web application firewall'))
    : undefined;
  const incidents = new IncidentsStack(app, id('Incidents'), stage, {
    ...props('what keeps errors and security events'),
    data,
  });
  // After all that have queues: it watches them.
  const monitor = new MonitorStack(app, id('Monitor'), stage, {
    ...props('what watches'),
    data,
    anchors,
    secrets,
  });
  incidents.followAll();
  // Not the ephemeral table, which is worth nothing after a day.
  const tables = [data.ledger, data.audit, data.shop, data.access, data.logs, data.notify, custody.approvals];
  const backup = config.protect_data
    ? new BackupStack(app, id('Backup'), stage, { ...props('backups of the tables'), tables, keys: custody.keys })
    : undefined;
  const overview = new OverviewStack(app, id('Overview'), stage, props('dashboard, and alarms on other alarms'));
  Tags.of(app).add('haven:stage', config.name);
  return {
    watch,
    custody,
    data,
    anchors,
    secrets,
    alerts,
    alarmEvents,
    outbox,
    lanes,
    topUp,
    depositPool,
    sweep,
    depositSweep,
    stock,
    destruction,
    carts,
    scan,
    orders,
    webhooks,
    webhookEvents,
    mails,
    queues,
    api,
    edge,
    incidents,
    monitor,
    backup,
    overview,
  };
}
