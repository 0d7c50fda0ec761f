import { describe, expect, it } from 'vitest';
import type { WalletFilter } from '#shared/custody/wallet-list.ts';
import { storedWallet } from '#test/support/fakes/ledger-transactions.ts';
import { walletLists } from '#test/support/fakes/wallet-lists.ts';

const address = (n: number) => `0x${String(n).padStart(40, '0')}`;
const day = (n: number) => `2026-11-0${n}T00:00:00.000Z`;

/** The third was imported: its id says when the import began, long before it was created. */
const ALL = [
  {
    wallet: storedWallet({ id: 'wal_1', address: address(1), tags: { region: 'eu' }, created_at: day(1) }),
    chains: [1, 10],
  },
  {
    wallet: storedWallet({
      id: 'wal_2',
      address: address(2),
      purpose: 'user',
      tags: { region: 'us' },
      created_at: day(2),
    }),
    chains: [10],
  },
  {
    wallet: storedWallet({
      id: 'wal_3',
      address: address(3),
      purpose: 'user',
      status: 'revoked',
      tags: { region: 'eu' },
      created_at: day(5),
    }),
  },
  {
    wallet: storedWallet({ id: 'wal_4', address: address(4), purpose: 'deposit', paused: true, created_at: day(4) }),
    chains: [1],
  },
];
const eu = { key: 'region', value: 'eu' };

describe('a list of wallets', () => {
  it.each<[string, WalletFilter, readonly string[]]>([
    ['of all', {}, ['wal_4', 'wal_3', 'wal_2', 'wal_1']],
    ['of one purpose', { purpose: 'user' }, ['wal_3', 'wal_2']],
    ['of one status', { status: 'active' }, ['wal_4', 'wal_2', 'wal_1']],
    ['of one purpose and status', { purpose: 'user', status: 'active' }, ['wal_2']],
    ['of one tag', { tag: eu }, ['wal_3', 'wal_1']],
    ['of one tag and status', { tag: eu, status: 'active' }, ['wal_1']],
    ['of one address', { address: address(4) }, ['wal_4']],
    ['of one address and a purpose that is not its', { address: address(4), purpose: 'user' }, []],
    ['of an address that nobody has', { address: address(9) }, []],
    ['of a tag that nobody has', { tag: { key: 'region', value: 'mars' } }, []],
    ['of one chain', { chain_id: 10 }, ['wal_2', 'wal_1']],
    ['of a chain on which nobody has a lane', { chain_id: 5 }, []],
    ['of one chain and purpose', { chain_id: 10, purpose: 'user' }, ['wal_2']],
    ['of one chain and tag', { chain_id: 1, tag: eu }, ['wal_1']],
    ['of one chain and address', { chain_id: 1, address: address(4) }, ['wal_4']],
    ['of an address without a lane on the chain', { chain_id: 1, address: address(2) }, []],
    ['of one chain since a day', { chain_id: 1, created_from: day(4) }, ['wal_4']],
    ['since a moment', { created_from: day(4) }, ['wal_3', 'wal_4']],
    ['before a moment', { created_to: day(4) }, ['wal_2', 'wal_1']],
    ['of a day, its first moment included and its last not', { created_from: day(2), created_to: day(4) }, ['wal_2']],
    ['of one purpose since a moment', { purpose: 'user', created_from: day(2) }, ['wal_3', 'wal_2']],
    ['of one status since a moment', { status: 'active', created_from: day(2) }, ['wal_4', 'wal_2']],
    ['of one tag since a moment', { tag: eu, created_from: day(2) }, ['wal_3']],
    ['of one address since a moment after it', { address: address(1), created_from: day(2) }, []],
    ['of a time that ends before it begins', { created_from: day(4), created_to: day(2) }, []],
    [
      'of everything at once',
      { status: 'active', purpose: 'treasury', tag: eu, chain_id: 10, created_from: day(1), created_to: day(2) },
      ['wal_1'],
    ],
  ])('%s is newest first', async (_name, filter, ids) => {
    const { pages } = await walletLists(ALL);
    expect(await pages(filter, 25)).toEqual([ids]);
  });

  it('comes in pages, by every index', async () => {
    const { pages } = await walletLists(ALL);
    expect(await pages({}, 3)).toEqual([['wal_4', 'wal_3', 'wal_2'], ['wal_1']]);
    expect((await pages({ created_from: day(1) }, 2)).flat()).toEqual(['wal_3', 'wal_4', 'wal_2', 'wal_1']);
    expect((await pages({ chain_id: 1 }, 1)).flat()).toEqual(['wal_4', 'wal_1']);
  });

  it('of one address does not begin again on its second page', async () => {
    const { list } = await walletLists(ALL);
    expect((await list({ address: address(4) }, 'wal_4', 25)).rows).toEqual([]);
  });

  it('reads by index and key alone, and only so much for one page', async () => {
    const many = Array.from({ length: 60 }, (_, n) => ({
      wallet: storedWallet({ id: `wal_${String(n).padStart(3, '0')}`, address: address(n), tags: { region: 'eu' } }),
    }));
    const { list, aws } = await walletLists(many);
    const stored = aws.requests.length;
    // None of them passes: the page ends early, with where to go on.
    const page = await list({ tag: eu, purpose: 'user', chain_id: 1 }, undefined, 5);
    expect(page).toEqual({ rows: [], lastId: 'wal_020' });
    const operations = aws.requests.slice(stored).map(({ operation }) => operation);
    expect(new Set(operations)).toEqual(new Set(['Query', 'BatchGetItem']));
    expect(operations.length).toBeLessThanOrEqual(8 * 3);
  });
});
