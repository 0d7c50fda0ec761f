import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tagChanges } from '#shared/custody/change-wallet.ts';
import { createWalletOffice } from '#test/support/fakes/wallet-office.ts';

/** Few keys and values, so that sets have much in common. */
const tags = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'valueof', 'length'), fc.constantFrom('1', '2', 'a b'), {
  maxKeys: 4,
  noNullPrototype: true,
});

describe('changes of tags', () => {
  it('lead from what was to what is, and name nothing that stays', () => {
    fc.assert(
      fc.property(tags, tags, (before, after) => {
        const { removed, added } = tagChanges(before, after);
        const places = new Set(Object.entries(before).map(String));
        for (const tag of removed) expect(places.delete(String(tag))).toBe(true);
        for (const tag of added) {
          expect(places.has(String(tag))).toBe(false);
          places.add(String(tag));
        }
        expect([...places].toSorted()).toEqual(Object.entries(after).map(String).toSorted());
      }),
    );
  });

  it('keep the index of tags as the wallet says, whatever is asked for one after another', async () => {
    await fc.assert(
      fc.asyncProperty(tags, fc.array(tags, { minLength: 1, maxLength: 6 }), async (first, changes) => {
        const { patch, tagPlaces } = await createWalletOffice({ tags: first });
        for (const change of changes) {
          expect((await patch({ tags: change })).statusCode).toBe(200);
          const wanted = Object.entries(change).map(([key, value]) => `WALLET_TAG#${key}=${value}`);
          expect(tagPlaces()).toEqual(wanted.toSorted());
        }
      }),
      { numRuns: 30 },
    );
  });
});
