import * as z from 'zod';

const tableName = (what: string) => z.string().min(3).describe(`Name of the DynamoDB table of ${what}.`);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Settings that several functions share, by environment variable; each function's configuration picks what it uses. */
export const settings = {
  STAGE: z.string().min(1).describe('The stage: local, staging, production.'),
  KEYS_TABLE: tableName('encrypted wallet keys'),
  LEDGER_TABLE: tableName('wallets, lanes and transactions'),
  AUDIT_TABLE: tableName('audit entries (append-only)'),
  EPHEMERAL_TABLE: tableName('idempotency records and rate-limit buckets (TTL)'),
  SHOP_TABLE: tableName('catalog, stock, carts and orders'),
  LOGS_TABLE: tableName('alerts and their deliveries (TTL)'),
  NOTIFY_TABLE: tableName('alert channels, webhook endpoints and what they are told'),
  ACCESS_TABLE: tableName('API keys'),
  WALLET_KEY_ARN: z
    .string()
    .regex(/^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/, { error: 'must be the ARN of a KMS key' })
    .describe('ARN of the KMS key under which wallet keys are encrypted.'),
  PREVIOUS_WALLET_KEY_ARNS: z
    .string()
    .regex(/^(arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+(,(?=.)|$))*$/, {
      error: 'must be ARNs of KMS keys with commas between them',
    })
    .default('')
    .transform((text) => (text === '' ? [] : text.split(',')))
    .describe(
      'ARNs of the KMS keys that keys may still be encrypted under while they are moved to a new one, with commas between them.',
    ),
  KMS_KEY_POLICY: z
    .string()
    .refine(isJson, { error: 'must be JSON' })
    .describe('Policy of the KMS keys of wallets of the kms tier, as JSON: who may sign with them.'),
  ANCHOR_KEY_ARN: z
    .string()
    .regex(/^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/, { error: 'must be the ARN of a KMS key' })
    .describe('ARN of the KMS key that signs anchors of the audit streams.'),
  ANCHOR_BUCKET: z.string().min(3).describe('Name of the bucket that holds anchors of the audit streams.'),
  KEY_MODE: z.enum(['live', 'test']).describe('Whether API keys are named live (production) or test.'),
  SIGNING_SECRET_ARN: z.string().min(1).describe('ARN of the secret that signs list cursors.'),
  PEPPER_SECRET_ARN: z.string().min(1).describe('ARN of the secret with which API keys are hashed.'),
  SHOP_SECRET_ARN: z
    .string()
    .min(1)
    .describe('ARN of the secret with which carts are sealed, and tokens of carts and orders hashed.'),
  NOTIFY_SECRET_ARN: z
    .string()
    .min(1)
    .describe(
      'ARN of the secret with which signing secrets and secret addresses of channels and endpoints are sealed.',
    ),
  RPC_SECRET_ARN: z.string().min(1).describe('ARN of the secret that holds the RPC endpoints by chain id.'),
  KICK_QUEUE_URL: z.url().describe('SQS FIFO queue whose messages wake the driver of one lane.'),
  WAKE_QUEUE_URL: z.url().describe('SQS standard queue for kicks that are due later.'),
  REFILL_QUEUE_URL: z.url().describe('SQS standard queue whose messages have the pool of deposit wallets refilled.'),
  SCAN_QUEUE_URL: z.url().describe('SQS standard queue whose messages have a chain read for payments.'),
  WEBHOOK_QUEUE_URL: z.url().describe('SQS standard queue whose messages have webhooks delivered to endpoints.'),
  WEBHOOK_TRANSACTION_EVENTS: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .describe(
      'Whether integrators are told what becomes of transactions that are asked for by API, where the request does not say.',
    ),
  OUTBOX_QUEUE_URL: z.url().describe('SQS standard queue whose messages wake the outbox worker.'),
  MESSAGE_SIGNING: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .describe('Whether messages and typed data are signed on this stage at all.'),
  APPROVALS_TABLE: tableName('exports and destructions that two people decide'),
  DUAL_CONTROL: z
    .enum(['operators', 'principals'])
    .describe('Who may ask for what two people decide, and approve it: operators only, or any two principals.'),
  KEY_EXPORT: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .describe('Whether keys can be exported on this stage at all.'),
  KEY_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .describe('Days that the key of a revoked wallet is kept at least before it can be destroyed.'),
  DEPOSIT_POOL_TARGET: z.coerce
    .number()
    .int()
    .min(0)
    .describe('Deposit wallets that wait for an order when the pool is full; 0: no pool.'),
  DEPOSIT_POOL_LOW_WATER: z.coerce
    .number()
    .int()
    .min(0)
    .describe('Deposit wallets that wait below which the pool is low.'),
  EXPOSE_STACKS: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .describe('Whether answers to errors carry stack traces. For the local stage only.'),
} as const;
