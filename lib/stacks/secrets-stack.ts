import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { UNFILLED_SECRET_KEY } from '#shared/platform/unfilled-secret.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import type { StageContext } from '../stage-context.ts';

const GENERATED_LENGTH = 64;

/** The stage's secrets. Their values are generated, or put there by the operator; none is in a template. */
export class SecretsStack extends Stack {
  /** With which API keys are hashed. */
  readonly pepper: secretsmanager.Secret;
  /** With which carts are sealed, and tokens of carts and orders hashed. */
  readonly shop: secretsmanager.Secret;
  /** With which signing secrets and secret addresses of channels and endpoints are sealed. */
  readonly notify: secretsmanager.Secret;
  /** With which list cursors are signed. */
  readonly signing: secretsmanager.Secret;
  /** The first admin key, put there by access-bootstrap. */
  readonly adminKey: secretsmanager.Secret;
  /** RPC endpoints by chain id, put there by the operator. */
  readonly rpc: secretsmanager.Secret;
  /** Webhooks that are told of alerts, put there by the operator. */
  readonly alertWebhooks: secretsmanager.Secret;
  /** With which payment processors sign their webhooks, put there by the operator. */
  readonly processors: secretsmanager.Secret;

  constructor(scope: Construct, id: string, stage: StageContext, props: StackProps) {
    super(scope, id, props);
    const secret = (name: string, facts: { description: string; generateKey?: string; rotation: string }) => {
      const made = new secretsmanager.Secret(this, name, {
        secretName: `haven/${stage.config.name}/${name}`,
        description: facts.description,
        removalPolicy: stage.config.protect_data ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
        generateSecretString: {
          passwordLength: GENERATED_LENGTH,
          excludePunctuation: true,
          secretStringTemplate: '{}',
          generateStringKey: facts.generateKey ?? UNFILLED_SECRET_KEY,
        },
      });
      acknowledge(made, 'AwsSolutions-SMG4', facts.rotation);
      return made;
    };
    this.pepper = secret('pepper', {
      description: 'Hashes API keys',
      generateKey: 'pepper',
      rotation: 'A new pepper makes every API key invalid at once, so it changes only when all keys are issued anew.',
    });
    this.shop = secret('shop', {
      description: 'Seals carts and hashes tokens of carts and orders',
      generateKey: 'shop_key',
      rotation: 'A new value makes every open cart and every token of an order invalid at once.',
    });
    this.notify = secret('notify', {
      description: 'Seals signing secrets and secret addresses of alert channels and webhook endpoints',
      generateKey: 'notify_key',
      rotation:
        'A new value makes every sealed secret unreadable: each channel and endpoint must then be given a new one.',
    });
    this.signing = secret('signing', {
      description: 'Signs list cursors',
      generateKey: 'signing_key',
      rotation:
        'It opens nothing: a forged cursor can only name another place in a list that its bearer may read anyway. A new value works within a minute.',
    });
    this.adminKey = secret('admin-key', {
      description: 'The first admin API key',
      rotation:
        'An operator rotates it by the API, with overlap, or revokes it; a rotation that nobody asked for would lock out who uses it.',
    });
    this.rpc = secret('rpc', {
      description: 'RPC endpoints: {"<chain id>": ["https://..." or {"url", "name", "weight"}]}',
      rotation: 'RPC providers issue its values and offer no rotation; a new value works within a minute.',
    });
    this.alertWebhooks = secret('alert-webhooks', {
      description: 'Webhooks that are told of alerts: {"<name>": {"url", "signing_secret": "whsec_..."}}',
      rotation:
        'Receivers know its values, and one is replaced together with them: two are in use meanwhile. A new value works within a minute.',
    });
    this.processors = secret('payment-processors', {
      description: 'With which payment processors sign: {"<name>": "<secret>" or ["<new>", "<old>"]}',
      rotation:
        'Processors issue or know its values, and one is replaced together with them: two are in use meanwhile. A new value works within a minute.',
    });
    new CfnOutput(this, 'AdminKeySecretArn', { value: this.adminKey.secretArn });
    new CfnOutput(this, 'RpcSecretArn', { value: this.rpc.secretArn });
    new CfnOutput(this, 'ProcessorsSecretArn', { value: this.processors.secretArn });
    new CfnOutput(this, 'AlertWebhooksSecretArn', { value: this.alertWebhooks.secretArn });
  }
}

/** The right to read secrets. */
export function allowRead(...secrets: readonly secretsmanager.Secret[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['secretsmanager:GetSecretValue'],
    resources: secrets.map((secret) => secret.secretArn),
  });
}
