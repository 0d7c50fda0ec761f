import { type AuditEntry, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import type { CustodyState } from '#shared/custody/custody-state.ts';
import type { Wallet, WalletIdentity } from '#shared/custody/wallet.ts';
import { sha256Hex } from '#shared/platform/canonical-json.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import type { Attempt, Transaction } from '#shared/transactions/transaction.ts';
import { TEST_NOW_MS } from './fake-clock.ts';

/** The chain of tests: its own limits are small, so that they are met. */
export const TEST_CHAIN: ChainConfig = {
  chain_id: 31_337,
  name: 'test',
  native_asset: 'ETH',
  block_time_ms: 2_000,
  required_confirmations: 3,
  max_gas_per_transaction: 16_777_216,
  in_flight_cap: 4,
  fee_model: 'eip1559',
  rpc_max_head_lag_blocks: 5,
  rpc_broadcast_endpoints: 2,
  max_fee_per_gas_wei: '100000000000',
};

/** The wallet of tests; TEST_PRIVATE_KEY is its key. */
export const TEST_WALLET: WalletIdentity = {
  id: 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZA',
  address: '0x2c7536E3605D9C16a7a3D7b1898e529396a65c23',
  purpose: 'treasury',
  custody: 'envelope',
};

/** Anvil's second account: where tests send to. */
export const TEST_RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

/** A stored wallet: the test wallet, usable. */
export function storedWallet(overrides: Partial<Wallet> = {}): Wallet {
  return {
    ...TEST_WALLET,
    status: 'active',
    paused: false,
    label: null,
    tags: {},
    created_at: isoTime(TEST_NOW_MS),
    version: 1,
    ...overrides,
  };
}

/** The custody state of the test wallet before its key was ever used. */
export function unusedCustody(overrides: Partial<CustodyState> = {}): CustodyState {
  return { status: 'active', paused: false, ...emptyHead(TEST_WALLET.id), ...overrides };
}

/** The id of the nth test transaction; ids sort like their numbers. */
export function transactionId(n: number): string {
  return `tx_01JD8Q4X7M5N2V9C3R6T0W${String(n).padStart(4, '0')}`;
}

/** 32 bytes as hex, another for every name. */
export function hash32(name: string): string {
  return `0x${sha256Hex(name)}`;
}

/**
 * A transaction as it is accepted, with the first entry of its audit stream.
 *
 * @param n names it; also its value in wei, so that it can be told apart on a chain
 */
export function acceptedTransaction(
  n: number,
  overrides: Partial<Transaction> = {},
): { readonly transaction: Transaction; readonly entry: AuditEntry } {
  const id = transactionId(n);
  const at = overrides.created_at ?? isoTime(TEST_NOW_MS);
  const { entry, head } = nextEntry(
    id,
    emptyHead(id),
    { action: 'transaction.queued', actor: 'key_tester', severity: 'INFO', request_id: 'request-1', detail: {} },
    at,
  );
  const transaction: Transaction = {
    ...head,
    id,
    status: 'queued',
    wallet_id: TEST_WALLET.id,
    chain_id: TEST_CHAIN.chain_id,
    from: TEST_WALLET.address,
    to: TEST_RECIPIENT,
    value: String(n),
    data: '0x',
    speed: 'standard',
    reference: null,
    valid_until: null,
    nonce: null,
    hash: null,
    attempts: [],
    block_number: null,
    block_hash: null,
    succeeded: null,
    gas_used: null,
    effective_gas_price: null,
    confirmations: 0,
    required_confirmations: TEST_CHAIN.required_confirmations,
    waiting_for: null,
    failure: null,
    cancellation: null,
    accelerated_at: null,
    watcher: null,
    created_at: at,
    updated_at: at,
    version: 1,
    ...overrides,
  };
  return { transaction, entry };
}

/** A queued transaction. */
export function queued(n: number, overrides: Partial<Transaction> = {}): Transaction {
  return acceptedTransaction(n, overrides).transaction;
}

/** One signed version: broadcast and accepted at the time at which tests happen. */
export function attemptOf(nonce: number, overrides: Partial<Attempt> = {}): Attempt {
  return {
    hash: hash32(`attempt at nonce ${nonce}`),
    nonce,
    max_fee_per_gas: '2000000000',
    max_priority_fee_per_gas: '1000000000',
    gas_limit: '21000',
    kind: 'intent',
    signed_at_block: 100,
    permanent_refusals: 0,
    nonce_too_low_since: null,
    signed_at: isoTime(TEST_NOW_MS),
    broadcast_at: isoTime(TEST_NOW_MS),
    outcome: 'accepted',
    ...overrides,
  };
}

/** A transaction whose bytes are signed and stored, and no more. */
export function signed(nonce: number, overrides: Partial<Transaction> = {}): Transaction {
  const attempts = overrides.attempts ?? [attemptOf(nonce, { broadcast_at: null, outcome: 'signed' })];
  return queued(nonce, {
    status: 'signed',
    nonce,
    hash: attempts.at(-1)?.hash ?? null,
    version: 2,
    ...overrides,
    attempts,
  });
}

/** A transaction that a node accepted at the time at which tests happen. */
export function submitted(nonce: number, overrides: Partial<Transaction> = {}): Transaction {
  const attempts = overrides.attempts ?? [attemptOf(nonce)];
  return signed(nonce, { status: 'submitted', version: 3, ...overrides, attempts });
}

/** A transaction that was seen in a block, at depth 1. */
export function mined(nonce: number, blockNumber: number, overrides: Partial<Transaction> = {}): Transaction {
  return submitted(nonce, {
    status: 'mined',
    block_number: blockNumber,
    block_hash: hash32(`block ${blockNumber}`),
    succeeded: true,
    gas_used: '21000',
    confirmations: 1,
    version: 4,
    ...overrides,
  });
}
