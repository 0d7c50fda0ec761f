import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configSchema as accessApi } from '#functions/access-api/config.ts';
import { configSchema as accessBootstrap } from '#functions/access-bootstrap/config.ts';
import { configSchema as alarmReceiver } from '#functions/alarm-receiver/config.ts';
import { configSchema as alertNotifier } from '#functions/alert-notifier/config.ts';
import { configSchema as alertsApi } from '#functions/alerts-api/config.ts';
import { configSchema as auditAnchor } from '#functions/audit-anchor/config.ts';
import { configSchema as authorizer } from '#functions/authorizer/config.ts';
import { configSchema as cartSweeper } from '#functions/cart-sweeper/config.ts';
import { configSchema as catalogApi } from '#functions/catalog-api/config.ts';
import { configSchema as custodyApi } from '#functions/custody-api/config.ts';
import { configSchema as customerMailer } from '#functions/customer-mailer/config.ts';
import { configSchema as depositPool } from '#functions/deposit-pool/config.ts';
import { configSchema as depositSweeper } from '#functions/deposit-sweeper/config.ts';
import { configSchema as incidentKeeper } from '#functions/incident-keeper/config.ts';
import { configSchema as keyControl } from '#functions/key-control/config.ts';
import { configSchema as keyDestroyer } from '#functions/key-destroyer/config.ts';
import { configSchema as keyExport } from '#functions/key-export/config.ts';
import { configSchema as laneKicker } from '#functions/lane-kicker/config.ts';
import { configSchema as laneWorker } from '#functions/lane-worker/config.ts';
import { configSchema as messageSigner } from '#functions/message-signer/config.ts';
import { configSchema as monitor } from '#functions/monitor/config.ts';
import { configSchema as opsApi } from '#functions/ops-api/config.ts';
import { configSchema as orderExpirer } from '#functions/order-expirer/config.ts';
import { configSchema as ordersApi } from '#functions/orders-api/config.ts';
import { configSchema as outboxWorker } from '#functions/outbox-worker/config.ts';
import { configSchema as paymentScanner } from '#functions/payment-scanner/config.ts';
import { configSchema as paymentWebhooks } from '#functions/payment-webhooks/config.ts';
import { configSchema as paymentsApi } from '#functions/payments-api/config.ts';
import { configSchema as policyAdmin } from '#functions/policy-admin/config.ts';
import { configSchema as queueMover } from '#functions/queue-mover/config.ts';
import { configSchema as refundsApi } from '#functions/refunds-api/config.ts';
import { configSchema as statusApi } from '#functions/status-api/config.ts';
import { configSchema as stockReconciler } from '#functions/stock-reconciler/config.ts';
import { configSchema as storefrontApi } from '#functions/storefront-api/config.ts';
import { configSchema as sweeper } from '#functions/sweeper/config.ts';
import { configSchema as tokenApi } from '#functions/token-api/config.ts';
import { configSchema as topUp } from '#functions/top-up/config.ts';
import { configSchema as transactionsApi } from '#functions/transactions-api/config.ts';
import { configSchema as usersApi } from '#functions/users-api/config.ts';
import { configSchema as walletProvisioner } from '#functions/wallet-provisioner/config.ts';
import { configSchema as walletRotator } from '#functions/wallet-rotator/config.ts';
import { configSchema as webhookDispatcher } from '#functions/webhook-dispatcher/config.ts';
import { configSchema as webhookSender } from '#functions/webhook-sender/config.ts';
import { configSchema as webhooksApi } from '#functions/webhooks-api/config.ts';
import { FUNCTION_NAMES, type FunctionName } from '#lib/bundle.ts';
import { ALL_STAGES, PROTECTED_STAGES, templatesOf } from '../support/build-stage.ts';

