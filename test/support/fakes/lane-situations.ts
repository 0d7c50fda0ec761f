import type { Receipt } from '#shared/platform/chain/receipt.ts';
import type { SecondLook } from '#shared/platform/chain/second-look.ts';
import type { ChainView } from '#shared/transactions/lane/chain-view.ts';
import { type LaneState, newLane } from '#shared/transactions/lane/lane.ts';
import type { LaneSnapshot } from '#shared/transactions/lane/lane-action.ts';
import type { LaneTime } from '#shared/transactions/lane/lane-time.ts';
import type { NonceUse } from '#shared/transactions/lane/nonce-use.ts';
import type { SecondOpinion } from '#shared/transactions/lane/second-opinion.ts';
import type { Transaction } from '#shared/transactions/transaction.ts';
import { TEST_NOW_MS } from './fake-clock.ts';
import { hash32, TEST_CHAIN, TEST_WALLET } from './ledger-transactions.ts';

/** The time of a lane whose driver and chain agree about it. */
export const timeIs = (nowMs: number): LaneTime => ({ latestMs: nowMs, certainMs: nowMs, agreedMs: nowMs });

/** The head of the chain unless a test says otherwise. */
export const TEST_HEAD = 110;

/** What is stored of a lane. */
export function snapshotOf(parts: {
  readonly inFlight?: readonly Transaction[];
  readonly queued?: readonly Transaction[];
  /** After the last in flight unless said otherwise; null: never driven. */
  readonly nextNonce?: number | null;
  readonly lane?: Partial<Pick<LaneState, 'gap' | 'alone' | 'disputed_by' | 'unexplained' | 'foreign'>>;
}): LaneSnapshot {
  const inFlight = parts.inFlight ?? [];
  const last = inFlight.at(-1)?.nonce;
  const next = parts.nextNonce === undefined ? (typeof last === 'number' ? last + 1 : null) : parts.nextNonce;
  return {
    lane: {
      ...newLane({ chain_id: TEST_CHAIN.chain_id, address: TEST_WALLET.address }, TEST_WALLET.id),
      ...parts.lane,
      next_nonce: next,
      in_flight: inFlight.map(({ id, nonce }) => ({ id, nonce: nonce ?? 0 })),
      version: next === null ? 0 : 3,
    },
    inFlight,
    queued: parts.queued ?? [],
  };
}

/** The receipt of a transaction, in a block that is canonical unless the view says otherwise. */
export function receiptFor(transaction: Transaction, blockNumber: number, overrides: Partial<Receipt> = {}): Receipt {
  return {
    transactionHash: transaction.hash ?? hash32('none'),
    blockNumber,
    blockHash: hash32(`block ${blockNumber}`),
    succeeded: true,
    gasUsed: 21_000n,
    ...overrides,
  };
}

/** What the chain says. Every block that a receipt names has its usual hash, unless `canonical` has another; another endpoint says the same, unless `second` does otherwise. */
export function viewOf(parts: {
  readonly head?: number;
  readonly latestCount?: number;
  readonly receipts?: readonly Receipt[];
  readonly canonical?: ReadonlyMap<number, string>;
  readonly uses?: ReadonlyMap<number, NonceUse>;
  readonly second?: SecondOpinion;
}): ChainView {
  const head = parts.head ?? TEST_HEAD;
  const receipts = parts.receipts ?? [];
  const view = {
    head: { number: head, hash: hash32(`block ${head}`), timestampSeconds: TEST_NOW_MS / 1000 },
    latestCount: parts.latestCount ?? 0,
    uses: parts.uses ?? new Map(),
    receipts: new Map(receipts.map((receipt) => [receipt.transactionHash, receipt])),
    canonicalHashes:
      parts.canonical ??
      new Map(receipts.map(({ blockNumber }) => [blockNumber, hash32(`block ${blockNumber}`)] as const)),
  };
  return { ...view, second: parts.second ?? agreeingWith(view) };
}

/** Another endpoint that says what a view says, at the same head. */
export function agreeingWith(
  { head, latestCount, receipts, uses }: Omit<ChainView, 'second'>,
  differing: Partial<SecondLook> = {},
): Extract<SecondOpinion, { kind: 'given' }> {
  const transactions = [...uses].flatMap(([nonce, { hash, blockNumber }]) =>
    hash === null ? [] : [[hash, { from: TEST_WALLET.address, nonce, blockNumber }] as const],
  );
  return {
    kind: 'given',
    endpoint: 'second',
    look: { head, latestCount, receipts, transactions: new Map(transactions), ...differing },
    asked: new Set([...receipts.keys(), ...transactions.map(([hash]) => hash)]),
    standsStill: false,
    lags: false,
    mayGoAlone: false,
  };
}
