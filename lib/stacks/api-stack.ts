import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { apiFunctions } from '#functions/catalogue.ts';
import { GradualDeployments } from '../constructs/gradual-deployment.ts';
import { HavenFunction } from '../constructs/haven-function.ts';
import { RouteApi } from '../constructs/route-api.ts';
import type { StageContext } from '../stage-context.ts';
import { accessFunctionFacts } from './api/access-functions.ts';
import { alarmOnApi, alarmOnServerErrors } from './api/alarms.ts';
import { alertFunctionFacts } from './api/alert-functions.ts';
import { createAuthorizer, createFirstAdminKey } from './api/authentication.ts';
import { catalogFunctionFacts } from './api/catalog-functions.ts';
import { custodyFunctionFacts } from './api/custody-functions.ts';
import type { ApiParts, FunctionFacts } from './api/function-facts.ts';
import { alarmOnKeyExport, keyFunctionFacts } from './api/key-functions.ts';
import { paymentFunctionFacts } from './api/payment-functions.ts';
import { alarmOnWebhooks, processorFunctionFacts } from './api/processor-functions.ts';
import { storefrontFunctionFacts } from './api/storefront-functions.ts';
import { transactionFunctionFacts } from './api/transaction-functions.ts';
import { webhookFunctionFacts } from './api/webhook-functions.ts';

/** Below API Gateway's 29 seconds, above the slowest honest answer: two tries at an RPC endpoint. */
const API_TIMEOUT = Duration.seconds(15);

/** The API: its functions, each with exactly its privileges, and the REST API in front of them. */
export class ApiStack extends Stack {
  readonly api: RouteApi;
  readonly functions: Readonly<Record<keyof typeof apiFunctions, HavenFunction>>;
  readonly authorizer: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: StackProps & ApiParts) {
    super(scope, id, props);
    const { data, anchors, alarms } = props;
    const limits = stage.config.rate_limits_per_minute;
    const common = {
      EPHEMERAL_TABLE: data.ephemeral.tableName,
      EXPOSE_STACKS: String(stage.config.expose_stacks),
      RATE_LIMIT_PUBLIC_PER_MINUTE: String(limits.public),
      RATE_LIMIT_READ_PER_MINUTE: String(limits.read),
      RATE_LIMIT_WRITE_PER_MINUTE: String(limits.write),
      RATE_LIMIT_SENSITIVE_PER_MINUTE: String(limits.sensitive),
      RATE_LIMIT_WEBHOOK_PER_MINUTE: String(limits.webhook),
    };
    const limiter = data.ephemeral.allow('UpdateItem');

    const api = (facts: FunctionFacts) =>
      new HavenFunction(this, facts.name, {
        stage,
        memoryMb: 512,
        timeout: API_TIMEOUT,
        calledBy: { kind: 'api' },
        alarmScope: new Construct(alarms, facts.name),
        ...facts,
        permissions: [limiter, ...facts.permissions],
        environment: { ...common, ...facts.environment },
      });

    const keyFunctions = keyFunctionFacts(stage, props);
    const custodyFunctions = custodyFunctionFacts(stage, props);
    const transactionFunctions = transactionFunctionFacts(stage, props);
    const accessFunctions = accessFunctionFacts(stage, props);
    const catalogFunctions = catalogFunctionFacts(stage, props);
    const storefrontFunctions = storefrontFunctionFacts(stage, props);
    const paymentFunctions = paymentFunctionFacts(stage, props);
    this.functions = {
      'key-control': api(keyFunctions.control),
      'key-export': api(keyFunctions.export),
      'ops-api': api(accessFunctions['ops-api']),
      'access-api': api(accessFunctions['access-api']),
      'alerts-api': api(alertFunctionFacts(stage, props)),
      'catalog-api': api(catalogFunctions['catalog-api']),
      'wallet-provisioner': api(custodyFunctions['wallet-provisioner']),
      'wallet-rotator': api(custodyFunctions['wallet-rotator']),
      'custody-api': api(custodyFunctions['custody-api']),
      'policy-admin': api(custodyFunctions['policy-admin']),
      'message-signer': api(custodyFunctions['message-signer']),
      'transactions-api': api(transactionFunctions['transactions-api']),
      'token-api': api(transactionFunctions['token-api']),
      'users-api': api(transactionFunctions['users-api']),
      'status-api': api(transactionFunctions['status-api']),
      'storefront-api': api(storefrontFunctions['storefront-api']),
      'orders-api': api(storefrontFunctions['orders-api']),
      'refunds-api': api(paymentFunctions['refunds-api']),
      'payments-api': api(paymentFunctions['payments-api']),
      'payment-webhooks': api(processorFunctionFacts(stage, props)),
      'webhooks-api': api(webhookFunctionFacts(stage, props)),
    };
    anchors.acknowledgeObjects(this.functions['custody-api']);
    const { authorizer, faults: authorizerFaults } = createAuthorizer(this, stage, props);
    this.authorizer = authorizer;
    createFirstAdminKey(this, stage, props);
    const serverErrors = alarmOnServerErrors(this, stage);
    const { canary } = stage.config;
    const gradual = canary === undefined ? undefined : new GradualDeployments(this, 'Gradual', { stage, ...canary });
    const called = (fn: HavenFunction, ...faults: readonly cloudwatch.IAlarm[]): lambda.IFunction =>
      gradual?.live(fn, [...faults, serverErrors]) ?? fn.function;
    this.api = new RouteApi(this, 'Api', {
      stage,
      functions: Object.entries(apiFunctions).map(([name, routes]) => ({
        function: called(this.#functionNamed(name), ...this.#functionNamed(name).errorAlarms),
        routes,
      })),
      authorizer: called(this.authorizer, authorizerFaults),
    });
    alarmOnApi(alarms, stage, this.api);
    alarmOnWebhooks(alarms, stage);
    alarmOnKeyExport(alarms, stage, {
      control: this.functions['key-control'],
      export: this.functions['key-export'],
    });
    new CfnOutput(this, 'ApiId', { value: this.api.api.restApiId });
    new CfnOutput(this, 'ApiUrl', { value: this.api.api.urlForPath('/v1') });
  }

  #functionNamed(name: string): HavenFunction {
    const found = Object.entries(this.functions).find(([candidate]) => candidate === name)?.[1];
    if (found === undefined)
      throw new Error(`functions/catalogue.ts names ${name}, which lib/stacks/api-stack.ts does not make`);
    return found;
  }
}