const CONFIGS: Readonly<Record<FunctionName, z.ZodObject>> = {
  'access-api': accessApi,
  'access-bootstrap': accessBootstrap,
  'alarm-receiver': alarmReceiver,
  'alert-notifier': alertNotifier,
  'customer-mailer': customerMailer,
  'alerts-api': alertsApi,
  'audit-anchor': auditAnchor,
  authorizer,
  'cart-sweeper': cartSweeper,
  'catalog-api': catalogApi,
  'custody-api': custodyApi,
  'deposit-pool': depositPool,
  'deposit-sweeper': depositSweeper,
  'incident-keeper': incidentKeeper,
  'key-control': keyControl,
  'key-destroyer': keyDestroyer,
  'key-export': keyExport,
  'lane-kicker': laneKicker,
  'lane-worker': laneWorker,
  'message-signer': messageSigner,
  monitor,
  'ops-api': opsApi,
  'queue-mover': queueMover,
  'order-expirer': orderExpirer,
  'payment-webhooks': paymentWebhooks,
  'payments-api': paymentsApi,
  'orders-api': ordersApi,
  'outbox-worker': outboxWorker,
  'status-api': statusApi,
  'storefront-api': storefrontApi,
  'stock-reconciler': stockReconciler,
  'payment-scanner': paymentScanner,
  'policy-admin': policyAdmin,
  'refunds-api': refundsApi,
  'token-api': tokenApi,
  sweeper,
  'top-up': topUp,
  'transactions-api': transactionsApi,
  'users-api': usersApi,
  'wallet-provisioner': walletProvisioner,
  'wallet-rotator': walletRotator,
  'webhook-dispatcher': webhookDispatcher,
  'webhook-sender': webhookSender,
  'webhooks-api': webhooksApi,
};

/** What HavenFunction sets for Node and the logger, which no function's settings name. */
const COMMON_VARIABLES = ['NODE_OPTIONS', 'POWERTOOLS_LOG_LEVEL'];
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const RESERVED = /^(AWS_|LAMBDA_|_HANDLER$|_X_AMZN_)/;
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ENVIRONMENT_BYTES = 4_096;
/** API Gateway's own limit: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html. */
const GATEWAY_LIMIT_SECONDS = 29;

const functionSchema = z.object({
  FunctionName: z.string(),
  Description: z.string().min(20),
  Architectures: z.array(z.string()),
  Runtime: z.string(),
  Handler: z.string(),
  MemorySize: z.number(),
  Timeout: z.number(),
  TracingConfig: z.object({ Mode: z.string() }),
  LoggingConfig: z.object({ LogFormat: z.string(), LogGroup: z.string() }),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
});
const logGroupSchema = z.object({ LogGroupName: z.string(), RetentionInDays: z.number() });

