import * as z from 'zod';
import { oidcSchema } from '#shared/access/oidc/oidc-settings.ts';
import { alertEmailSchema, exemptHostsSchema } from '#shared/alerts/delivery/alert-settings.ts';
import { poolSizeShape } from '#shared/custody/deposit-pool/pool-size.ts';
import { isAddressBlock } from '#shared/platform/auth/address-list.ts';
import { chainListSchema } from '#shared/platform/chain/chain-config.ts';
import { minorDigits } from '#shared/platform/money/currencies.ts';

/** CloudWatch keeps logs for these numbers of days only (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html). */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Commands that people run on keys, each with a role of its own. */
export const KEY_COMMANDS = ['import', 'verify', 'reencrypt'] as const;

/** A command that people run on keys. */
export type KeyCommand = (typeof KEY_COMMANDS)[number];

/** The name of each command's role, without the stage's prefix and the region. */
export const KEY_ROLE_NAMES = {
  import: 'key-importer',
  verify: 'key-verifier',
  reencrypt: 'key-reencrypter',
} as const satisfies Record<KeyCommand, string>;

const perMinute = z.number().int().min(1).max(1_000_000);

/**
 * A stage as data: what differs between a laptop and an account. lib/stages/<name>.json holds each; a bad value stops
 * the synthesis and is named.
 */
