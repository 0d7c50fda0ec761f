import * as z from 'zod';
import { jsonSetting } from '../config/json-setting.ts';
import { HavenError } from '../errors/haven-error.ts';
import { priceFeedListSchema } from './price-feed-config.ts';

const wei = z.string().regex(/^[1-9]\d{0,27}$/, { error: 'must be a positive whole number of wei, as a string' });

/** A token that orders can be paid in. */
export const assetSchema = z.strictObject({
  symbol: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.]{0,10}$/, { error: 'must be a symbol of 1 to 11 letters, digits or dots' })
    .describe('As requests and price feeds name it, such as USDC.'),
  token_address: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, { error: 'must be 0x and 40 hex digits' })
    .describe('Its ERC-20 contract on this chain.'),
  decimals: z
    .number()
    .int()
    .min(0)
    .max(36)
    .describe('Of one whole unit, as the contract says: a wrong number asks customers for a wrong amount.'),
  min_sweep: z
    .string()
    .regex(/^(0|[1-9]\d{0,77})$/, { error: 'must be a whole number of base units, as a string' })
    .describe(
      'Base units. Less than this at the address of an order is not worth its gas and stays there: set it to what moving it costs. `0` moves all, ' +
        'so that whoever pays in many tiny parts makes the treasury pay gas for each.',
    ),
});

/** One chain Haven may send on: what the operator decides about it. RPC endpoints are a secret of their own. */
export const chainSchema = z.strictObject({
  chain_id: z.number().int().positive().describe('EIP-155 chain id; checked against the endpoint before use.'),
  name: z.string().min(1).max(64).describe('For people.'),
  native_asset: z.string().min(1).max(11).describe("Symbol of the chain's own coin."),
  block_time_ms: z.number().int().min(100).max(600_000).describe('Usual time between blocks; paces polling.'),
  required_confirmations: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .describe('Blocks, the including one counted, after which a transaction is final.'),
  in_flight_cap: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(16)
    .describe(
      'Transactions of one wallet that may be unmined at once. 16 is what public geth nodes guarantee an account; a chain without such a limit can have more.',
    ),
  max_gas_per_transaction: z
    .number()
    .int()
    .min(21_000)
    .default(16_777_216)
    .describe(
      'The most gas that the chain lets one transaction have. 16,777,216 since Osaka (EIP-7825); a chain without that rule can have its block gas limit.',
    ),
  assumed_gas: z
    .number()
    .int()
    .min(21_000)
    .optional()
    .describe(
      'The gas that a call is taken to need until it is signed, where a daily limit or a required balance counts its fee and the policy has no max_gas. 100,000 when left out.',
    ),
  fee_model: z
    .enum(['eip1559', 'legacy'])
    .default('eip1559')
    .describe('`legacy`: the chain has no base fee, and transactions offer one gas price.'),
  rpc_max_head_lag_blocks: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(5)
    .describe('An RPC endpoint that is more blocks than this behind the others is not used while another is.'),
  rpc_broadcast_endpoints: z
    .number()
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe('RPC endpoints that signed bytes are handed to, as far as the chain has so many.'),
  max_fee_per_gas_wei: wei.describe(
    'The most Haven offers per gas, but for what frees a lane. A transaction that would need more waits.',
  ),
  max_noop_fee_per_gas_wei: wei
    .optional()
    .describe(
      'The most that may be offered per gas for what frees a lane: a no-op in place of a transaction that is no longer wanted, or the transaction that all others of its lane have waited for for long. Twice max_fee_per_gas_wei when left out.',
    ),
  assets: z
    .array(assetSchema)
    .max(50)
    .refine((assets) => new Set(assets.map(({ symbol }) => symbol.toUpperCase())).size === assets.length, {
      error: 'has the same symbol twice',
    })
    .optional()
    .describe("Tokens that orders can be paid in, besides the chain's own coin and HAVEN. See below."),
  price_feeds: priceFeedListSchema
    .optional()
    .describe('Where prices of assets of this chain come from; a pair that is not listed has none. See below.'),
});

/** One chain's configuration. */
export type ChainConfig = z.output<typeof chainSchema>;

/** All chains of a stage. */
export const chainListSchema = z
  .array(chainSchema)
  .min(1)
  .refine((chains) => new Set(chains.map(({ chain_id }) => chain_id)).size === chains.length, {
    error: 'has the same chain_id twice',
  });

/** The setting that lists all chains. */
export const chainsSetting = {
  CHAINS: jsonSetting(chainListSchema).describe('The chains Haven may send on, as JSON.'),
};

/** Looks up configured chains. */
export class ChainRegistry {
  readonly #byId: ReadonlyMap<number, ChainConfig>;

  constructor(chains: readonly ChainConfig[]) {
    this.#byId = new Map(chains.map((chain) => [chain.chain_id, chain]));
  }

  /**
   * The configuration of a chain.
   *
   * @param field where a client named it, `body.chain_id`; undefined: it is stored
   * @throws when the chain is not configured: INVALID_PARAMETER naming the field, CONFIGURATION without one
   */
  get(chainId: number, field?: string): ChainConfig {
    const chain = this.#byId.get(chainId);
    if (chain === undefined) {
      const known = [...this.#byId.keys()];
      if (field === undefined) throw new HavenError('CONFIGURATION', `Chain ${chainId} is not configured any more`);
      throw new HavenError('INVALID_PARAMETER', `chain_id ${chainId} is not configured; known: ${known.join(', ')}`, {
        details: { fields: [{ field, message: 'is not configured' }], known_chain_ids: known },
      });
    }
    return chain;
  }

  /** All configured chains. */
  all(): readonly ChainConfig[] {
    return [...this.#byId.values()];
  }
}
