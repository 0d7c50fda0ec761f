import fc from 'fast-check';
import { isoTime } from '#shared/platform/clock.ts';
import type { ChainView } from '#shared/transactions/lane/chain-view.ts';
import type { LaneSnapshot } from '#shared/transactions/lane/lane-action.ts';
import type { SecondOpinion } from '#shared/transactions/lane/second-opinion.ts';
import { TEST_NOW_MS } from './fake-clock.ts';
import { agreeingWith, receiptFor, snapshotOf, TEST_HEAD, viewOf } from './lane-situations.ts';
import { attemptOf, hash32, mined, queued, signed, submitted, TEST_CHAIN } from './ledger-transactions.ts';

/** A lane, what the chain says about it, and its limits. */
export interface Situation {
  readonly snapshot: LaneSnapshot;
  readonly view: ChainView;
  readonly chain: typeof TEST_CHAIN;
  readonly nowMs: number;
}

const HOUR_MS = 3_600_000;

const ageMs = fc.integer({ min: 0, max: 60_000 });
const outcome = fc.constantFrom('signed', 'accepted', 'refused', 'unknown', 'mined');

/** What is in flight, by its place in the lane, and what the chain has of it. */
const slot = fc.record({
  status: fc.constantFrom('signed', 'submitted', 'mined'),
  ageMs: fc.option(ageMs),
  outcome,
  attempts: fc.integer({ min: 1, max: 3 }),
  confirmations: fc.integer({ min: 1, max: 5 }),
  required: fc.integer({ min: 1, max: 6 }),
  depth: fc.integer({ min: 0, max: 8 }),
  /** Which attempt has a receipt, if any. */
  receiptOf: fc.option(fc.nat({ max: 2 })),
  /** Whether the block of the receipt is canonical, and the one that is stored. */
  canonical: fc.boolean(),
  sameBlock: fc.boolean(),
  /** Whether nodes call its nonce used, since long ago. */
  isSaidUsed: fc.boolean(),
});

/** Lanes in every state that a driver may find them in, in front of what a chain may say to that. */
export const situation: fc.Arbitrary<Situation> = fc
  .record({
    firstNonce: fc.nat({ max: 20 }),
    slots: fc.array(slot, { maxLength: 8 }),
    used: fc.nat({ max: 10 }),
    foreign: fc.nat({ max: 2 }),
    /** Who used each nonce, and how deep that is: a stranger, one of our attempts, or nobody can tell. */
    uses: fc.array(
      fc.record({ by: fc.constantFrom('stranger', 'ours', 'unknown'), depth: fc.integer({ min: 1, max: 8 }) }),
    ),
    signedBlocksAgo: fc.integer({ min: 0, max: 120 }),
    queue: fc.array(fc.option(fc.integer({ min: -1, max: 1 })), { maxLength: 14 }),
    cap: fc.integer({ min: 1, max: 12 }),
    driven: fc.boolean(),
    /** What another endpoint says. */
    second: fc.constantFrom('agrees', 'disagrees', 'has used more', 'unasked', 'only', 'involved', 'unusable'),
    /** Whether the others have been away for long, and did not contradict before. */
    mayGoAlone: fc.boolean(),
  })
  .map(({ firstNonce, slots, used, foreign, uses, signedBlocksAgo, queue, cap, driven, second, mayGoAlone }) => {
    const canonical = new Map<number, string>();
    const receipts: ReturnType<typeof receiptFor>[] = [];
    const inFlight = slots.map((given, index) => {
      const nonce = firstNonce + index;
      const block = TEST_HEAD - given.depth + 1;
      const broadcast_at = given.ageMs === null ? null : isoTime(TEST_NOW_MS - given.ageMs);
      const attempts = Array.from({ length: given.attempts }, (_, attempt) =>
        attemptOf(nonce, {
          hash: hash32(`${nonce} ${attempt}`),
          broadcast_at,
          outcome: given.outcome,
          signed_at_block: TEST_HEAD - signedBlocksAgo,
          nonce_too_low_since: given.isSaidUsed ? isoTime(TEST_NOW_MS - HOUR_MS) : null,
        }),
      );
      const facts = { attempts, confirmations: given.confirmations, required_confirmations: given.required };
      const won = attempts[given.receiptOf ?? attempts.length];
      if (index < used && won !== undefined) {
        canonical.set(block, hash32(given.canonical ? `block ${block}` : `fork of ${block}`));
        receipts.push(receiptFor(submitted(nonce), block, { transactionHash: won.hash }));
      }
      if (given.status === 'signed') return signed(nonce, facts);
      if (given.status === 'submitted') return submitted(nonce, facts);
      return mined(nonce, block, { ...facts, block_hash: hash32(given.sameBlock ? `block ${block}` : 'elsewhere') });
    });
    const waiting = queue.map((offset, n) =>
      queued(1_000 + n, { valid_until: offset === null ? null : isoTime(TEST_NOW_MS + offset) }),
    );
    const nextNonce = driven || inFlight.length > 0 ? firstNonce + inFlight.length : null;
    const view = viewOf({
      latestCount: firstNonce + Math.min(used, inFlight.length) + foreign,
      receipts,
      canonical,
      uses: new Map(
        uses.map(({ by, depth }, index) => {
          const nonce = firstNonce + index;
          const hash = { stranger: hash32(`stranger at ${nonce}`), ours: hash32(`${nonce} 0`), unknown: null }[by];
          return [nonce, { hash, blockNumber: TEST_HEAD - depth + 1 }];
        }),
      ),
    });
    return {
      snapshot: snapshotOf({ inFlight, queued: waiting, nextNonce }),
      view: { ...view, second: opinionOf(second, view, mayGoAlone) },
      chain: { ...TEST_CHAIN, in_flight_cap: cap },
      nowMs: TEST_NOW_MS,
    };
  });

function opinionOf(
  kind: 'agrees' | 'disagrees' | 'has used more' | Exclude<SecondOpinion['kind'], 'given'>,
  view: ChainView,
  mayGoAlone: boolean,
): SecondOpinion {
  if (kind === 'agrees') return { ...agreeingWith(view), mayGoAlone };
  if (kind === 'has used more') return { ...agreeingWith(view, { latestCount: view.latestCount + 20 }), mayGoAlone };
  if (kind === 'disagrees') {
    const nothing = { latestCount: 0, receipts: new Map(), transactions: new Map() };
    return { ...agreeingWith(view, nothing), mayGoAlone };
  }
  return kind === 'unusable' ? { kind, mayGoAlone } : { kind };
}
