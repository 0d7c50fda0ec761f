import * as z from 'zod';
import { auditHeadSchema } from '#shared/audit/audit-entry.ts';

/** An amount of an asset, as limits and thresholds name it. */
export const assetAmountSchema = z.object({
  asset: z
    .string()
    .describe("The chain's own coin by its symbol, `HAVEN`, or the token's address.")
    .meta({ examples: ['ETH'] }),
  chain_id: z
    .number()
    .int()
    .meta({ examples: [31_337] }),
  token_address: z.string().nullable().describe("Null for the chain's own coin."),
  amount: z
    .string()
    .describe('Base units.')
    .meta({ examples: ['1000000000000000000'] }),
});

/** An amount of an asset. */
export type AssetAmount = z.output<typeof assetAmountSchema>;

/** One kind of typed data (EIP-712). */
const typedDataKindSchema = z.object({
  chain_id: z.number().int(),
  verifying_contract: z.string(),
  primary_type: z.string(),
});

/** From which wallet a wallet gets a chain's own coin when it has too little of it. */
export const topUpRuleSchema = z.object({
  from_wallet_id: z.string().describe('The treasury wallet that sends it.'),
  asset: z.string().describe("The chain's own coin by its symbol."),
  chain_id: z.number().int(),
  to: z
    .string()
    .describe('The balance that it is brought to, or what a waiting transaction needs if that is more. Wei.'),
});

/** From which wallet a wallet gets a chain's own coin when it has too little of it. */
export type TopUpRule = z.output<typeof topUpRuleSchema>;

/** What a wallet may do. Null, or an empty list of limits: no limit of that kind; an empty allowlist allows nothing. */
export const policyRulesSchema = z.object({
  allowed_chains: z.array(z.number().int()).nullable().describe('Chains it may send on.'),
  allowed_destinations: z
    .array(z.string())
    .nullable()
    .describe(
      'Addresses it may send to. For calls of an ERC-20: the contract, and who receives, spends or is minted to.',
    ),
  allowed_selectors: z
    .array(z.string())
    .nullable()
    .describe('Functions it may call, as 4 bytes. A transfer without calldata calls none and is not judged by it.'),
  max_value_per_transaction: z.array(assetAmountSchema).describe('The most of an asset that one transaction moves.'),
  max_value_per_day: z
    .array(assetAmountSchema)
    .describe(
      "The most of an asset that the transactions of any 24 hours move, together with what open ones still may; counted from when the limit was set. Of a chain's own coin with fees.",
    ),
  max_fee_per_gas: z.string().nullable().describe('Wei. A transaction that would need more waits.'),
  max_gas: z
    .number()
    .int()
    .nullable()
    .describe(
      'The most gas that one transaction may have. With it, what is accepted has room in the daily limit for any fee; without it the fee is a guess until it is signed.',
    ),
  require_balance: z
    .boolean()
    .default(false)
    .describe('Whether only what its balance covers is accepted, with all that is open.'),
  message_signing: z.boolean().describe('Whether it signs messages and typed data.'),
  typed_data_allowed: z
    .array(typedDataKindSchema)
    .nullable()
    .default(null)
    .describe('The typed data it signs, and no other. Null: whatever grants no right to spend.'),
  balance: z.object({
    low: z.array(assetAmountSchema).describe('Below these balances it is reported as low.'),
    top_up: z
      .array(topUpRuleSchema)
      .default([])
      .describe('Who sends it what it lacks while it is reported as low, by ordinary transactions.'),
  }),
});

/** What a wallet may do. */
export type PolicyRules = z.output<typeof policyRulesSchema>;

/** What a wallet may do until someone says otherwise. */
export const NO_LIMITS: PolicyRules = {
  allowed_chains: null,
  allowed_destinations: null,
  allowed_selectors: null,
  max_value_per_transaction: [],
  max_value_per_day: [],
  max_fee_per_gas: null,
  max_gas: null,
  require_balance: false,
  message_signing: false,
  typed_data_allowed: null,
  balance: { low: [], top_up: [] },
};

/** A wallet's policy as it is stored, with where its audit stream ends. */
export const storedPolicySchema = auditHeadSchema.extend({
  ...policyRulesSchema.shape,
  wallet_id: z.string(),
  /**
   * The wallet's, as it was when it was first given a policy: what tops it up sends there, and rows of wallets can be put by who
   * makes them. Absent in policies from before it was kept: put them again.
   */
  address: z.string().optional(),
  /** ISO 8601, UTC. */
  updated_at: z.string(),
  version: z.number().int(),
});

/** A wallet's policy as it is stored. */
export type StoredPolicy = z.output<typeof storedPolicySchema>;

/** What judging a transaction takes of a policy: its rules, and which version of them it was judged by. */
export type Policy = PolicyRules & Pick<StoredPolicy, 'version'>;

/** The audit stream of a wallet's policy: its own, so that a change of it is no rival of the wallet's signing. */
export function policyStream(walletId: string): string {
  return `policy:${walletId}`;
}
