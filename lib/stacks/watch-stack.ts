import { Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** Where alarms go: a topic that operators subscribe to. First of all stacks, because all others alarm to it. */
export class WatchStack extends Stack {
  readonly alarmTopic: sns.Topic;

  constructor(scope: Construct, id: string, stageName: string, props: StackProps) {
    super(scope, id, props);
    const key = new kms.Key(this, 'TopicKey', {
      description: `Haven ${stageName}: encrypts alarm notices`,
      enableKeyRotation: true,
    });
    // CloudWatch can publish to an encrypted topic only if the key's own policy lets it
    // (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services).
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        actions: ['kms:GenerateDataKey*', 'kms:Decrypt'],
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
    this.alarmTopic = new sns.Topic(this, 'Alarms', {
      topicName: `haven-${stageName}-alarms`,
      displayName: `Haven ${stageName} alarms`,
      masterKey: key,
      enforceSSL: true,
    });
    this.alarmTopic.addToResourcePolicy(
      new iam.PolicyStatement({
        actions: ['sns:Publish'],
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [this.alarmTopic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
  }
}
