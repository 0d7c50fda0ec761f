import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FUNCTION_NAMES } from '#lib/bundle.ts';
import {
  ALL_STAGES,
  type BuiltStage,
  PROTECTED_STAGES,
  synthesise,
  templatesOf,
  withStage,
} from '../support/build-stage.ts';
import { rolesOf } from '../support/grants.ts';
import { CUSTOMER_MAIL, MAIL } from '../support/guarded-resources.ts';
import { KEY_OPERATOR_ROLES } from '../support/key-operator-table.ts';
import { actionsOverlap, overlap } from '../support/patterns.ts';
import { REGION } from '../support/physical-ids.ts';
import { privilegeProblems } from '../support/privilege-rules.ts';
import { MAIL_IDENTITY, PRIVILEGES } from '../support/privilege-table.ts';
import { privilegesOf } from '../support/role-privileges.ts';

describe.each(ALL_STAGES)('privileges in %s', (stage) => {
  const templates = templatesOf(stage);
  const roles = rolesOf(templates);
  const functionRoles = roles.filter((role) => role.functionName !== undefined);

  it('gives every function a role of its own', () => {
    expect(functionRoles.map((role) => role.functionName).sort()).toEqual([...FUNCTION_NAMES].sort());
    const used = templates
      .all('AWS::Lambda::Function', z.object({ Role: z.string() }))
      .map(({ properties }) => properties.Role);
    expect(new Set(used).size).toBe(FUNCTION_NAMES.length);
  });

  it.each(FUNCTION_NAMES)('lets %s do what the privilege table says, and nothing else', (name) => {
    const role = functionRoles.find(({ functionName }) => functionName === name);
    if (role === undefined) throw new Error(`${name} has no role`);
    const { alerts, shop } = templates.config;
    const mails = (name === 'alert-notifier' ? alerts.email : shop.mail) !== undefined;
    expect(privilegesOf(role, templates)).toEqual(
      Object.fromEntries(
        Object.entries(PRIVILEGES[name])
          .filter(([resource]) => mails || resource !== MAIL_IDENTITY)
          .map(([resource, actions]) => [resource, [...actions].sort()]),
      ),
    );
  });

  it.each([
    [
      'who tells alerts mail in the name of one address, and to those only that the stage names',
      'alert-notifier',
      MAIL,
    ],
    ['who mails customers mail in the name of one address, and of no other', 'customer-mailer', CUSTOMER_MAIL],
  ])('lets %s', (_rule, name, condition) => {
    const { alerts, shop } = templates.config;
    const mails = (name === 'alert-notifier' ? alerts.email : shop.mail) !== undefined;
    const grants = roles
      .filter(({ functionName }) => functionName === name)
      .flatMap((role) => role.grants)
      .filter(({ action }) => action.startsWith('ses:'));
    expect(grants.map((grant) => grant.condition)).toEqual(mails ? [condition] : []);
  });

  it('lets nobody mail but who tells alerts and who mails customers', () => {
    const mailers = roles.filter(({ grants }) => grants.some(({ action }) => action.startsWith('ses:')));
    for (const { functionName } of mailers) expect(['alert-notifier', 'customer-mailer']).toContain(functionName);
  });

  it('keeps keys, history, API keys and secrets from whoever must not touch them', () => {
    expect(privilegeProblems(templates)).toEqual([]);
  });

  it('lets nobody but Lambda assume the role of a function', () => {
    for (const role of functionRoles) {
      expect(role.trust.Statement).toEqual([
        { Effect: 'Allow', Action: ['sts:AssumeRole'], Principal: { Service: 'lambda.amazonaws.com' } },
      ]);
    }
  });

  it('has no roles besides those of functions, schedules, the gateway log, gradual deployments, backups and listed key commands', () => {
    const others = roles.filter((role) => role.functionName === undefined);
    const operators = templates.config.key_operators.commands.map(
      (command) => `haven-${stage}-${KEY_OPERATOR_ROLES[command]}-${REGION}`,
    );
    expect(others.map((role) => role.name.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([
      `Haven-${stage}-Alerts.ScheduleRole`,
      `Haven-${stage}-Anchors.ScheduleRole`,
      `Haven-${stage}-Api.ApiCloudWatchRole`,
      ...(templates.config.canary === undefined ? [] : [`Haven-${stage}-Api.GradualRole`]),
      ...(PROTECTED_STAGES.includes(stage) ? [`Haven-${stage}-Backup.Role`] : []),
      `Haven-${stage}-Carts.ScheduleRole`,
      `Haven-${stage}-DepositPool.ScheduleRole`,
      `Haven-${stage}-DepositSweep.ScheduleRole`,
      `Haven-${stage}-Destruction.ScheduleRole`,
      `Haven-${stage}-Lanes.ScheduleRole`,
      `Haven-${stage}-Mails.ScheduleRole`,
      `Haven-${stage}-Monitor.ScheduleRole`,
      `Haven-${stage}-Orders.ScheduleRole`,
      `Haven-${stage}-Outbox.ScheduleRole`,
      `Haven-${stage}-Scan.ScheduleRole`,
      `Haven-${stage}-Stock.ScheduleRole`,
      `Haven-${stage}-Sweep.ScheduleRole`,
      `Haven-${stage}-TopUp.ScheduleRole`,
      `Haven-${stage}-WebhookEvents.ScheduleRole`,
      `Haven-${stage}-Webhooks.ScheduleRole`,
      ...operators.sort(),
    ]);
  });

  it.each([
    ['Alerts', 'alert-notifier', 'alerts-schedule-dlq'],
    ['Anchors', 'audit-anchor', 'anchors-schedule-dlq'],
    ['Carts', 'cart-sweeper', 'cart-schedule-dlq'],
    ['DepositPool', 'deposit-pool', 'pool-schedule-dlq'],
    ['DepositSweep', 'deposit-sweeper', 'deposit-sweep-schedule-dlq'],
    ['Destruction', 'key-destroyer', 'destruction-schedule-dlq'],
    ['Lanes', 'lane-kicker', 'lane-schedule-dlq'],
    ['Monitor', 'monitor', 'monitoring-schedule-dlq'],
    ['Mails', 'customer-mailer', 'mails-schedule-dlq'],
    ['Orders', 'order-expirer', 'order-schedule-dlq'],
    ['Outbox', 'outbox-worker', 'outbox-schedule-dlq'],
    ['Scan', 'payment-scanner', 'scan-schedule-dlq'],
    ['Stock', 'stock-reconciler', 'stock-schedule-dlq'],
    ['Sweep', 'sweeper', 'sweep-schedule-dlq'],
    ['TopUp', 'top-up', 'top-ups-schedule-dlq'],
    ['Webhooks', 'webhook-sender', 'webhook-sends-schedule-dlq'],
    ['WebhookEvents', 'webhook-dispatcher', 'webhook-events-schedule-dlq'],
  ])(
    'lets the schedule of %s call its function and leave what it could not deliver, and nothing else',
    (stack, fn, queue) => {
      const schedule = roles.find((role) => role.name.startsWith(`Haven-${stage}-${stack}.ScheduleRole`));
      expect(schedule?.grants.map(({ action, resource }) => `${action} ${resource.split(':').at(-1)}`)).toEqual([
        `lambda:InvokeFunction haven-${stage}-${fn}`,
        `sqs:SendMessage haven-${stage}-${queue}`,
      ]);
    },
  );

  it('opens no table, secret or function by a policy of its own', () => {
    const openers = templates
      .resources()
      .filter(
        ({ type, properties }) =>
          ['AWS::SecretsManager::ResourcePolicy', 'AWS::Lambda::Url', 'AWS::KMS::Grant'].includes(type) ||
          'ResourcePolicy' in properties ||
          JSON.stringify(properties['Replicas'] ?? '').includes('ResourcePolicy'),
      );
    expect(openers.map(({ logicalId }) => logicalId)).toEqual([]);
  });

  it('lets the internet call the functions of the API and the authorizer only', () => {
    const callable = templates
      .all(
        'AWS::Lambda::Permission',
        z.object({ FunctionName: z.string(), Principal: z.string(), SourceArn: z.string() }),
      )
      .flatMap(({ properties }) => {
        const [name, alias] = (properties.FunctionName.split(`haven-${stage}-`).at(-1) ?? '').split(':');
        if (properties.Principal === 'events.amazonaws.com') {
          expect([name, properties.SourceArn.split(':').at(-1)]).toEqual([
            'alarm-receiver',
            `rule/haven-${stage}-alarm-changed`,
          ]);
          return [];
        }
        if (properties.Principal === 'logs.amazonaws.com') {
          expect([name, properties.SourceArn.split(':log-group:').at(-1)]).toEqual([
            'incident-keeper',
            `/haven/${stage}/*`,
          ]);
          return [];
        }
        expect(properties.Principal).toBe('apigateway.amazonaws.com');
        expect(properties.SourceArn).toMatch(/^arn:aws:execute-api:[\w-]+:\d{12}:/);
        expect([name, alias]).toEqual([name, templates.config.canary === undefined ? undefined : 'live']);
        return name;
      });
    expect([...new Set(callable)].sort()).toEqual([
      'access-api',
      'alerts-api',
      'authorizer',
      'catalog-api',
      'custody-api',
      'key-control',
      'key-export',
      'message-signer',
      'ops-api',
      'orders-api',
      'payment-webhooks',
      'payments-api',
      'policy-admin',
      'refunds-api',
      'status-api',
      'storefront-api',
      'token-api',
      'transactions-api',
      'users-api',
      'wallet-provisioner',
      'wallet-rotator',
      'webhooks-api',
    ]);
  });
});

describe('the privilege walk', () => {
  const allow = (actions: string[], resources: string[], conditions?: iam.Conditions) =>
    new iam.PolicyStatement({ actions, resources, ...(conditions === undefined ? {} : { conditions }) });

  /** One violation per function, each of another kind and by another way to grant. */
  function plant({ app, stacks }: BuiltStage): void {
    const elsewhere = new Stack(app, 'Elsewhere');
    const { functions } = stacks.api;
    const walletKey = stacks.custody.walletKey.keyArn;
    functions['ops-api'].role.addToPrincipalPolicy(allow(['kms:Decrypt'], [walletKey]));
    functions['custody-api'].role.addToPrincipalPolicy(allow(['dynamodb:*'], ['*']));
    functions['token-api'].role.addToPrincipalPolicy(
      allow(['dynamodb:BatchGetItem'], ['arn:aws:dynamodb:*:*:table/haven-local-key?']),
    );
    functions['transactions-api'].role.addToPrincipalPolicy(
      allow(['dynamodb:DeleteItem'], [stacks.data.audit.table.tableArn]),
    );
    new iam.ManagedPolicy(elsewhere, 'PlantedManagedPolicy', {
      roles: [functions['access-api'].role],
      statements: [allow(['kms:CreateGrant'], ['arn:aws:kms:*:*:key/*'])],
    });
    functions['access-api'].role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess'));
    new iam.Policy(elsewhere, 'PlantedPolicy', {
      roles: [stacks.custody.provisionerRole],
      statements: [allow(['kms:GenerateDataKey'], [walletKey])],
    });
    stacks.custody.laneWorkerRole.addToPolicy(allow(['kms:Sign'], ['arn:aws:kms:*:*:key/*']));
    functions['users-api'].role.addToPrincipalPolicy(allow(['kms:CreateKey'], ['*']));
    stacks.custody.laneWorkerRole.addToPolicy(allow(['dynamodb:PutItem'], [stacks.custody.keys.table.tableArn]));
    stacks.lanes.kicker.role.addToPrincipalPolicy(allow(['sts:AssumeRole'], ['*']));
    stacks.api.authorizer.role.addToPrincipalPolicy(
      allow(['secretsmanager:GetSecretValue'], [stacks.secrets.rpc.secretArn]),
    );
    stacks.api.authorizer.role.addToPrincipalPolicy(
      new iam.PolicyStatement({ notActions: ['s3:*'], resources: [stacks.data.ephemeral.table.tableArn] }),
    );
  }

  it('names the function and the action of every planted violation, and finds nothing else', () => {
    const found = withStage('local', (built) => {
      plant(built);
      return privilegeProblems(synthesise(built));
    });
    const any = 'arn:aws:kms:*:*:key/*';
    expect([...found].sort()).toEqual(
      [
        'ops-api may kms:Decrypt on the wallet key in any context',
        'custody-api may dynamodb:* on *',
        'custody-api may dynamodb:* on the table access',
        'custody-api may dynamodb:* on the table approvals',
        'custody-api may dynamodb:* on the table audit',
        'custody-api may dynamodb:* on the table keys',
        'custody-api may dynamodb:* on the table logs',
        'token-api may dynamodb:BatchGetItem on the table keys',
        'transactions-api may dynamodb:DeleteItem on the table audit',
        'access-api has the policy arn:aws:iam::aws:policy/AdministratorAccess',
        `access-api may kms:CreateGrant on ${any}`,
        'access-api may kms:CreateGrant on the wallet key in any context',
        'wallet-provisioner may kms:GenerateDataKey on the wallet key in any context',
        `lane-worker may kms:Sign on ${any}`,
        'lane-worker may kms:Sign on the wallet key in any context',
        'lane-worker may kms:Sign on the anchor key',
        'users-api may kms:CreateKey on the wallet key in any context',
        'lane-worker may dynamodb:PutItem on the table keys',
        'lane-kicker may sts:AssumeRole on *',
        'authorizer may secretsmanager:GetSecretValue on the secret rpc',
        'authorizer may * on arn:aws:dynamodb:eu-central-1:123456789012:table/haven-local-ephemeral',
      ].sort(),
    );
  });

  it('sees how far a wildcard reaches', () => {
    expect(actionsOverlap('kms:Create*', 'kms:CreateGrant')).toBe(true);
    expect(actionsOverlap('KMS:d?crypt', 'kms:*')).toBe(true);
    expect(actionsOverlap('kms:Create*', 'kms:Decrypt')).toBe(false);
    expect(overlap('arn:*:table/haven-*', 'arn:aws:dynamodb:x:1:table/haven-local-keys*')).toBe(true);
    expect(
      overlap('arn:aws:dynamodb:x:1:table/haven-local-keysmith', 'arn:aws:dynamodb:x:1:table/haven-local-keys'),
    ).toBe(false);
    expect(overlap('*', '')).toBe(true);
    expect(overlap('a', '')).toBe(false);
  });
});