describe.each(ALL_STAGES)('the functions of %s', (stage) => {
  const templates = templatesOf(stage);
  const functions = templates.all('AWS::Lambda::Function', functionSchema);
  const logGroups = templates.all('AWS::Logs::LogGroup', logGroupSchema);
  const named = (name: FunctionName) => {
    const found = functions.find(({ properties }) => properties.FunctionName === templates.nameOf(name));
    if (found === undefined) throw new Error(`There is no ${name}`);
    return found.properties;
  };

  it('are those that are bundled', () => {
    expect(functions.map(({ properties }) => properties.FunctionName).sort()).toEqual(
      FUNCTION_NAMES.map((name) => templates.nameOf(name)).sort(),
    );
  });

  it.each(FUNCTION_NAMES)('run %s on arm64 and Node 24, traced, with its own JSON log', (name) => {
    const fn = named(name);
    expect(fn).toMatchObject({
      Architectures: ['arm64'],
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON', LogGroup: `/haven/${stage}/${name}` },
    });
    expect(fn.MemorySize).toBeGreaterThanOrEqual(512);
  });

  it.each(FUNCTION_NAMES)('give %s all its settings, valid, and none that it does not know', (name) => {
    const variables = named(name).Environment.Variables;
    const problems = CONFIGS[name].safeParse(variables).error?.issues ?? [];
    expect(problems.map((issue) => `${issue.path.join('.')}: ${issue.message}`)).toEqual([]);
    const known = [...COMMON_VARIABLES, ...Object.keys(CONFIGS[name].shape)];
    expect(Object.keys(variables).filter((variable) => !known.includes(variable))).toEqual([]);
  });

  it('map stack traces to the sources, and set no variable that Lambda reserves or refuses', () => {
    for (const { properties } of functions) {
      const variables = properties.Environment.Variables;
      expect(variables['NODE_OPTIONS']).toBe('--enable-source-maps');
      expect(Object.keys(variables).filter((variable) => RESERVED.test(variable))).toEqual([]);
      expect(JSON.stringify(variables).length).toBeLessThan(MAX_ENVIRONMENT_BYTES);
    }
  });

  it('tell operators by the tokens of the issuer that the stage names, and lock out as it says', () => {
    const { OIDC, ...variables } = named('authorizer').Environment.Variables;
    const { oidc, lockout } = templates.config;
    expect(OIDC).toBe(oidc === undefined ? undefined : JSON.stringify(oidc));
    expect(variables).toMatchObject({
      LOCKOUT_KEY_FAILURES: String(lockout.key_failures),
      LOCKOUT_ADDRESS_FAILURES: String(lockout.address_failures),
      LOCKOUT_WINDOW_SECONDS: String(lockout.window_seconds),
      LOCKOUT_SECONDS: String(lockout.seconds),
    });
    expect(named('access-api').Environment.Variables['OPERATOR_ADDRESSES']).toBe(JSON.stringify(oidc?.addresses ?? []));
  });

  it('answer before API Gateway gives up', () => {
    for (const name of FUNCTION_NAMES.filter(
      (candidate) =>
        candidate.endsWith('-api') || ['wallet-provisioner', 'wallet-rotator', 'message-signer'].includes(candidate),
    )) {
      expect(named(name).Timeout).toBeLessThan(GATEWAY_LIMIT_SECONDS);
      expect(named(name).Timeout + named('authorizer').Timeout).toBeLessThan(GATEWAY_LIMIT_SECONDS);
    }
    expect(functions.filter(({ properties }) => properties.Timeout > 60)).toEqual([]);
  });

  it('keep logs as long as the stage says, and beyond their stack where data is protected', () => {
    const policy = PROTECTED_STAGES.includes(stage) ? 'RetainExceptOnCreate' : 'Delete';
    for (const group of logGroups) {
      expect(group.properties.RetentionInDays).toBe(templates.config.log_retention_days);
      expect([group.properties.LogGroupName, group.deletionPolicy]).toEqual([group.properties.LogGroupName, policy]);
    }
    const names = logGroups.map(({ properties }) => properties.LogGroupName);
    expect(FUNCTION_NAMES.filter((name) => !names.includes(`/haven/${stage}/${name}`))).toEqual([]);
  });

  it('keep no event after a failed deployment, and no retry of a run that the next minute repeats', () => {
    const configs = templates.all(
      'AWS::Lambda::EventInvokeConfig',
      z.object({
        FunctionName: z.string(),
        MaximumEventAgeInSeconds: z.number(),
        MaximumRetryAttempts: z.number(),
        DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }) }),
      }),
    );
    const scheduled = [
      ['alert-notifier', 'alerts-schedule-dlq'],
      ['audit-anchor', 'anchors-schedule-dlq'],
      ['cart-sweeper', 'cart-schedule-dlq'],
      ['customer-mailer', 'mails-schedule-dlq'],
      ['deposit-pool', 'pool-schedule-dlq'],
      ['deposit-sweeper', 'deposit-sweep-schedule-dlq'],
      ['key-destroyer', 'destruction-schedule-dlq'],
      ['lane-kicker', 'lane-schedule-dlq'],
      ['monitor', 'monitoring-schedule-dlq'],
      ['order-expirer', 'order-schedule-dlq'],
      ['outbox-worker', 'outbox-schedule-dlq'],
      ['payment-scanner', 'scan-schedule-dlq'],
      ['stock-reconciler', 'stock-schedule-dlq'],
      ['sweeper', 'sweep-schedule-dlq'],
      ['top-up', 'top-ups-schedule-dlq'],
      ['webhook-dispatcher', 'webhook-events-schedule-dlq'],
      ['webhook-sender', 'webhook-sends-schedule-dlq'],
    ] as const;
    const sorted = configs
      .map(({ properties }) => properties)
      .sort((one, other) => one.FunctionName.localeCompare(other.FunctionName));
    // What comes once: nothing makes up for it.
    const told = [
      ['alarm-receiver', 'alarm-events-dlq'],
      ['incident-keeper', 'incident-lines-dlq'],
    ] as const;
    const isTold = (name: string) => told.some(([one]) => templates.nameOf(one) === name);
    expect(sorted.filter(({ FunctionName }) => isTold(FunctionName))).toEqual(
      told.map(([name, lostEvents]) => ({
        FunctionName: templates.nameOf(name),
        MaximumEventAgeInSeconds: 21_600,
        MaximumRetryAttempts: 2,
        DestinationConfig: {
          OnFailure: { Destination: `arn:aws:sqs:eu-central-1:123456789012:${templates.nameOf(lostEvents)}` },
        },
      })),
    );
    expect(sorted.filter(({ FunctionName }) => !isTold(FunctionName))).toEqual(
      scheduled.map(([name, missedRuns]) => ({
        FunctionName: templates.nameOf(name),
        MaximumEventAgeInSeconds: 60,
        MaximumRetryAttempts: 0,
        DestinationConfig: {
          OnFailure: { Destination: `arn:aws:sqs:eu-central-1:123456789012:${templates.nameOf(missedRuns)}` },
        },
      })),
    );
  });
});
