import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { executionRole } from '../constructs/haven-function.ts';
import { HavenTable } from '../constructs/haven-table.ts';
import type { StageContext } from '../stage-context.ts';
import {
  allowKeyCommands,
  createKeyOperatorRoles,
  type KeyOperatorRoles,
  keyUse,
  operatorUses,
} from './key-operators.ts';
import { DEPOSIT_CONTEXT, WALLET_CONTEXT } from './wallet-context.ts';

/**
 * What the root of the account, and whom it lets by IAM, may do with a key: manage it, never use it. Spelled
 * out, because wildcards reach further than they look: the `kms:Create*` of AWS's own administrator policy is
 * kms:CreateGrant as well, and a grant can hand out Decrypt without any encryption context
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html).
 */
export const ADMINISTRATION = [
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

/**
 * What the provisioner and the rotator may have KMS make: keys that sign for Ethereum and do nothing else, made by KMS, in this region. IAM has
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
  /** Under which new keys are encrypted. */
  readonly walletKey: kms.Key;
  /** Under which keys may still be encrypted. */
  readonly previousWalletKeys: readonly kms.Key[];
  readonly provisionerRole: iam.Role;
  readonly rotatorRole: iam.Role;
  readonly depositPoolRole: iam.Role;
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
    this.rotatorRole = executionRole(this, 'RotatorRole', stage, 'wallet-rotator');
    this.depositPoolRole = executionRole(this, 'DepositPoolRole', stage, 'deposit-pool');
    this.laneWorkerRole = executionRole(this, 'LaneWorkerRole', stage, 'lane-worker');
    this.messageSignerRole = executionRole(this, 'MessageSignerRole', stage, 'message-signer');
    this.keyExportRole = executionRole(this, 'KeyExportRole', stage, 'key-export');
    const operators = createKeyOperatorRoles(this, stage);
    const { wallet_key_generation: generation, previous_wallet_keys: previous } = stage.config;
    // All generations stay: a backup may hold ciphertexts of any. One that is neither current nor listed may be used by nobody.
    const walletKeys = Array.from({ length: generation }, (_, index) =>
      this.#createWalletKey(stage, index + 1, operators),
    );
    const [walletKey] = walletKeys.slice(-1);
    if (walletKey === undefined) throw new Error('A stage has a wallet key');
    this.walletKey = walletKey;
    this.previousWalletKeys = walletKeys.filter((_, index) => previous.includes(index + 1));
    // Other stacks name them or not as generations come and go; an export that is in use can't be taken away.
    if (generation > 1) for (const key of walletKeys) this.exportValue(key.keyArn);
    this.#letMakeSigningKeys('Provisioner', this.provisionerRole);
    this.#letMakeSigningKeys('Rotator', this.rotatorRole);
    this.keys = new HavenTable(this, 'Keys', { stage, name: 'keys', indexes: 0 });
    this.approvals = new HavenTable(this, 'Approvals', { stage, name: 'approvals', indexes: 2 });
    allowKeyCommands(this, stage, operators, {
      encrypt: this.#use('kms:GenerateDataKey'),
      decrypt: this.#use('kms:Decrypt'),
      keyArns: this.#decryptable(),
      keys: this.keys,
    });
  }

  /** What functions that decrypt must know of the stage's wallet keys. */
  decryptionSettings(): Readonly<Record<string, string>> {
    const previous = this.previousWalletKeys.map((key) => key.keyArn).join(',');
    return {
      WALLET_KEY_ARN: this.walletKey.keyArn,
      ...(previous === '' ? {} : { PREVIOUS_WALLET_KEY_ARNS: previous }),
    };
  }

  #createWalletKey(stage: StageContext, generation: number, operators: KeyOperatorRoles): kms.Key {
    const isCurrent = generation === stage.config.wallet_key_generation;
    const isDecryptable = isCurrent || stage.config.previous_wallet_keys.includes(generation);
    const suffix = generation === 1 ? '' : `-${generation}`;
    return new kms.Key(this, `WalletKey${generation === 1 ? '' : generation}`, {
      alias: `alias/${stage.resourceName('wallets')}${suffix}`,
      description: `Haven ${stage.config.name}: encrypts wallet keys. Without it no wallet can ever sign again.`,
      enableKeyRotation: true,
      pendingWindow: Duration.days(30),
      removalPolicy: stage.config.protect_data ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      policy: new iam.PolicyDocument({
        statements: [
          administration(),
          ...(isCurrent
            ? [
                keyUse('ProvisionerMakesDataKeys', 'kms:GenerateDataKey', this.provisionerRole),
                keyUse('RotatorMakesDataKeys', 'kms:GenerateDataKey', this.rotatorRole),
                keyUse('DepositPoolMakesDataKeys', 'kms:GenerateDataKey', this.depositPoolRole, DEPOSIT_CONTEXT),
                ...operatorUses(operators, 'kms:GenerateDataKey'),
              ]
            : []),
          ...(isDecryptable
            ? [
                keyUse('LaneWorkerDecrypts', 'kms:Decrypt', this.laneWorkerRole),
                ...(stage.config.message_signing
                  ? [keyUse('MessageSignerDecrypts', 'kms:Decrypt', this.messageSignerRole)]
                  : []),
                ...(stage.config.key_export ? [keyUse('KeyExportDecrypts', 'kms:Decrypt', this.keyExportRole)] : []),
                ...operatorUses(operators, 'kms:Decrypt'),
              ]
            : []),
        ],
      }),
    });
  }

  /** What the provisioner may do with keys: make data keys and store ciphertexts, besides making keys in KMS. */
  provisionerPermissions(): iam.PolicyStatement[] {
    return [this.#use('kms:GenerateDataKey'), this.keys.allow('PutItem')];
  }

  /** What the rotator may do with keys: as the provisioner. */
  rotatorPermissions(): iam.PolicyStatement[] {
    return this.provisionerPermissions();
  }

  /** What the pool's function may do with keys: as the provisioner, for deposit wallets, and nothing in KMS but that. */
  depositPoolPermissions(): iam.PolicyStatement[] {
    return [this.#use('kms:GenerateDataKey', DEPOSIT_CONTEXT), this.keys.allow('PutItem')];
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
   * signers sign and learn for which wallet it was made; the makers learn the public key. No role has these rights by IAM, so that no other key of the account
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
    // Their descriptions say for which wallet they were made.
    const describes = new iam.PolicyStatement({
      sid: 'SignersLearnWallet',
      actions: ['kms:DescribeKey'],
      principals: [this.laneWorkerRole, ...(this.#signsMessages ? [this.messageSignerRole] : [])],
      resources: ['*'],
    });
    const document = new iam.PolicyDocument({
      statements: [
        administration(),
        signs('LaneWorkerSigns', this.laneWorkerRole),
        ...(this.#signsMessages ? [signs('MessageSignerSigns', this.messageSignerRole)] : []),
        describes,
        new iam.PolicyStatement({
          sid: 'MakersLearnAddress',
          actions: ['kms:GetPublicKey'],
          principals: [this.provisionerRole, this.rotatorRole],
          resources: ['*'],
        }),
      ],
    });
    return this.toJsonString(document.toJSON());
  }

  /** A policy of its own, so that what is acknowledged for it covers nothing else. */
  #letMakeSigningKeys(maker: string, role: iam.Role): void {
    const policy = new iam.Policy(this, `${maker}MakesSigningKeys`, {
      roles: [role],
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

  #use(action: 'kms:GenerateDataKey' | 'kms:Decrypt', conditions = WALLET_CONTEXT): iam.PolicyStatement {
    return new iam.PolicyStatement({
      actions: [action],
      resources: action === 'kms:Decrypt' ? this.#decryptable() : [this.walletKey.keyArn],
      conditions,
    });
  }

  /** The keys under which a wallet's key may be. */
  #decryptable(): string[] {
    return [this.walletKey, ...this.previousWalletKeys].map((key) => key.keyArn);
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
