import * as z from 'zod';
import { addressField, amountField, chainIdField, positiveAmountField } from '#shared/platform/http/fields.ts';
import { idSchema } from '#shared/platform/ids.ts';

/** Enough for a treasury's counterparties; the driver reads the policy with every look at a lane. */
const MAX_DESTINATIONS = 200;
const MAX_SELECTORS = 100;
const MAX_CHAINS = 50;
/** Each daily limit that a transaction counts against is a row in the DynamoDB transaction that accepts or ends it. */
const MAX_LIMITS = 8;
/** Nothing uses less (yellow paper, appendix G). */
const MIN_GAS = 21_000;

const listOf = <S extends z.ZodType>(item: S, max: number) =>
  z.array(item, { error: 'INVALID_PARAMETER: must be a list' }).max(max, {
    error: `INVALID_PARAMETER: must have at most ${max} entries`,
  });

const selectorField = z
  .string({ error: 'INVALID_PARAMETER: must be 4 bytes as 0x and 8 hex digits' })
  .regex(/^0x[0-9a-fA-F]{8}$/, { error: 'INVALID_PARAMETER: must be 4 bytes as 0x and 8 hex digits' })
  .overwrite((text) => text.toLowerCase())
  .meta({ examples: ['0xa9059cbb'] });

/** Each is looked through with every request for a signature. */
const MAX_TYPED_DATA = 50;

const typedDataField = z.strictObject({
  chain_id: chainIdField,
  verifying_contract: addressField,
  primary_type: z
    .string({ error: 'INVALID_PARAMETER: must name a type' })
    .min(1, { error: 'INVALID_PARAMETER: must name a type' })
    .max(100, { error: 'INVALID_PARAMETER: must be at most 100 characters' })
    .meta({ examples: ['Order'] }),
});

/** An amount of an asset as a caller names it. */
export const askedAmountSchema = z.strictObject({
  asset: z
    .string()
    .min(1, { error: 'INVALID_PARAMETER: must name an asset' })
    .max(64, { error: 'INVALID_PARAMETER: must name an asset' })
    .optional()
    .describe(
      "A chain's own coin by its symbol, or `HAVEN`; needs `chain_id` where several chains have a coin of that name.",
    )
    .meta({ examples: ['ETH'] }),
  chain_id: chainIdField.optional(),
  token_address: addressField
    .nullable()
    .optional()
    .describe("With `chain_id`, in place of a name: an ERC-20, or null for the chain's own coin."),
  amount: amountField.describe('Base units.'),
});

/** An amount of an asset as a caller names it. */
export type AskedAmount = z.output<typeof askedAmountSchema>;

const askedTopUpSchema = z.strictObject({
  from_wallet_id: idSchema('wal').describe(
    'A treasury wallet; its own policy and daily limits hold for what it sends.',
  ),
  asset: z
    .string()
    .min(1, { error: 'INVALID_PARAMETER: must name an asset' })
    .max(64, { error: 'INVALID_PARAMETER: must name an asset' })
    .optional()
    .describe("A chain's own coin by its symbol; needs `chain_id` where several chains have a coin of that name.")
    .meta({ examples: ['ETH'] }),
  chain_id: chainIdField.optional(),
  to: positiveAmountField.describe(
    'Wei: the balance that it is brought to, or what a waiting transaction needs if that is more. Above its low balance.',
  ),
});

/** From where a wallet is topped up, as a caller says it. */
export type AskedTopUp = z.output<typeof askedTopUpSchema>;

const limits = listOf(askedAmountSchema, MAX_LIMITS).default([]);

/** A whole policy as a caller puts it; what is left out is not limited. */
export const policyBodySchema = z.strictObject({
  allowed_chains: listOf(chainIdField, MAX_CHAINS).nullable().default(null).describe('Null: every chain.'),
  allowed_destinations: listOf(addressField, MAX_DESTINATIONS)
    .nullable()
    .default(null)
    .describe(
      'Null: anyone. For calls of an ERC-20 it must have the contract, and who receives, spends or is minted to.',
    ),
  allowed_selectors: listOf(selectorField, MAX_SELECTORS)
    .nullable()
    .default(null)
    .describe('Null: every function. A transfer without calldata calls none.'),
  max_value_per_transaction: limits,
  max_value_per_day: limits.describe(
    "Of any 24 hours, with what open transactions may still move. A limit on a chain's own coin counts fees: reckoned at the highest price when a transaction is accepted, true once it is signed, and as paid when it has ended. No-ops are counted, and never refused.",
  ),
  max_fee_per_gas: amountField.nullable().default(null).describe("Wei. Null: the chain's limit."),
  max_gas: z
    .number({ error: 'INVALID_PARAMETER: must be a whole number of gas' })
    .int({ error: 'INVALID_PARAMETER: must be a whole number of gas' })
    .min(MIN_GAS, { error: `INVALID_PARAMETER: must be at least ${MIN_GAS}` })
    .max(1_000_000_000, { error: 'INVALID_PARAMETER: must be a whole number of gas' })
    .nullable()
    .default(null)
    .describe(
      "The most gas of one transaction. Accepting counts its fee by it; without it, by 21,000 for a transfer and the chain's `assumed_gas` for a call, and what turns out to need more than the day has left fails before it is signed.",
    ),
  message_signing: z.boolean({ error: 'INVALID_PARAMETER: must be true or false' }).default(false),
  typed_data_allowed: listOf(typedDataField, MAX_TYPED_DATA)
    .nullable()
    .default(null)
    .describe('The typed data (EIP-712) it signs, and no other. Null: whatever grants no right to spend.'),
  balance: z
    .strictObject({
      low: limits.describe("Reported as low below these. The chain's own coin only."),
      top_up: listOf(askedTopUpSchema, MAX_LIMITS)
        .default([])
        .describe('Who sends it what it lacks while it is reported as low; one per chain.'),
    })
    .default({ low: [], top_up: [] }),
});

/** A whole policy as a caller puts it. */
export type PolicyBody = z.output<typeof policyBodySchema>;
