import { Aws, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { createHeartbeatAlarm } from '../constructs/counted-alarm.ts';
import { executionRole, HavenFunction } from '../constructs/haven-function.ts';
import { createMissedRuns, MAX_RUN_AGE, scheduleEachMinute } from '../constructs/minute-schedule.ts';
import type { StageContext } from '../stage-context.ts';
import { ADMINISTRATION } from './custody-stack.ts';
import type { DataStack } from './data-stack.ts';

/** The stacks that anchoring builds on. */
export interface AnchorsStackProps extends StackProps {
  readonly data: DataStack;
}

const TIMEOUT = Duration.seconds(60);
/** A day's anchor is due once; more often, so that a run that failed is made up for soon. */
const EVERY = Duration.hours(1);
/** Hours without a run that left nothing to anchor, at which the alarm sounds. */
const SILENT_HOURS = 3;

/**
 * Nobody's: what would take an anchor away, hide it, or change its lock. The bucket's own settings are left out: they
 * weaken no lock that is there, versioning can't be suspended where objects are locked, and CloudFormation must be able
 * to change how long later anchors are kept.
 */
const REMOVALS = [
  's3:BypassGovernanceRetention',
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:PutObjectLegalHold',
  's3:PutObjectRetention',
];

/**
 * Anchors of the audit streams: where they end, signed and locked outside the database, so that whoever can write
 * every table can still not write history anew unseen.
 */
export class AnchorsStack extends Stack {
  readonly bucket: s3.Bucket;
  readonly key: kms.Key;
  readonly anchorer: HavenFunction;
  readonly #stage: StageContext;

  constructor(scope: Construct, id: string, stage: StageContext, props: AnchorsStackProps) {
    super(scope, id, props);
    this.#stage = stage;
    const role = executionRole(this, 'AnchorRole', stage, 'audit-anchor');
    const policy = stage.config.protect_data ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.key = createKey(this, stage, role, policy);
    this.bucket = createBucket(this, stage, role, policy);
    const impact = 'Audit streams are not anchored; what happens meanwhile could be rewritten unseen.';
    const missedRuns = createMissedRuns(this, {
      stage,
      of: 'anchors-schedule',
      subject: 'The schedule that anchors audit streams',
      owner: 'the anchoring function',
      errorImpact: impact,
    });
    this.anchorer = new HavenFunction(this, 'AuditAnchor', {
      stage,
      name: 'audit-anchor',
      description: 'Each day writes down, signed and locked, where every audit stream ended. Reads no entry; no keys.',
      role,
      memoryMb: 1_024,
      timeout: TIMEOUT,
      calledBy: { kind: 'schedule', missedRuns, maxEventAge: MAX_RUN_AGE },
      permissions: [
        props.data.audit.allowIndexQuery('gsi1'),
        ...this.#objects(['s3:GetObject', 's3:PutObject']),
        new iam.PolicyStatement({ actions: ['kms:Sign'], resources: [this.key.keyArn] }),
      ],
      environment: {
        STAGE: stage.config.name,
        AUDIT_TABLE: props.data.audit.tableName,
        ANCHOR_BUCKET: this.bucket.bucketName,
        ANCHOR_KEY_ARN: this.key.keyArn,
        ANCHOR_SETTLE_SECONDS: String(stage.config.audit_anchors.settle_seconds),
      },
      errorImpact: impact,
    });
    this.acknowledgeObjects(this.anchorer);
    scheduleEachMinute(this, 'AnchorAudit', {
      stage,
      name: 'anchor-audit',
      description: 'Anchors the audit streams of every day that has ended',
      target: this.anchorer,
      targetInWords: 'the anchoring function',
      every: EVERY,
      missedRuns,
    });
    createHeartbeatAlarm(this, 'MissingAnchors', {
      stage,
      name: 'audit-anchors-missing',
      harm: 'told',
      description: `For ${SILENT_HOURS} hours no run has left the audit streams anchored. ${impact}`,
      metric: 'AuditAnchorsCurrent',
      countedBy: 'audit-anchor',
      period: EVERY,
      periods: SILENT_HOURS,
    });
    new CfnOutput(this, 'BucketName', { value: this.bucket.bucketName });
    new CfnOutput(this, 'KeyArn', { value: this.key.keyArn });
  }

  /** What it takes to hold streams against their anchors: read them, and ask for the key's public half. */
  verifierPermissions(): iam.PolicyStatement[] {
    return [
      ...this.#objects(['s3:GetObject']),
      new iam.PolicyStatement({ actions: ['kms:GetPublicKey'], resources: [this.key.keyArn] }),
    ];
  }

  /** What it takes to see how far the streams are anchored: which digests there are, and what they say. */
  digestReaderPermissions(): iam.PolicyStatement[] {
    return this.#objects(['s3:GetObject'], DIGEST_FOLDERS);
  }

  /**
   * Says why a function's rights to anchors name them by folder.
   *
   * @param folders those that it has rights to
   */
  acknowledgeObjects(fn: HavenFunction, folders: readonly string[] = FOLDERS): void {
    const name = bucketName(this.#stage, { account: '<AWS::AccountId>', region: '<AWS::Region>' });
    for (const folder of folders) {
      acknowledge(
        fn.node.findChild('Policy'),
        `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::${name}/${folder}]`,
        'Anchors are many objects, named by number and by content; IAM knows them by folder only.',
      );
    }
  }

  /** List: without it S3 says of an object that isn't there that it is forbidden. */
  #objects(actions: readonly string[], folders: readonly string[] = FOLDERS): iam.PolicyStatement[] {
    const arn = `arn:${Aws.PARTITION}:s3:::${bucketName(this.#stage)}`;
    return [
      new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [arn] }),
      new iam.PolicyStatement({ actions: [...actions], resources: folders.map((folder) => `${arn}/${folder}`) }),
    ];
  }
}

