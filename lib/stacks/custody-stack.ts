import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { executionRole } from '../constructs/haven-function.ts';
import { HavenTable } from '../constructs/haven-table.ts';
import type { StageContext } from '../stage-context.ts';

/**
 * What the root of the account, and whom it lets by IAM, may do with the wallet key: manage it, never use it. Spelled
 * out, because wildcards reach further than they look: the `kms:Create*` of AWS's own administrator policy is
 * kms:CreateGrant as well, and a grant can hand out Decrypt without any encryption context
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html).
 */
const ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListAliases',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

/** Every use must carry exactly the context that binds a ciphertext to its wallet. */
const WALLET_CONTEXT = {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['wallet_id', 'address', 'purpose'] },
  StringLike: {
    'kms:EncryptionContext:wallet_id': 'wal_*',
    'kms:EncryptionContext:address': '0x*',
  },
  StringEquals: { 'kms:EncryptionContext:purpose': ['treasury', 'user', 'deposit'] },
};

/**
 * What the provisioner may have KMS make: keys that sign for Ethereum and do nothing else, made by KMS, in this region. IAM has
 * no way to say what policy they get; see docs/security.md.
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 */
const SIGNING_KEYS_ONLY = {
  StringEquals: {
    'kms:KeySpec': 'ECC_SECG_P256K1',
    'kms:KeyUsage': 'SIGN_VERIFY',
    'kms:KeyOrigin': 'AWS_KMS',
  },
  Bool: { 'kms:MultiRegion': 'false' },
};

/** Signatures over 32-byte digests: KMS must not hash what is one already. */
const DIGESTS_ONLY = {
  StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' },
};

/**
 * Everything that can touch keys: the KMS key, the table of ciphertexts, and the only roles that the key's policy
 * lets use it. The functions that have these roles are elsewhere; the privilege is here.
 */
export class CustodyStack extends Stack {
  readonly keys: HavenTable;
  readonly walletKey: kms.Key;
  readonly provisionerRole: iam.Role;
  readonly laneWorkerRole: iam.Role;
  readonly messageSignerRole: iam.Role;
  readonly keyExportRole: iam.Role;
  /** Exports and destructions of keys that two people decide: a table of its own, so that no other function can forge one. */
  readonly approvals: HavenTable;

  readonly #signsMessages: boolean;

