import { RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StageContext } from '../stage-context.ts';
import { acknowledge } from './acknowledge.ts';
import type { HavenFunction } from './haven-function.ts';

/** What decides which version of a function is called. */
export const LIVE_ALIAS = 'live';

/** From twice the five minutes on that its alarms look at: CodeDeploy's shortest, of five, is over when they begin to sound. */
const CONFIGS = {
  10: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_10MINUTES,
  15: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_15MINUTES,
  30: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_30MINUTES,
} as const;

/** What gradual deployments of functions need. */
export interface GradualDeploymentsProps {
  readonly stage: StageContext;
  /** With which of the stage's settings. */
  readonly minutes: keyof typeof CONFIGS;
}

/**
 * Exchanges functions gradually: a tenth of the calls try the new version, and when an alarm sounds all go back to the old one. Only functions
 * that clients call: what schedules, queues and events call has nobody waiting, is tried again, and is exchanged at once.
 */
export class GradualDeployments extends Construct {
  readonly #stage: StageContext;
  readonly #config: codedeploy.ILambdaDeploymentConfig;
  readonly #application: codedeploy.LambdaApplication;
  readonly #role: iam.Role;

  constructor(scope: Construct, id: string, { stage, minutes }: GradualDeploymentsProps) {
    super(scope, id);
    this.#stage = stage;
    this.#config = CONFIGS[minutes];
    this.#application = new codedeploy.LambdaApplication(this, 'Application', {
      applicationName: stage.resourceName('functions'),
    });
    this.#role = new iam.Role(this, 'Role', {
      description: `CodeDeploy's, for the aliases of haven-${stage.config.name}`,
      assumedBy: new iam.ServicePrincipal('codedeploy.amazonaws.com'),
    });
    this.#role.addToPolicy(new iam.PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }));
    acknowledge(
      this.#role.node.findChild('DefaultPolicy'),
      'AwsSolutions-IAM5[Resource::*]',
      'CodeDeploy asks for all alarms of a deployment group in one call, which IAM knows no resource of.',
    );
  }

  /**
   * Puts a function behind its alias.
   *
   * @param alarms each of which takes a new version back while it is tried
   * @returns what to call
   */
  live(fn: HavenFunction, alarms: readonly cloudwatch.IAlarm[]): lambda.IFunction {
    // Kept, so that an operator can go back to it.
    fn.function.currentVersion.applyRemovalPolicy(RemovalPolicy.RETAIN);
    const alias = fn.function.addAlias(LIVE_ALIAS);
    this.#role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
        resources: [fn.function.functionArn, alias.functionArn],
      }),
    );
    const group = new codedeploy.LambdaDeploymentGroup(this, fn.name, {
      application: this.#application,
      deploymentGroupName: this.#stage.resourceName(fn.name),
      alias,
      deploymentConfig: this.#config,
      // As it is: CDK would add AWS's own policy, which reaches every function of the account.
      role: this.#role.withoutPolicyUpdates(),
      alarms: [...alarms],
      // A deployment that can't be watched is none.
      ignorePollAlarmsFailure: false,
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
    const policy = this.#role.node.tryFindChild('DefaultPolicy');
    if (policy !== undefined) group.node.addDependency(policy);
    return lambda.Function.fromFunctionAttributes(this, `${fn.name}-live`, {
      functionArn: alias.functionArn,
      sameEnvironment: true,
    });
  }
}
