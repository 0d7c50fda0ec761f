import * as z from 'zod';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';

/** How processors tell of payments: docs/processors.md. */
const processorKindSchema = z.enum(['kryptoexpress', 'standard-webhooks']);

/** A processor's name: part of the path of its webhook, of keys and of payments' ids. */
export const processorNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, {
  error: 'must be 1 to 31 lower-case letters, digits or -, beginning with a letter',
});

/**
 * What is known of currencies by their symbols (domain.md, Payments): digits after the point, and confirmations after which a payment is
 * final. Stablecoins are as safe as their chain: what is here is Ethereum's.
 */
const KNOWN_CURRENCIES: Readonly<
  Record<string, { readonly decimals: number; readonly required_confirmations: number }>
> = {
  BTC: { decimals: 8, required_confirmations: 3 },
  LTC: { decimals: 8, required_confirmations: 6 },
  SOL: { decimals: 9, required_confirmations: 32 },
  ETH: { decimals: 18, required_confirmations: 12 },
  USDC: { decimals: 6, required_confirmations: 12 },
  USDT: { decimals: 6, required_confirmations: 12 },
};

const symbol = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.]{0,10}$/, { error: 'must be a symbol of 1 to 11 letters, digits or dots' });

const currencySchema = z
  .strictObject({
    asset: symbol.describe('What orders and prices call it: BTC.'),
    code: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, { error: 'must be 1 to 32 letters, digits or . _ -' })
      .optional()
      .describe('What the processor calls it in its webhooks, as it writes it: USDT_TRC20. By default as `asset`.'),
    decimals: z.number().int().min(0).max(18).optional(),
    required_confirmations: z.number().int().min(0).max(10_000).optional(),
  })
  .transform(({ asset, code = asset, ...given }, context) => {
    const known = KNOWN_CURRENCIES[asset.toUpperCase()];
    const { decimals = known?.decimals, required_confirmations = known?.required_confirmations } = given;
    if (decimals !== undefined && required_confirmations !== undefined) {
      return { asset, code, decimals, required_confirmations };
    }
    const message = `must have decimals and required_confirmations: nothing is known of ${asset}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** What can be paid through a processor. */
export type ProcessorCurrency = z.output<typeof currencySchema>;

/** A payment processor: who takes payments in currencies that Haven holds no keys for. */
export const processorSchema = z.strictObject({
  name: processorNameSchema.describe(
    'Names it in the API and in the path of its webhook. For ever: stored payments have it in their ids.',
  ),
  kind: processorKindSchema.describe(
    '`kryptoexpress`: as KryptoExpress signs and writes. `standard-webhooks`: by Standard Webhooks. See docs/processors.md.',
  ),
  price_chain_id: z
    .number()
    .int()
    .positive()
    .describe('The chain whose `price_feeds` have the prices of its currencies.'),
  currencies: z
    .array(currencySchema)
    .min(1)
    .max(50)
    .refine((list) => isEachOnce(list.map(({ asset }) => asset.toUpperCase())), { error: 'has the same asset twice' })
    .refine((list) => isEachOnce(list.map(({ code }) => code)), { error: 'has the same code twice' })
    .describe(
      'What can be paid through it. `decimals` and `required_confirmations` may be left out of BTC, LTC, SOL, ETH, USDC and USDT.',
    ),
});

/** A payment processor. */
export type ProcessorConfig = z.output<typeof processorSchema>;

/** All processors of a stage. */
export const processorListSchema = z
  .array(processorSchema)
  .max(20)
  .refine((list) => isEachOnce(list.map(({ name }) => name)), { error: 'has the same name twice' });

/** The setting that lists all processors. */
export const processorsSetting = {
  PAYMENT_PROCESSORS: jsonSetting(processorListSchema).describe(
    'The processors through which orders can be paid, as JSON.',
  ),
};

/** The setting of who judges whether orders are overdue that are paid through processors. */
export const processorGraceSetting = {
  PROCESSOR_GRACE_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(120)
    .describe("Seconds that a processor's word of a payment may take."),
};

function isEachOnce(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

/** Looks up configured processors. */
export class ProcessorRegistry {
  readonly #byName: ReadonlyMap<string, ProcessorConfig>;

  constructor(processors: readonly ProcessorConfig[]) {
    this.#byName = new Map(processors.map((one) => [one.name, one]));
  }

  /** The processor of a name; undefined: there is none. */
  find(name: string): ProcessorConfig | undefined {
    return this.#byName.get(name);
  }

  /**
   * The processor that a customer chose.
   *
   * @throws INVALID_PARAMETER naming those that there are
   */
  choose(name: string): ProcessorConfig {
    const found = this.#byName.get(name);
    if (found !== undefined) return found;
    throw new HavenError('INVALID_PARAMETER', 'Orders can not be paid through that processor', {
      details: {
        fields: [{ field: 'body.processor', message: 'is not configured' }],
        known_processors: [...this.#byName.keys()],
      },
    });
  }
}