export const stageSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,15}$/)
    .describe('Names the stage; part of every resource name.'),
  protect_data: z
    .boolean()
    .describe('Whether tables and keys have point-in-time recovery, deletion protection, and outlive their stacks.'),
  edge_protection: z
    .boolean()
    .describe('Whether AWS WAF stands in front of the API: managed rule groups, a rate rule, the admin address list.'),
  admin_cidrs: z
    .array(
      z
        .string()
        .refine(isAddressBlock, { error: 'must be an IP address or a CIDR block' })
        // WAF refuses such a block, in the middle of a deployment.
        .refine((block) => !block.endsWith('/0'), { error: 'must not cover every address: leave the list empty' }),
    )
    .describe('Addresses that may call /admin routes; empty: any.'),
  admin_key_generation: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .describe('Raised by one, the next deployment puts a new admin key into its secret; see docs/operations.md.'),
  key_mode: z.enum(['live', 'test']).describe('Whether API keys are named hvn_live_ or hvn_test_.'),
  expose_stacks: z
    .boolean()
    .describe('Whether answers to errors carry stack traces. Never on a stage that others can reach.'),
  log_retention_days: z
    .number()
    .refine((days) => LOG_RETENTION_DAYS.includes(days), { error: `must be one of ${LOG_RETENTION_DAYS.join(', ')}` })
    .describe(`How long logs are kept; CloudWatch knows ${LOG_RETENTION_DAYS.join(', ')}.`),
  throttle: z
    .strictObject({
      requests_per_second: z.number().int().positive().describe('Requests a second, over all clients.'),
      burst: z.number().int().positive().describe('Requests that may come at once above that.'),
    })
    .describe("API Gateway's throttle of the whole stage; a target, not a ceiling."),
  waf_requests_per_5_minutes: z.number().int().min(10).max(2_000_000_000).describe("WAF's rate rule, per address."),
  rate_limits_per_minute: z
    .strictObject({
      public: perMinute.describe('Requests a minute without a key.'),
      read: perMinute.describe('Requests a minute that change nothing.'),
      write: perMinute.describe('Requests a minute that change something.'),
      sensitive: perMinute.describe('Requests a minute to what makes keys and wallets.'),
    })
    .describe("Haven's own limits by route class, per principal and per address."),
  message_signing: z
    .boolean()
    .describe(
      "Whether messages and typed data are signed at all. False: the message signer has no right to the wallet key. A wallet's policy has to allow it besides.",
    ),
  key_export: z
    .boolean()
    .describe(
      'Whether keys can be exported at all, by two people. False: the key export has no right to the wallet key, and requests are refused.',
    ),
  dual_control: z
    .enum(['operators', 'principals'])
    .optional()
    .describe(
      'Who may ask for the export or destruction of a key, and approve it. `operators`: people with tokens of `oidc` only. `principals`: API keys too. Absent: `operators` where there is `oidc`.',
    ),
  key_retention_days: z
    .number()
    .int()
    .min(0)
    .max(3_650)
    .describe('Days that the key of a revoked wallet is kept at least before two people can have it destroyed.'),
  wallet_key_generation: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe(
      'Raised by one, the next deployment makes a new wallet key and encrypts new keys under it; see docs/operations.md.',
    ),
  previous_wallet_keys: z
    .array(z.number().int().min(1))
    .default([])
    .describe(
      'Generations of wallet keys before it that keys may still be encrypted under, until keys:reencrypt has moved them all.',
    ),
  key_operators: z
    .strictObject({
      commands: z
        .array(z.enum(KEY_COMMANDS))
        .default([])
        .describe(
          'Commands that people may run on keys: import, verify, reencrypt. Each has a role, which is there only while it is listed.',
        ),
      account: z
        .string()
        .regex(/^\d{12}$/)
        .nullable()
        .default(null)
        .describe(
          "The AWS account whose principals may assume those roles, if that account's own policies let them; null: the stage's.",
        ),
      require_mfa: z.boolean().default(true).describe('Whether they must have signed in with a second factor.'),
    })
    .prefault({})
    .describe('Who may run commands on keys from their own machine.'),
  lane_worker_concurrency: z
    .number()
    .int()
    .min(2)
    .max(1_000)
    .describe(
      'Lane workers that may run at once. To stop all signing, set reserved concurrency to 0: see docs/operations.md.',
    ),
  breaker: z
    .strictObject({
      failures: z
        .number()
        .int()
        .min(1)
        .max(1_000)
        .default(5)
        .describe('Failures in a row after which a circuit opens.'),
      successes: z.number().int().min(1).max(100).default(2).describe('Successful probes after which it closes.'),
      open_seconds: z
        .number()
        .int()
        .min(1)
        .max(3_600)
        .default(30)
        .describe('Seconds that it stays open before it lets probes through.'),
    })
    .prefault({})
    .describe('When circuit breakers open and close.'),
  oidc: oidcSchema
    .optional()
    .describe('Whose tokens operators may use instead of API keys; absent: nobody. See docs/operations.md#operators.'),
  lockout: z
    .strictObject({
      key_failures: z
        .number()
        .int()
        .min(3)
        .max(1_000)
        .default(10)
        .describe('Wrong secrets for one API key from one address after which that key is locked out there.'),
      address_failures: z
        .number()
        .int()
        .min(3)
        .max(100_000)
        .default(50)
        .describe('Refused credentials from one address after which the address is locked out.'),
      window_seconds: z
        .number()
        .int()
        .min(10)
        .max(3_600)
        .default(300)
        .describe('Seconds in which they count together.'),
      seconds: z.number().int().min(10).max(86_400).default(900).describe('Seconds that a lockout lasts.'),
    })
    .prefault({})
    .describe('What becomes of those who keep failing to authenticate.'),
  audit_anchors: z
    .strictObject({
      lock_mode: z
        .enum(['COMPLIANCE', 'GOVERNANCE'])
        .describe(
          'How anchors are locked. COMPLIANCE: nobody can remove one before its time, the account root included. GOVERNANCE: who has `s3:BypassGovernanceRetention` can.',
        ),
      retention_days: z.number().int().min(1).max(36_500).describe('Days for which an anchor is locked.'),
      settle_seconds: z
        .number()
        .int()
        .min(0)
        .max(3_600)
        .default(600)
        .describe('Age from which entries are anchored: until then writes may still be under way.'),
    })
    .describe('Anchors of the audit streams, outside the database.'),
  deposit_pool: z
    .strictObject(poolSizeShape)
    .prefault({})
    .describe('Deposit wallets that are made in advance, so that placing an order takes no key work.'),
  alerts: z
    .strictObject({
      email: alertEmailSchema
        .extend({
          identity: z
            .string()
            .regex(/^[A-Za-z0-9.@_+-]+$/)
            .optional()
            .describe('The verified identity of SES that `from` belongs to; absent: the domain of `from`.'),
        })
        .optional()
        .describe('Who is mailed of alerts; absent: nobody.'),
      cool_down_minutes: z
        .number()
        .int()
        .min(0)
        .max(1_440)
        .default(30)
        .describe('Minutes after an alert in which others of the same thing, and no graver, are counted and not told.'),
    })
    .prefault({})
    .describe(
      'Who is told of alerts, besides the webhooks in the secret `alert-webhooks`; see docs/operations.md#alert-channels.',
    ),
  webhook_exempt_hosts: exemptHostsSchema
    .default([])
    .describe(
      'Hosts that webhooks may call although their addresses are not public, and without TLS. For receivers on the same machine only.',
    ),
  shop: z
    .strictObject({
      currency: z
        .string()
        .refine((code) => minorDigits(code) !== undefined, { error: 'must be a currency of ISO 4217' })
        .default('USD')
        .describe('The currency in which the total of an empty cart is zero; ISO 4217.'),
      cart_reservation_minutes: z
        .number()
        .int()
        .min(1)
        .max(60)
        .default(10)
        .describe('Minutes for which pieces are kept for a line of a cart that asks for it.'),
      invoice_minutes: z
        .number()
        .int()
        .min(1)
        .max(10_080)
        .default(30)
        .describe('Minutes in which an order is to be paid whose products do not say.'),
      payment_tolerance_bps: z
        .number()
        .int()
        .min(0)
        .max(100)
        .default(10)
        .describe('How much less than is due counts as paid, and how much more is dust, in hundredths of a percent.'),
    })
    .prefault({})
    .describe('The shop.'),
  chains: chainListSchema.describe('The chains Haven may send on.'),
});

