import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type IdSource,
  indexSources,
  mergedSource,
  partitionSource,
  type RowPage,
  readPage,
  rowLoader,
  singleSource,
} from '#shared/platform/dynamo/id-source.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { ALL_WALLETS, addressKey, createdPartition, facetPartition, tagPartition, walletKey } from './ledger-keys.ts';
import { purposeSchema, type Wallet, walletSchema, walletStatusSchema } from './wallet.ts';

/** Which wallets a list shows: those that all of it holds for. */
export interface WalletFilter {
  readonly status?: Wallet['status'] | undefined;
  readonly purpose?: Wallet['purpose'] | undefined;
  readonly address?: string | undefined;
  readonly tag?: { readonly key: string; readonly value: string } | undefined;
  /** Those that have a lane on this chain. */
  readonly chain_id?: number | undefined;
  /** ISO 8601, UTC, with milliseconds; included. */
  readonly created_from?: string | undefined;
  /** ISO 8601, UTC, with milliseconds; not included. */
  readonly created_to?: string | undefined;
}

/** Lists wallets. */
export interface WalletList {
  /**
   * A page, newest first. It may hold fewer than asked for, and yet not be the last: what the index doesn't know is filtered
   * after reading, and one request reads only so much.
   *
   * @param before where the page before ended, of a list with the same filter
   */
  list(filter: WalletFilter, before: string | undefined, limit: number): Promise<RowPage<Wallet>>;
}

/** What a list must be told about lanes, which are not custody's. */
export interface WalletsOnChain {
  /** Ids of the wallets that have a lane on a chain, newest first. */
  walletIds(chainId: number): IdSource;
  /** Which of some wallets' addresses have one; strongly consistent. */
  withLane(chainId: number, addresses: readonly string[]): Promise<ReadonlySet<string>>;
}

/** A wallet at its place in a list. */
interface ListedWallet {
  /** What cursors name: the wallet's id, or its place in the index by time. */
  readonly id: string;
  readonly wallet: Wallet;
}

/** Where a list's places are, and which wallet is at each. */
interface Places {
  readonly source: IdSource;
  readonly walletIdAt: (place: string) => string;
}

/**
 * Lists wallets by one index, chosen by what is asked for: address, tag, chain, time of creation, purpose and status, in
 * this order of how little they leave to be filtered; else all.
 *
 * @param table the ledger table
 */
export function createWalletList(client: DynamoDBDocumentClient, table: string, lanes: WalletsOnChain): WalletList {
  const load = rowLoader(client, table, walletKey, walletSchema);
  const index = indexSources(client, table);

  function placesFor(filter: WalletFilter): Places {
    const { address, tag, chain_id: chainId } = filter;
    const byId = (source: IdSource): Places => ({ source, walletIdAt: (id) => id });
    if (address !== undefined) return byId(singleSource(async () => readAddress(address)));
    if (tag !== undefined) {
      const partition = tagPartition(tag.key, tag.value);
      return byId(partitionSource(client, { table, partitionKey: 'pk', sortKey: 'sk', partition }));
    }
    if (chainId !== undefined) return byId(lanes.walletIds(chainId));
    const purposes = filter.purpose === undefined ? purposeSchema.options : [filter.purpose];
    if (filter.created_from !== undefined || filter.created_to !== undefined) {
      return { source: byTime(filter, purposes), walletIdAt: (place) => place.slice(place.indexOf('#') + 1) };
    }
    if (filter.purpose === undefined && filter.status === undefined) return byId(index('gsi1', ALL_WALLETS));
    const statuses = filter.status === undefined ? walletStatusSchema.options : [filter.status];
    const facets = purposes.flatMap((purpose) => statuses.map((status) => facetPartition(purpose, status)));
    return byId(mergedSource(facets.map((partition) => index('gsi2', partition))));
  }

  async function readAddress(address: string): Promise<unknown> {
    return (await readItem(client, table, addressKey(address)))?.['wallet_id'];
  }

  /** Places are time and id, so that a time sorts before all places of its millisecond. */
  function byTime({ created_from, created_to }: WalletFilter, purposes: readonly Wallet['purpose'][]): IdSource {
    const merged = mergedSource(purposes.map((purpose) => index('gsi3', createdPartition(purpose))));
    return async (before, limit) => {
      const places = await merged(before ?? created_to, limit);
      return created_from === undefined ? places : places.filter((place) => place >= created_from);
    };
  }

  async function loadAt(
    places: readonly string[],
    walletIdAt: Places['walletIdAt'],
    chainId: number | undefined,
  ): Promise<readonly ListedWallet[]> {
    const wallets = await load(places.map(walletIdAt));
    const onChain = chainId === undefined ? undefined : await lanes.withLane(chainId, wallets.map(addressOf));
    const byId = new Map(wallets.map((wallet) => [wallet.id, wallet]));
    return places.flatMap((id) => {
      const wallet = byId.get(walletIdAt(id));
      return wallet === undefined || onChain?.has(wallet.address) === false ? [] : [{ id, wallet }];
    });
  }

  return {
    async list(filter, before, limit) {
      const { source, walletIdAt } = placesFor(filter);
      const { rows, lastId } = await readPage(
        source,
        (places) => loadAt(places, walletIdAt, filter.chain_id),
        ({ wallet }) => passes(wallet, filter),
        before,
        limit,
      );
      return { rows: rows.map(({ wallet }) => wallet), lastId };
    },
  };
}

const addressOf = ({ address }: Wallet) => address;

function passes(wallet: Wallet, filter: WalletFilter): boolean {
  return (
    (filter.status === undefined || wallet.status === filter.status) &&
    (filter.purpose === undefined || wallet.purpose === filter.purpose) &&
    (filter.address === undefined || wallet.address === filter.address) &&
    (filter.tag === undefined || wallet.tags[filter.tag.key] === filter.tag.value) &&
    (filter.created_from === undefined || wallet.created_at >= filter.created_from) &&
    (filter.created_to === undefined || wallet.created_at < filter.created_to)
  );
}
