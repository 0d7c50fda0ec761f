import { CfnOutput, CustomResource, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { apiFunctions } from '#functions/catalogue.ts';
import { authenticationSettings } from '../authentication-settings.ts';
import { breakerSettings } from '../breaker-settings.ts';
import { createCountAlarm } from '../constructs/count-alarm.ts';
import { HavenFunction, type HavenFunctionProps } from '../constructs/haven-function.ts';
import { RouteApi } from '../constructs/route-api.ts';
import type { StageContext } from '../stage-context.ts';
import type { AnchorsStack } from './anchors-stack.ts';
import { alarmOnApi } from './api-alarms.ts';
import type { CustodyStack } from './custody-stack.ts';
import type { DataStack } from './data-stack.ts';
import { alarmOnKeyExport, keyFunctionFacts } from './key-functions.ts';
import type { LanesStack } from './lanes-stack.ts';
import type { OutboxStack } from './outbox-stack.ts';
import { allowRead, type SecretsStack } from './secrets-stack.ts';

/** The stacks that the API builds on. */
export interface ApiStackProps extends StackProps {
  readonly custody: CustodyStack;
  readonly data: DataStack;
  readonly anchors: AnchorsStack;
  readonly secrets: SecretsStack;
  readonly lanes: LanesStack;
  readonly outbox: OutboxStack;
}

/** Below API Gateway's 29 seconds, above the slowest honest answer: two tries at an RPC endpoint. */
const API_TIMEOUT = Duration.seconds(15);
const AUTHORIZER_TIMEOUT = Duration.seconds(5);

type FunctionFacts = Pick<HavenFunctionProps, 'name' | 'description' | 'permissions' | 'environment' | 'errorImpact'> &
  Partial<Pick<HavenFunctionProps, 'role' | 'memoryMb'>>;

/** The API: its functions, each with exactly its privileges, and the REST API in front of them. */
export class ApiStack extends Stack {
  readonly api: RouteApi;
  readonly functions: Readonly<Record<keyof typeof apiFunctions, HavenFunction>>;
  readonly authorizer: HavenFunction;

  constructor(scope: Construct, id: string, stage: StageContext, props: ApiStackProps) {
    super(scope, id, props);
    const { custody, data, anchors, secrets, lanes, outbox } = props;
    const limits = stage.config.rate_limits_per_minute;
    const common = {
      EPHEMERAL_TABLE: data.ephemeral.tableName,
      EXPOSE_STACKS: String(stage.config.expose_stacks),
      RATE_LIMIT_PUBLIC_PER_MINUTE: String(limits.public),
      RATE_LIMIT_READ_PER_MINUTE: String(limits.read),
      RATE_LIMIT_WRITE_PER_MINUTE: String(limits.write),
      RATE_LIMIT_SENSITIVE_PER_MINUTE: String(limits.sensitive),
    };
    const chains = { CHAINS: JSON.stringify(stage.config.chains) };
    const ledger = { LEDGER_TABLE: data.ledger.tableName };
    const audit = { AUDIT_TABLE: data.audit.tableName };
    const queues = { KICK_QUEUE_URL: lanes.kicks.queue.queueUrl, WAKE_QUEUE_URL: lanes.wakes.queue.queueUrl };
    const limiter = data.ephemeral.allow('UpdateItem');
    const idempotency = data.ephemeral.allow('GetItem', 'PutItem');
    // Read: a conditional write that failed shows where an access stream ends.
    const accessHeads = data.ledger.allowRows(['AUDIT#access:*'], 'GetItem', 'PutItem');

    const api = (facts: FunctionFacts) =>
      new HavenFunction(this, facts.name, {
        stage,
        memoryMb: 512,
        timeout: API_TIMEOUT,
        calledBy: { kind: 'api' },
        ...facts,
        permissions: [limiter, ...facts.permissions],
        environment: { ...common, ...facts.environment },
      });

    const keyFunctions = keyFunctionFacts(stage, props);
    this.functions = {
      'key-control': api(keyFunctions.control),
      'key-export': api(keyFunctions.export),
      'ops-api': api({
        name: 'ops-api',
        description: 'Health, readiness, the API document, circuit breakers. No keys, nothing of wallets.',
        permissions: [
          data.ephemeral.allow('BatchGetItem'),
          data.ephemeral.allowIndexQuery('gsi1'),
          accessHeads,
          data.audit.allowRows(['access:*', 'breaker:*'], 'PutItem'),
          data.audit.allowRows(['breaker:*'], 'Query'),
          idempotency,
          allowRead(secrets.rpc, secrets.signing),
        ],
        environment: {
          ...chains,
          ...ledger,
          ...audit,
          RPC_SECRET_ARN: secrets.rpc.secretArn,
          SIGNING_SECRET_ARN: secrets.signing.secretArn,
          STAGE: stage.config.name,
        },
        errorImpact: 'Health checks fail.',
      }),
      'wallet-provisioner': api({
        name: 'wallet-provisioner',
        description: 'Creates wallets, and users with theirs: encrypts new keys and can never read or decrypt one.',
        role: custody.provisionerRole,
        // Encryption libraries are large; more memory is more CPU for the cold start.
        memoryMb: 1_024,
        permissions: [
          ...custody.provisionerPermissions(),
          data.ledger.allow('GetItem'),
          data.ledger.allowRows(
            ['WALLET#*', 'ADDRESS#*', 'WALLET_TAG#*', 'USER#*', 'USER_EXTERNAL_ID#*', 'KMS_KEY#*', 'AUDIT#access:*'],
            'PutItem',
          ),
          data.audit.allowRows(['access:*', 'wal_*', 'usr_*'], 'PutItem'),
          idempotency,
        ],
        environment: {
          ...ledger,
          ...audit,
          KEYS_TABLE: custody.keys.tableName,
          WALLET_KEY_ARN: custody.walletKey.keyArn,
          KMS_KEY_POLICY: custody.signingKeyPolicy(),
          STAGE: stage.config.name,
        },
        errorImpact: 'No wallets and no users can be created.',
      }),
      'custody-api': api({
        name: 'custody-api',
        description: 'Shows wallets, on record, and verifies audit streams. No keys.',
        permissions: [
          data.ledger.allow('GetItem', 'BatchGetItem', 'Query'),
          data.ledger.allowRows(['AUDIT#access:*'], 'PutItem'),
          data.ledger.allowIndexQuery('gsi1'),
          data.ledger.allowIndexQuery('gsi2'),
          data.audit.allow('Query', 'BatchGetItem'),
          data.audit.allowRows(['access:*'], 'PutItem'),
          data.audit.allowIndexQuery('gsi1'),
          data.audit.allowIndexQuery('gsi2'),
          data.audit.allowIndexQuery('gsi3'),
          data.audit.allowIndexQuery('gsi4'),
          ...anchors.verifierPermissions(),
          // Where the streams of circuits, lockouts and API keys end; of a key nothing but that.
          data.ephemeral.allowRows(['BREAKER#*', 'LOCKOUT#*'], 'GetItem'),
          data.access.allowAttributes('pk', 'audit_seq', 'audit_hash'),
          allowRead(secrets.signing),
        ],
        environment: {
          ...ledger,
          ...audit,
          ACCESS_TABLE: data.access.tableName,
          STAGE: stage.config.name,
          ANCHOR_BUCKET: anchors.bucket.bucketName,
          ANCHOR_KEY_ARN: anchors.key.keyArn,
          SIGNING_SECRET_ARN: secrets.signing.secretArn,
        },
        errorImpact: 'Operators cannot see wallets.',
      }),
      'policy-admin': api({
        name: 'policy-admin',
        description: 'Changes what wallets may do, and pauses them. Accepts and signs nothing; no keys.',
        permissions: [
          data.ledger.allow('GetItem'),
          data.ledger.allowRows(['WALLET#*'], 'UpdateItem'),
          data.ledger.allowRows(['WALLET#*', 'AUDIT#access:*'], 'PutItem'),
          data.audit.allowRows(['access:*', 'policy:*', 'wal_*'], 'PutItem'),
        ],
        environment: { ...chains, ...ledger, ...audit },
        errorImpact: 'Wallets cannot be paused, and their policies cannot be changed.',
      }),
      'transactions-api': api({
        name: 'transactions-api',
        description: 'Accepts and shows transactions. Stores intents and kicks lanes; no keys.',
        permissions: [
          // Delete: who cancels what is queued gives up its place.
          data.ledger.allow('GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem'),
          data.ledger.allowIndexQuery('gsi1'),
          data.ledger.allowIndexQuery('gsi2'),
          data.ledger.allowIndexQuery('gsi3'),
          data.audit.allow('PutItem', 'Query'),
          idempotency,
          lanes.kicks.allowSend(),
          outbox.wakes.allowSend(),
          // RPC: balances, for wallets whose policy requires them.
          allowRead(secrets.signing, secrets.rpc),
        ],
        environment: {
          ...chains,
          ...ledger,
          ...audit,
          ...queues,
          ...breakerSettings(stage.config),
          OUTBOX_QUEUE_URL: outbox.wakes.queue.queueUrl,
          SIGNING_SECRET_ARN: secrets.signing.secretArn,
          RPC_SECRET_ARN: secrets.rpc.secretArn,
        },
        errorImpact: 'No transactions are accepted.',
      }),
      'token-api': api({
        name: 'token-api',
        description: 'Mints, transfers, burns, redeems and shows the token. Stores intents and kicks lanes; no keys.',
        permissions: [
          // A redemption checks, in its own transaction, that its user is verified.
          data.ledger.allow('GetItem', 'BatchGetItem', 'Query', 'PutItem', 'ConditionCheckItem'),
          data.audit.allow('PutItem'),
          idempotency,
          lanes.kicks.allowSend(),
          allowRead(secrets.rpc),
        ],
        environment: {
          ...chains,
          ...ledger,
          ...audit,
          ...queues,
          ...breakerSettings(stage.config),
          RPC_SECRET_ARN: secrets.rpc.secretArn,
        },
        errorImpact: 'No tokens can be minted, transferred or redeemed.',
      }),
      'users-api': api({
        name: 'users-api',
        description: 'Shows and changes users, shows their transactions and redemptions. No keys, no lanes.',
        permissions: [
          data.ledger.allow('GetItem', 'BatchGetItem'),
          data.ledger.allowRows(['USER#*', 'AUDIT#access:*'], 'PutItem'),
          data.ledger.allowIndexQuery('gsi1'),
          data.ledger.allowIndexQuery('gsi2'),
          data.ledger.allowIndexQuery('gsi3'),
          data.audit.allowRows(['access:*', 'usr_*'], 'PutItem'),
          allowRead(secrets.signing),
        ],
        environment: { ...ledger, ...audit, SIGNING_SECRET_ARN: secrets.signing.secretArn },
        errorImpact: 'Users and redemptions cannot be seen or changed.',
      }),
      'access-api': api({
        name: 'access-api',
        description: 'Issues, changes, rotates and revokes API keys. No wallet keys.',
        permissions: [
          data.access.allow('GetItem', 'BatchGetItem', 'PutItem'),
          data.access.allowIndexQuery('gsi1'),
          accessHeads,
          data.audit.allowRows(['access:*', 'key_*'], 'PutItem'),
          idempotency,
          allowRead(secrets.pepper, secrets.signing),
        ],
        environment: {
          ...ledger,
          ...audit,
          ACCESS_TABLE: data.access.tableName,
          PEPPER_SECRET_ARN: secrets.pepper.secretArn,
          SIGNING_SECRET_ARN: secrets.signing.secretArn,
          KEY_MODE: stage.config.key_mode,
          OPERATOR_ADDRESSES: JSON.stringify(stage.config.oidc?.addresses ?? []),
        },
        errorImpact: 'API keys cannot be issued or revoked.',
      }),
      'status-api': api({
        name: 'status-api',
        description: 'Shows operators how transactions are getting on. Reads only; no keys.',
        permissions: [
          data.ledger.allow('BatchGetItem'),
          data.ledger.allowIndexQuery('gsi1'),
          data.ledger.allowIndexQuery('gsi3'),
          // Circuits before RPC endpoints.
          data.ephemeral.allow('GetItem', 'PutItem'),
          allowRead(secrets.rpc),
        ],
        environment: {
          ...chains,
          ...ledger,
          ...breakerSettings(stage.config),
          RPC_SECRET_ARN: secrets.rpc.secretArn,
        },
        errorImpact: 'Operators cannot see how transactions are getting on.',
      }),
      'message-signer': api({
        name: 'message-signer',
        description: 'Signs messages and typed data for wallets whose policy allows it. Never a transaction.',
        role: custody.messageSignerRole,
        // As for the provisioner: encryption libraries.
        memoryMb: 1_024,
        permissions: [
          ...custody.messageSignerPermissions(),
          data.ledger.allowRows(['WALLET#*'], 'GetItem', 'UpdateItem', 'ConditionCheckItem'),
          accessHeads,
          data.audit.allowRows(['access:*', 'wal_*'], 'PutItem'),
          idempotency,
        ],
        environment: {
          ...chains,
          ...ledger,
          ...audit,
          KEYS_TABLE: custody.keys.tableName,
          ...custody.decryptionSettings(),
          MESSAGE_SIGNING: String(stage.config.message_signing),
        },
        errorImpact: 'No messages are signed.',
      }),
    };
    anchors.acknowledgeObjects(this.functions['custody-api']);
    this.authorizer = this.#createAuthorizer(stage, data, secrets);
    this.#createFirstAdminKey(stage, data, secrets);
    this.api = new RouteApi(this, 'Api', {
      stage,
      functions: Object.entries(apiFunctions).map(([name, routes]) => ({
        function: this.#functionNamed(name).function,
        routes,
      })),
      authorizer: this.authorizer.function,
    });
    alarmOnApi(this, stage, this.api);
    alarmOnKeyExport(this, stage, {
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

  #createAuthorizer(stage: StageContext, data: DataStack, secrets: SecretsStack): HavenFunction {
    const authorizer = new HavenFunction(this, 'authorizer', {
      stage,
      name: 'authorizer',
      description: 'Tells who is asking, by API key or token, and locks out who keeps failing. No wallet keys.',
      memoryMb: 512,
      timeout: AUTHORIZER_TIMEOUT,
      calledBy: { kind: 'api' },
      permissions: [
        data.access.allow('BatchGetItem', 'UpdateItem'),
        // Locks and counts of failures; Get, because a failed condition shows the item. No such row is a key's: but a key
        // is read with the locks, and the keys of the whole request may be what the condition sees.
        data.ephemeral.allowRows(
          ['FAILURES#*', 'LOCKOUT#*', 'key_*'],
          'BatchGetItem',
          'GetItem',
          'PutItem',
          'UpdateItem',
        ),
        data.audit.allowRows(['security:*'], 'PutItem', 'Query'),
        data.logs.allow('PutItem'),
        allowRead(secrets.pepper),
      ],
      environment: {
        ACCESS_TABLE: data.access.tableName,
        EPHEMERAL_TABLE: data.ephemeral.tableName,
        AUDIT_TABLE: data.audit.tableName,
        LOGS_TABLE: data.logs.tableName,
        PEPPER_SECRET_ARN: secrets.pepper.secretArn,
        ...authenticationSettings(stage.config),
      },
      errorImpact: 'Nobody can use the API.',
      errorsAreFaults: false,
    });
    createCountAlarm(this, 'AuthorizerFaults', {
      stage,
      name: 'authorizer-faults',
      description: 'Authentication cannot be decided. Nobody can use the API.',
      metric: 'AuthenticationFault',
      countedBy: 'authorizer',
      threshold: 3,
    });
    createCountAlarm(this, 'Lockouts', {
      stage,
      name: 'lockout-started',
      description:
        'Somebody kept failing to authenticate and is locked out. It may be an attack, or a client of yours.',
      metric: 'LockoutStarted',
      countedBy: 'authorizer',
      threshold: 1,
    });
    return authorizer;
  }

  /** Puts the first admin key in place, as part of the deployment. */
  #createFirstAdminKey(stage: StageContext, data: DataStack, secrets: SecretsStack): void {
    const bootstrap = new HavenFunction(this, 'access-bootstrap', {
      stage,
      name: 'access-bootstrap',
      description: 'Puts the first admin key into its secret at deploy. Called by CloudFormation only.',
      memoryMb: 512,
      timeout: Duration.seconds(60),
      calledBy: { kind: 'deployment' },
      permissions: [
        data.access.allow('GetItem', 'PutItem'),
        data.audit.allowRows(['key_*'], 'PutItem'),
        allowRead(secrets.pepper, secrets.adminKey),
        new iam.PolicyStatement({
          actions: ['secretsmanager:PutSecretValue'],
          resources: [secrets.adminKey.secretArn],
        }),
      ],
      environment: {
        ACCESS_TABLE: data.access.tableName,
        AUDIT_TABLE: data.audit.tableName,
        PEPPER_SECRET_ARN: secrets.pepper.secretArn,
        ADMIN_KEY_SECRET_ARN: secrets.adminKey.secretArn,
        KEY_MODE: stage.config.key_mode,
      },
      errorImpact: 'A deployment has no admin key.',
    });
    const resource = new CustomResource(this, 'FirstAdminKey', {
      serviceToken: bootstrap.function.functionArn,
      // CloudFormation calls again when this changes: the way back in for who has lost every admin key.
      properties: { Generation: String(stage.config.admin_key_generation) },
    });
    resource.node.addDependency(bootstrap);
  }
}
