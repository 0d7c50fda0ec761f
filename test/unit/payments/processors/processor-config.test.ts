import { describe, expect, it } from 'vitest';
import { ProcessorRegistry, processorListSchema } from '#shared/payments/processors/processor-config.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_PROCESSORS } from '#test/support/fakes/processors.ts';

const one = (change: object = {}) => ({
  name: 'acme',
  kind: 'standard-webhooks',
  price_chain_id: 1,
  currencies: [{ asset: 'BTC' }],
  ...change,
});

describe('processors of a stage', () => {
  it.each([
    ['BTC', 8, 3],
    ['LTC', 8, 6],
    ['SOL', 9, 32],
    ['ETH', 18, 12],
    ['USDC', 6, 12],
    ['USDT', 6, 12],
  ])(
    '%s has %i decimals and is final after %i confirmations, unless the stage says otherwise',
    (asset, decimals, after) => {
      const [parsed] = processorListSchema.parse([one({ currencies: [{ asset }] })]);
      expect(parsed?.currencies).toEqual([{ asset, code: asset, decimals, required_confirmations: after }]);
      const own = { asset, code: `${asset}_X`, decimals: 2, required_confirmations: 0 };
      expect(processorListSchema.parse([one({ currencies: [own] })])[0]?.currencies).toEqual([own]);
    },
  );

  it('read back as it was written into a function’s environment, it is the same', () => {
    expect(processorListSchema.parse(JSON.parse(JSON.stringify(TEST_PROCESSORS)))).toEqual(TEST_PROCESSORS);
  });

  it.each([
    ['a currency of which nothing is known', [one({ currencies: [{ asset: 'DOGE' }] })], 'nothing is known of DOGE'],
    ['half of what is to be known', [one({ currencies: [{ asset: 'DOGE', decimals: 8 }] })], 'required_confirmations'],
    ['an asset twice', [one({ currencies: [{ asset: 'BTC' }, { asset: 'btc', code: 'X' }] })], 'the same asset twice'],
    ['a code twice', [one({ currencies: [{ asset: 'BTC' }, { asset: 'LTC', code: 'BTC' }] })], 'the same code twice'],
    ['a name twice', [one(), one()], 'the same name twice'],
    ['a name that would be another key', [one({ name: 'a#b' })], 'lower-case'],
    ['no currency', [one({ currencies: [] })], 'Too small'],
    ['a kind that is none', [one({ kind: 'other' })], 'Invalid option'],
  ])('refuses %s', (_what, list, message) => {
    const result = processorListSchema.safeParse(list);
    expect(JSON.stringify(result.error?.issues)).toContain(message);
  });

  it('names those that there are to who chooses another', async () => {
    const registry = new ProcessorRegistry(TEST_PROCESSORS);
    expect(registry.choose('acme').kind).toBe('standard-webhooks');
    expect(await caughtLater(HavenError, async () => registry.choose('other'))).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { known_processors: ['kryptoexpress', 'acme'] },
    });
  });
});
