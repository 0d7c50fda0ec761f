import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { AuditHead } from '#shared/audit/audit-entry.ts';
import { type Clock, systemClock } from '#shared/platform/clock.ts';
import { batchGet } from '#shared/platform/dynamo/id-source.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import type { ItemKey, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { type CustodyState, custodyKey, madeWith, readCustodyState, standingOf } from './custody-state.ts';
import {
  ALL_WALLETS,
  addressKey,
  createdPartition,
  createdPlace,
  facetPartition,
  tagPartition,
  walletKey,
} from './ledger-keys.ts';
import { type StoredPolicy, storedPolicySchema } from './policy/policy.ts';
import { policyKey } from './policy/policy-row.ts';
import {
  isUsable,
  refuseUnusable,
  USABLE_FOR_MS,
  type UsableWallet,
  type WalletDirectory,
  walletNotFound,
} from './use-wallet.ts';
import { type Wallet, walletSchema } from './wallet.ts';

/** Reads wallets. */
export interface WalletStore extends WalletDirectory {
  /** @throws WALLET_NOT_FOUND */
  get(walletId: string): Promise<Wallet>;
  /** @throws WALLET_NOT_FOUND */
  custodyState(walletId: string): Promise<CustodyState>;
  /**
   * A rotated wallet with its policy, for who brings what it has to its successor; never from memory. Whether it is rotated and
   * not paused its key state says: rows of wallets can be put by who makes them.
   *
   * @throws WALLET_NOT_FOUND, INVALID_TRANSITION when it is not rotated, POLICY_VIOLATION when it is paused
   */
  sweepable(walletId: string): Promise<UsableWallet>;
}

/**
 * Adds everything of a new wallet but its key to a transaction. It has no row of its key state yet: see custody-state.ts.
 *
 * @param table the ledger table
 * @param head the wallet's audit stream after its first entry
 */
export function putWallet(transaction: WriteTransaction, table: string, wallet: Wallet, head: AuditHead): void {
  const exists = () => new HavenError('WALLET_ALREADY_EXISTS', 'A wallet with this id or address exists already');
  const indexes = {
    gsi1pk: ALL_WALLETS,
    gsi1sk: wallet.id,
    gsi2pk: facetPartition(wallet.purpose, wallet.status),
    gsi2sk: wallet.id,
    gsi3pk: createdPartition(wallet.purpose),
    gsi3sk: createdPlace(wallet),
  };
  transaction.put(table, { ...walletKey(wallet.id), ...wallet, ...madeWith(head), ...indexes }, exists);
  transaction.put(table, { ...addressKey(wallet.address), wallet_id: wallet.id }, exists);
  for (const [key, value] of Object.entries(wallet.tags)) {
    transaction.put(table, { pk: tagPartition(key, value), sk: wallet.id }, exists);
  }
}

/** Identities kept in memory by one function instance. */
const MAX_REMEMBERED_IDENTITIES = 5_000;

/**
 * Wallets in the ledger table.
 *
 * @param table the ledger table
 */
export function createWalletStore(
  client: DynamoDBDocumentClient,
  table: string,
  clock: Clock = systemClock,
): WalletStore {
  const identities = new Map<string, { readonly wallet: UsableWallet; readonly usableUntilMs: number }>();

  /** Remembers what never changes, and for a while that the wallet may be used and what for. */
  function remember(wallet: Wallet, policy: StoredPolicy | undefined, usableUntilMs: number): UsableWallet {
    const { id, address, purpose, custody } = wallet;
    const remembered = { id, address, purpose, custody, policy };
    if (identities.size >= MAX_REMEMBERED_IDENTITIES) identities.clear();
    identities.set(id, { wallet: remembered, usableUntilMs });
    return remembered;
  }

  const read = (key: ItemKey) => readItem(client, table, key);

  async function get(walletId: string): Promise<Wallet> {
    const item = await read(walletKey(walletId));
    if (item === undefined) throw walletNotFound(walletId);
    return walletSchema.parse(item);
  }

  /** The wallet with its policy and its key state, by one request. */
  async function readForJudging(walletId: string) {
    const keys = { row: walletKey(walletId), policy: policyKey(walletId), custody: custodyKey(walletId) };
    const items = await batchGet(client, table, Object.values(keys));
    const found = (key: ItemKey) => items.find(({ sk }) => sk === key['sk']);
    const row = found(keys.row);
    const policy = found(keys.policy);
    if (row === undefined) throw walletNotFound(walletId);
    const wallet = walletSchema.parse(row);
    return {
      wallet,
      policy: policy === undefined ? undefined : storedPolicySchema.parse(policy),
      standing: standingOf(found(keys.custody), wallet),
    };
  }

  async function readForUse(walletId: string): Promise<UsableWallet> {
    const askedAtMs = clock();
    const { wallet, policy, standing } = await readForJudging(walletId);
    const remembered = remember(wallet, policy, isUsable(standing) ? askedAtMs + USABLE_FOR_MS : 0);
    refuseUnusable({ id: walletId, ...standing });
    return remembered;
  }

  return {
    get,

    async identity(walletId) {
      const { id, address, purpose, custody } =
        identities.get(walletId)?.wallet ?? remember(await get(walletId), undefined, 0);
      return { id, address, purpose, custody };
    },

    async usable(walletId) {
      const known = identities.get(walletId);
      return known !== undefined && clock() < known.usableUntilMs ? known.wallet : readForUse(walletId);
    },

    async sweepable(walletId) {
      const { wallet, policy, standing } = await readForJudging(walletId);
      const { id, address, purpose, custody } = wallet;
      const { status, paused } = standing;
      if (status !== 'rotated') {
        throw new HavenError('INVALID_TRANSITION', `Wallet ${id} is ${status}; only a rotated one is swept`, {
          details: { wallet_id: id, status },
        });
      }
      refuseUnusable({ id, status: 'active', paused });
      return { id, address, purpose, custody, policy };
    },

    async custodyState(walletId) {
      const state = await readCustodyState(client, table, walletId);
      if (state === undefined) throw walletNotFound(walletId);
      return state;
    },
  };
}
