import * as z from 'zod';
import { oidcSchema } from '#shared/access/oidc/oidc-settings.ts';
import { exemptHostsSchema } from '#shared/alerts/delivery/alert-settings.ts';
import { poolSizeShape } from '#shared/custody/deposit-pool/pool-size.ts';
import { isAddressBlock } from '#shared/platform/auth/address-list.ts';
import { chainListSchema } from '#shared/platform/chain/chain-config.ts';
import { webhooksSchema } from '#shared/webhooks/webhook-settings.ts';
import { alarmsSchema } from './stage/alarms.ts';
import { alertsSchema } from './stage/alerts.ts';
import { auditAnchorsSchema } from './stage/audit-anchors.ts';
import { breakerSchema } from './stage/breaker.ts';
import { canarySchema } from './stage/canary.ts';
import { lockoutSchema } from './stage/lockout.ts';
import { monitorsSchema } from './stage/monitors.ts';
import { arePriced, paymentProcessorsSchema } from './stage/payment-processors.ts';
import { ownLimitPer5Minutes, requestLimitsShape } from './stage/request-limits.ts';
import { shopSchema } from './stage/shop.ts';
import { isKnownGenerations, MIN_PROTECTED_RETENTION_DAYS, walletKeysShape } from './stage/wallet-keys.ts';

/** CloudWatch keeps logs for these numbers of days only (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html). */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

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
  ...requestLimitsShape,
  ...walletKeysShape,
  lane_worker_concurrency: z
    .number()
    .int()
    .min(2)
    .max(1_000)
    .describe(
      'Lane workers that may run at once. What stops all signing is the kill switch: see docs/operations.md#kill-switch.',
    ),
  breaker: breakerSchema,
  oidc: oidcSchema
    .optional()
    .describe('Whose tokens operators may use instead of API keys; absent: nobody. See docs/operations.md#operators.'),
  lockout: lockoutSchema,
  monitors: monitorsSchema,
  audit_anchors: auditAnchorsSchema,
  deposit_pool: z
    .strictObject(poolSizeShape)
    .prefault({})
    .describe('Deposit wallets that are made in advance, so that placing an order takes no key work.'),
  alerts: alertsSchema,
  alarms: alarmsSchema,
  canary: canarySchema,
  webhook_exempt_hosts: exemptHostsSchema
    .default([])
    .describe(
      'Hosts that webhooks may call although their addresses are not public, and without TLS. For receivers on the same machine only.',
    ),
  webhooks: webhooksSchema,
  shop: shopSchema,
  payment_processors: paymentProcessorsSchema,
  chains: chainListSchema.describe('The chains Haven may send on.'),
});

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
  .refine(({ alerts, shop }) => shop.mail === undefined || shop.mail.from !== alerts.email?.from, {
    path: ['shop', 'mail', 'from'],
    error:
      'must be another address than alerts.email.from: who mails customers must not be able to mail operators in its name',
  })
  .refine(arePriced, {
    path: ['payment_processors'],
    error: "must have currencies only of which the chain that is their processor's price_chain_id has a price_feed",
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