function createKey(scope: Construct, stage: StageContext, role: iam.Role, removalPolicy: RemovalPolicy): kms.Key {
  return new kms.Key(scope, 'AnchorKey', {
    alias: `alias/${stage.resourceName('audit-anchors')}`,
    description: `Haven ${stage.config.name}: signs anchors of the audit streams. It can encrypt nothing.`,
    keySpec: kms.KeySpec.ECC_NIST_P256,
    keyUsage: kms.KeyUsage.SIGN_VERIFY,
    pendingWindow: Duration.days(30),
    removalPolicy,
    policy: new iam.PolicyDocument({
      statements: [
        new iam.PolicyStatement({
          sid: 'AdministrationWithoutUse',
          // Its public half is no secret: whom IAM lets may check signatures.
          actions: [...ADMINISTRATION, 'kms:GetPublicKey'],
          principals: [new iam.AccountRootPrincipal()],
          resources: ['*'],
        }),
        new iam.PolicyStatement({
          sid: 'AnchorerSigns',
          actions: ['kms:Sign'],
          principals: [role],
          resources: ['*'],
          conditions: { StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' } },
        }),
      ],
    }),
  });
}

/** Where digests are, in the bucket. */
export const DIGEST_FOLDERS = ['digests/*'];
/** Where anchors are, in the bucket. */
const FOLDERS = [...DIGEST_FOLDERS, 'parts/*'];

/** Names of buckets are those of all accounts in the world. */
function bucketName(stage: StageContext, where = { account: Aws.ACCOUNT_ID, region: Aws.REGION }): string {
  return `${stage.resourceName('anchors')}-${where.account}-${where.region}`;
}

function createBucket(scope: Construct, stage: StageContext, role: iam.Role, removalPolicy: RemovalPolicy): s3.Bucket {
  const { lock_mode, retention_days } = stage.config.audit_anchors;
  const retention = Duration.days(retention_days);
  const bucket = new s3.Bucket(scope, 'Anchors', {
    bucketName: bucketName(stage),
    versioned: true,
    objectLockEnabled: true,
    objectLockDefaultRetention:
      lock_mode === 'COMPLIANCE'
        ? s3.ObjectLockRetention.compliance(retention)
        : s3.ObjectLockRetention.governance(retention),
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    removalPolicy,
  });
  const objects = bucket.arnForObjects('*');
  const deny = (sid: string, actions: readonly string[], resources: readonly string[], conditions?: iam.Conditions) =>
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid,
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: [...actions],
        resources: [...resources],
        ...(conditions === undefined ? {} : { conditions }),
      }),
    );
  deny('NobodyRemovesOrUnlocks', REMOVALS, [objects]);
  deny('OnlyTheAnchorerAdds', ['s3:PutObject'], [objects], { ArnNotEquals: { 'aws:PrincipalArn': role.roleArn } });
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
  deny('NothingIsReplaced', ['s3:PutObject'], [objects], { Null: { 's3:if-none-match': 'true' } });
  // Requests that aren't signed at all are allowed nothing by anybody
  // (https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html).
  deny('NoPresignedRequests', ['s3:*'], [bucket.bucketArn, objects], {
    StringEquals: { 's3:authType': ['POST', 'REST-QUERY-STRING'] },
  });
  deny('NoOldSignatures', ['s3:*'], [bucket.bucketArn, objects], { StringEquals: { 's3:signatureversion': 'AWS' } });
  acknowledge(
    bucket,
    'AwsSolutions-S1',
    'Two functions read and write it, a few objects a day; data events of CloudTrail say more than access logs, and the logs would need a bucket without these locks.',
  );
  return bucket;
}
