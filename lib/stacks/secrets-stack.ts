import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { StageContext } from '../stage-context.ts';

const GENERATED_LENGTH = 64;

/** The stage's secrets. Their values are generated, or put there by the operator; none is in a template. */
export class SecretsStack extends Stack {
  /** With which API keys are hashed. */
  readonly pepper: secretsmanager.Secret;
  /** With which list cursors are signed. */
  readonly signing: secretsmanager.Secret;
  /** The first admin key, put there by access-bootstrap. */
  readonly adminKey: secretsmanager.Secret;
  /** RPC endpoints by chain id, put there by the operator. */
  readonly rpc: secretsmanager.Secret;

  constructor(scope: Construct, id: string, stage: StageContext, props: StackProps) {
    super(scope, id, props);
    const secret = (name: string, description: string, generateKey?: string) =>
      new secretsmanager.Secret(this, name, {
        secretName: `haven/${stage.config.name}/${name}`,
        description,
        removalPolicy: stage.config.protect_data ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
        generateSecretString: {
          passwordLength: GENERATED_LENGTH,
          excludePunctuation: true,
          secretStringTemplate: '{}',
          // Secrets that are filled later hold a placeholder that says so and is never valid.
          generateStringKey: generateKey ?? 'placeholder',
        },
      });
    this.pepper = secret('pepper', 'Hashes API keys', 'pepper');
    this.signing = secret('signing', 'Signs list cursors', 'signing_key');
    this.adminKey = secret('admin-key', 'The first admin API key');
    this.rpc = secret('rpc', 'RPC endpoints: {"<chain id>": ["https://..."]}');
    new CfnOutput(this, 'AdminKeySecretArn', { value: this.adminKey.secretArn });
    new CfnOutput(this, 'RpcSecretArn', { value: this.rpc.secretArn });
  }
}

/** The right to read secrets. */
export function allowRead(...secrets: readonly secretsmanager.Secret[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['secretsmanager:GetSecretValue'],
    resources: secrets.map((secret) => secret.secretArn),
  });
}