/** As long as KMS itself waits at least before it deletes a key. */
const MIN_PROTECTED_RETENTION_DAYS = 7;

/** What the fields of a stage must not be together. */
const checkedStageSchema = stageSchema
  .refine((stage) => !(stage.expose_stacks && stage.protect_data), {
    path: ['expose_stacks'],
    error: 'must be false where protect_data is true: others can reach such a stage',
  })
  .refine((stage) => !stage.protect_data || stage.webhook_exempt_hosts.length === 0, {
    path: ['webhook_exempt_hosts'],
    error: 'must be empty where protect_data is true: who may name a webhook could reach what only Haven can reach',
  })
  .refine((stage) => !stage.protect_data || stage.key_retention_days >= MIN_PROTECTED_RETENTION_DAYS, {
    path: ['key_retention_days'],
    error: `must be at least ${MIN_PROTECTED_RETENTION_DAYS} where protect_data is true: time to notice that a key is still needed`,
  })
  .refine((stage) => stage.dual_control !== 'operators' || stage.oidc !== undefined, {
    path: ['dual_control'],
    error: 'needs oidc: without an identity provider there are no operators',
  })
  .refine(({ deposit_pool: { target, low_water } }) => low_water < target || (target === 0 && low_water === 0), {
    path: ['deposit_pool', 'low_water'],
    error: 'must be below target',
  })
  .refine(isKnownGenerations, {
    path: ['previous_wallet_keys'],
    error: 'must be generations below wallet_key_generation, each once',
  })
  .refine((stage) => stage.key_mode !== 'live' || stage.audit_anchors.lock_mode === 'COMPLIANCE', {
    path: ['audit_anchors', 'lock_mode'],
    error: 'must be COMPLIANCE where key_mode is live',
  })
  .refine((stage) => stage.waf_requests_per_5_minutes >= ownLimitPer5Minutes(stage.rate_limits_per_minute), {
    path: ['waf_requests_per_5_minutes'],
    error:
      "must be at least five times the sum of rate_limits_per_minute: WAF answers a plain 403, Haven's own limits say when to come back",
  });

function isKnownGenerations({ wallet_key_generation, previous_wallet_keys }: z.output<typeof stageSchema>): boolean {
  const isUnique = new Set(previous_wallet_keys).size === previous_wallet_keys.length;
  return isUnique && previous_wallet_keys.every((generation) => generation < wallet_key_generation);
}

function ownLimitPer5Minutes(perMinuteByClass: Readonly<Record<string, number>>): number {
  return 5 * Object.values(perMinuteByClass).reduce((sum, limit) => sum + limit, 0);
}

/** A stage as data. */
export type Stage = z.output<typeof stageSchema>;

/** What a stage file says, checked. */
export class BadStage extends Error {
  constructor(source: string, problems: readonly string[]) {
    super(`Stage ${source} is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'BadStage';
  }
}

/**
 * Checks a stage.
 *
 * @param source names the file in errors
 * @throws BadStage naming every value at fault
 */
export function parseStage(source: string, value: unknown): Stage {
  const result = checkedStageSchema.safeParse(value);
  if (result.success) return result.data;
  throw new BadStage(
    source,
    result.error.issues.map((issue) => `${issue.path.join('.') || '(whole)'}: ${issue.message}`),
  );
}
