import type { StageContext } from '../../stage-context.ts';
import { poolSettings } from '../deposit-pool-stack.ts';
import { allowRead } from '../secrets-stack.ts';
import { type ApiParts, commonFacts, type FunctionFacts } from './function-facts.ts';

/** The functions of the API that serve wallets: who makes them, shows them, rules them and signs messages with them. */
export function custodyFunctionFacts(stage: StageContext, parts: ApiParts) {
  const { custody, data, anchors, secrets } = parts;
  const { chains, ledger, audit, idempotency, accessHeads } = commonFacts(stage, parts);
  return {
    'wallet-provisioner': {
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
    },
    'wallet-rotator': {
      name: 'wallet-rotator',
      description:
        'Retires wallets: revokes them, or encrypts new keys for successors. Can never read or decrypt a key.',
      role: custody.rotatorRole,
      // As for the provisioner: encryption libraries.
      memoryMb: 1_024,
      permissions: [
        ...custody.rotatorPermissions(),
        data.ledger.allow('GetItem'),
        data.ledger.allowRows(['CUSTODY#*', 'WALLET#*'], 'UpdateItem'),
        // That the policy is the one that is copied, that it was handed out to nobody, and that it is rotated.
        data.ledger.allowRows(['CUSTODY#*', 'DEPOSIT#*', 'POLICY#*'], 'ConditionCheckItem'),
        data.ledger.allowRows(
          [
            'ADDRESS#*',
            'AUDIT#access:*',
            'KMS_ROTATION#*',
            'POLICY#*',
            'SWEEP#*',
            'USER#*',
            'WALLET#*',
            'WALLET_TAG#*',
          ],
          'PutItem',
        ),
        data.audit.allowRows(['access:*', 'policy:*', 'sweep:*', 'usr_*', 'wal_*'], 'PutItem'),
        data.logs.allow('PutItem'),
        idempotency,
      ],
      environment: {
        ...ledger,
        ...audit,
        LOGS_TABLE: data.logs.tableName,
        KEYS_TABLE: custody.keys.tableName,
        WALLET_KEY_ARN: custody.walletKey.keyArn,
        KMS_KEY_POLICY: custody.signingKeyPolicy(),
        STAGE: stage.config.name,
      },
      errorImpact: 'No wallet can be revoked or rotated, and no sweep asked for; a pause still stops a wallet.',
    },
    'custody-api': {
      name: 'custody-api',
      description: 'Shows wallets, on record, and verifies audit streams. No keys.',
      permissions: [
        data.ledger.allow('GetItem', 'BatchGetItem', 'Query'),
        data.ledger.allowRows(['AUDIT#access:*'], 'PutItem'),
        data.ledger.allowIndexQuery('gsi1'),
        data.ledger.allowIndexQuery('gsi2'),
        data.ledger.allowIndexQuery('gsi3'),
        data.audit.allow('Query', 'BatchGetItem'),
        data.audit.allowRows(['access:*'], 'PutItem'),
        data.audit.allowIndexQuery('gsi1'),
        data.audit.allowIndexQuery('gsi2'),
        data.audit.allowIndexQuery('gsi3'),
        data.audit.allowIndexQuery('gsi4'),
        ...anchors.verifierPermissions(),
        // Where the streams of circuits, lockouts and API keys end; of a key nothing but that.
        data.ephemeral.allowRows(['BREAKER#*', 'LOCKOUT#*', 'QUEUE#*'], 'GetItem'),
        data.access.allowAttributes('pk', 'audit_seq', 'audit_hash'),
        // Where the streams of products and orders end, and nothing else of the shop.
        data.shop.allowAttributes('pk', 'sk', 'audit_seq', 'audit_hash'),
        // The same of alerts, of their channels, and of webhook endpoints.
        data.logs.allowAttributes('pk', 'sk', 'audit_seq', 'audit_hash'),
        data.notify.allowAttributes('pk', 'sk', 'audit_seq', 'audit_hash'),
        allowRead(secrets.signing),
      ],
      environment: {
        ...ledger,
        ...audit,
        ACCESS_TABLE: data.access.tableName,
        SHOP_TABLE: data.shop.tableName,
        LOGS_TABLE: data.logs.tableName,
        NOTIFY_TABLE: data.notify.tableName,
        ...poolSettings(stage.config),
        STAGE: stage.config.name,
        ANCHOR_BUCKET: anchors.bucket.bucketName,
        ANCHOR_KEY_ARN: anchors.key.keyArn,
        SIGNING_SECRET_ARN: secrets.signing.secretArn,
      },
      errorImpact: 'Operators cannot see wallets.',
    },
    'policy-admin': {
      name: 'policy-admin',
      description: 'Changes what wallets may do and are called, and pauses them. Accepts and signs nothing; no keys.',
      permissions: [
        data.ledger.allow('GetItem'),
        data.ledger.allowRows(['CUSTODY#*', 'WALLET#*'], 'UpdateItem'),
        data.ledger.allowRows(['POLICY#*', 'WALLET_TAG#*', 'AUDIT#access:*'], 'PutItem'),
        data.ledger.allowRows(['WALLET_TAG#*'], 'DeleteItem'),
        data.audit.allowRows(['access:*', 'policy:*', 'wal_*'], 'PutItem'),
      ],
      environment: { ...chains, ...ledger, ...audit },
      errorImpact: 'Wallets cannot be paused, and neither their policies nor their labels can be changed.',
    },
    'message-signer': {
      name: 'message-signer',
      description: 'Signs messages and typed data for wallets whose policy allows it. Never a transaction.',
      role: custody.messageSignerRole,
      // As for the provisioner: encryption libraries.
      memoryMb: 1_024,
      permissions: [
        ...custody.messageSignerPermissions(),
        data.ledger.allowRows(['CUSTODY#*', 'POLICY#*', 'WALLET#*'], 'GetItem'),
        data.ledger.allowRows(['CUSTODY#*'], 'UpdateItem'),
        data.ledger.allowRows(['POLICY#*'], 'ConditionCheckItem'),
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
        STAGE: stage.config.name,
        MESSAGE_SIGNING: String(stage.config.message_signing),
      },
      errorImpact: 'No messages are signed.',
    },
  } satisfies Record<string, FunctionFacts>;
}