  constructor(scope: Construct, id: string, stage: StageContext, props: StackProps) {
    super(scope, id, props);
    this.#signsMessages = stage.config.message_signing;
    this.provisionerRole = executionRole(this, 'ProvisionerRole', stage, 'wallet-provisioner');
    this.laneWorkerRole = executionRole(this, 'LaneWorkerRole', stage, 'lane-worker');
    this.messageSignerRole = executionRole(this, 'MessageSignerRole', stage, 'message-signer');
    this.keyExportRole = executionRole(this, 'KeyExportRole', stage, 'key-export');
    this.walletKey = new kms.Key(this, 'WalletKey', {
      alias: `alias/${stage.resourceName('wallets')}`,
      description: `Haven ${stage.config.name}: encrypts wallet keys. Without it no wallet can ever sign again.`,
      enableKeyRotation: true,
      pendingWindow: Duration.days(30),
      removalPolicy: stage.config.protect_data ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      policy: new iam.PolicyDocument({
        statements: [
          administration(),
          new iam.PolicyStatement({
            sid: 'ProvisionerMakesDataKeys',
            actions: ['kms:GenerateDataKey'],
            principals: [this.provisionerRole],
            resources: ['*'],
            conditions: WALLET_CONTEXT,
          }),
          new iam.PolicyStatement({
            sid: 'LaneWorkerDecrypts',
            actions: ['kms:Decrypt'],
            principals: [this.laneWorkerRole],
            resources: ['*'],
            conditions: WALLET_CONTEXT,
          }),
          ...(this.#signsMessages ? [this.#messageSignerDecrypts()] : []),
          ...(stage.config.key_export ? [this.#keyExportDecrypts()] : []),
        ],
      }),
    });
    this.#letProvisionerMakeSigningKeys();
    this.keys = new HavenTable(this, 'Keys', { stage, name: 'keys', indexes: 0 });
    this.approvals = new HavenTable(this, 'Approvals', { stage, name: 'approvals', indexes: 2 });
  }

  /** What the provisioner may do with keys: make data keys and store ciphertexts, besides making keys in KMS. */
  provisionerPermissions(): iam.PolicyStatement[] {
    return [this.#use('kms:GenerateDataKey'), this.keys.allow('PutItem')];
  }

  /** What the lane worker may do with keys: read ciphertexts and decrypt them. That it may sign is in the policies of KMS keys. */
  laneWorkerPermissions(): iam.PolicyStatement[] {
    return [this.#use('kms:Decrypt'), this.keys.allow('GetItem')];
  }

  /** What the message signer may do with keys; in vain where the stage doesn't sign messages, as the key's policy leaves it out. */
  messageSignerPermissions(): iam.PolicyStatement[] {
    return [
      this.#use('kms:Decrypt'),
      this.keys.allow('GetItem'),
      ...(this.#signsMessages ? [] : [this.#denySigning()]),
    ];
  }

  /**
   * The policy that each KMS key of a wallet is made with, as JSON: the root manages it without use, as the wallet key; the
   * signers sign; the provisioner learns the public key. No role has these rights by IAM, so that no other key of the account
   * can be used with them.
   */
  signingKeyPolicy(): string {
    const signs = (sid: string, role: iam.Role) =>
      new iam.PolicyStatement({
        sid,
        actions: ['kms:Sign'],
        principals: [role],
        resources: ['*'],
        conditions: DIGESTS_ONLY,
      });
    const document = new iam.PolicyDocument({
      statements: [
        administration(),
        signs('LaneWorkerSigns', this.laneWorkerRole),
        ...(this.#signsMessages ? [signs('MessageSignerSigns', this.messageSignerRole)] : []),
        new iam.PolicyStatement({
          sid: 'ProvisionerLearnsAddress',
          actions: ['kms:GetPublicKey'],
          principals: [this.provisionerRole],
          resources: ['*'],
        }),
      ],
    });
    return this.toJsonString(document.toJSON());
  }

  /** A policy of its own, so that what is acknowledged for it covers nothing else. */
  #letProvisionerMakeSigningKeys(): void {
    const policy = new iam.Policy(this, 'ProvisionerMakesSigningKeys', {
      roles: [this.provisionerRole],
      statements: [
        new iam.PolicyStatement({ actions: ['kms:CreateKey'], resources: ['*'], conditions: SIGNING_KEYS_ONLY }),
      ],
    });
    const reason =
      'A key that is to be made has no ARN: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html.';
    acknowledge(policy, 'AwsSolutions-IAM5[Resource::*]', reason);
  }

  /** Keys keep the policy that they were made with: one from when the stage signed messages names their signer still. */
  #denySigning(): iam.PolicyStatement {
    return new iam.PolicyStatement({
      effect: iam.Effect.DENY,
      actions: ['kms:Sign'],
      resources: [this.formatArn({ service: 'kms', resource: 'key', resourceName: '*' })],
    });
  }

  /** What the key export may do with keys and approvals; no key where the stage exports none, as the key's policy leaves it out. */
  keyExportPermissions(): iam.PolicyStatement[] {
    return [
      this.#use('kms:Decrypt'),
      this.keys.allow('GetItem'),
      this.approvals.allowRows(['exp_*'], 'GetItem', 'PutItem'),
    ];
  }

  #keyExportDecrypts(): iam.PolicyStatement {
    return new iam.PolicyStatement({
      sid: 'KeyExportDecrypts',
      actions: ['kms:Decrypt'],
      principals: [this.keyExportRole],
      resources: ['*'],
      conditions: WALLET_CONTEXT,
    });
  }

  #messageSignerDecrypts(): iam.PolicyStatement {
    return new iam.PolicyStatement({
      sid: 'MessageSignerDecrypts',
      actions: ['kms:Decrypt'],
      principals: [this.messageSignerRole],
      resources: ['*'],
      conditions: WALLET_CONTEXT,
    });
  }

  #use(action: 'kms:GenerateDataKey' | 'kms:Decrypt'): iam.PolicyStatement {
    return new iam.PolicyStatement({
      actions: [action],
      resources: [this.walletKey.keyArn],
      conditions: WALLET_CONTEXT,
    });
  }
}

function administration(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'AdministrationWithoutUse',
    actions: ADMINISTRATION,
    principals: [new iam.AccountRootPrincipal()],
    resources: ['*'],
  });
}
