import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { purposeSchema, walletStatusSchema } from '#shared/custody/wallet.ts';
import type { WalletFilter } from '#shared/custody/wallet-list.ts';
import { storedWallet } from '#test/support/fakes/ledger-transactions.ts';
import { type ListedWallet, walletLists } from '#test/support/fakes/wallet-lists.ts';

const address = (n: number) => `0x${String(n).padStart(40, '0')}`;
const instant = fc.integer({ min: 0, max: 5 }).map((n) => `2026-11-0${n + 1}T00:00:00.000Z`);
const chain = fc.constantFrom(1, 10);
const tag = fc.constantFrom('eu', 'us');
const purpose = fc.constantFrom(...purposeSchema.options);
const status = fc.constantFrom(...walletStatusSchema.options);

const wallets: fc.Arbitrary<readonly ListedWallet[]> = fc
  .array(fc.record({ purpose, status, created_at: instant, region: fc.option(tag), chains: fc.uniqueArray(chain) }), {
    maxLength: 12,
  })
  .map((rows) =>
    rows.map(({ region, chains, ...row }, n) => ({
      wallet: storedWallet({
        ...row,
        id: `wal_${String(n).padStart(3, '0')}`,
        address: address(n),
        tags: region === null ? {} : { region },
      }),
      chains,
    })),
  );

const filters: fc.Arbitrary<WalletFilter> = fc.record(
  {
    purpose,
    status,
    address: fc.nat(12).map(address),
    tag: tag.map((value) => ({ key: 'region', value })),
    chain_id: chain,
    created_from: instant,
    created_to: instant,
  },
  { requiredKeys: [] },
);

/** What the filter means, without any index. */
function wanted({ wallet, chains = [] }: ListedWallet, filter: WalletFilter): boolean {
  return [
    filter.purpose === undefined || wallet.purpose === filter.purpose,
    filter.status === undefined || wallet.status === filter.status,
    filter.address === undefined || wallet.address === filter.address,
    filter.tag === undefined || wallet.tags['region'] === filter.tag.value,
    filter.chain_id === undefined || chains.includes(filter.chain_id),
    filter.created_from === undefined || wallet.created_at >= filter.created_from,
    filter.created_to === undefined || wallet.created_at < filter.created_to,
  ].every(Boolean);
}

describe('lists of wallets', () => {
  it('show every wallet that the filter means once, and no other, whatever the page size', async () => {
    await fc.assert(
      fc.asyncProperty(wallets, filters, fc.integer({ min: 1, max: 5 }), async (stored, filter, limit) => {
        const { pages } = await walletLists(stored);
        const found = await pages(filter, limit);
        expect(found.every((page) => page.length <= limit)).toBe(true);
        const ids = stored.filter((one) => wanted(one, filter)).map(({ wallet }) => wallet.id);
        expect(found.flat().toSorted()).toEqual(ids);
      }),
      { numRuns: 150 },
    );
  });
});
