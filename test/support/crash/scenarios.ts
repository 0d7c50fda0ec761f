import { expect } from 'vitest';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { requestCancel } from '#shared/transactions/change-request.ts';
import type { Attempt, Transaction } from '#shared/transactions/transaction.ts';
import type { LabIntent, LabLane, LaneLab } from '../lane-lab/lane-lab.ts';
import type { ExpectedEnd } from '../lane-lab/lane-laws.ts';
import { dropAndForget, openGap, passBlocks, STRANGERS_WEI, submit, USUAL_WEI } from '../lane-lab/lane-steps.ts';

/** Mainnet's pace: between two looks at the chain the worker leaves, and its queue wakes it. */
export const CRASH_CHAIN = {
  block_time_ms: 12_000,
  required_confirmations: 2,
} as const satisfies Partial<ChainConfig>;

/** Work on one lane during which workers are killed. */
export interface CrashScenario {
  readonly name: string;
  /** Brings a new lane to where the workers begin. */
  readonly prepare: (lab: LaneLab, lane: LabLane) => Promise<void>;
  /** In the order of acceptance; what the lane made by itself is last. */
  readonly ends: readonly ExpectedEnd[];
  /** Nonces that others use. */
  readonly foreignNonces?: readonly number[];
  /** Whether the chain has a second endpoint, which doubts what strangers did until it is deeper than required. */
  readonly hasDoubts?: true;
  /** Names of accesses that the first execution is killed at whatever else is chosen: what the scenario is there for. */
  readonly killedAt?: readonly string[];
  /** Asserts, of the lane at rest, that the workers came by what the scenario is named after. */
  readonly expectTaken: (transactions: readonly Transaction[]) => void;
}

/** Contract accounts that refuse every call. */
export const REFUSING = '0x00000000000000000000000000000000000FA11E';

/** After ten empty blocks, each of which asks an eighth less, still more than twice the usual. */
const SPIKE_WEI = 40n * USUAL_WEI;
/** After so many blocks a transaction of the fastest speed is stuck. */
const PATIENCE_BLOCKS = 10;

const ends = (...statuses: readonly ExpectedEnd['status'][]): readonly ExpectedEnd[] =>
  statuses.map((status, index) => ({ valueWei: BigInt(index + 1), status }));
const intents = (count: number, rest: Omit<LabIntent, 'valueWei'> = {}): readonly LabIntent[] =>
  Array.from({ length: count }, (_, index) => ({ valueWei: BigInt(index + 1), ...rest }));

/** The kinds of the versions that were signed of each transaction. */
const kindsOf = (transactions: readonly Transaction[]): readonly (readonly Attempt['kind'][])[] =>
  transactions.map(({ attempts }) => attempts.map(({ kind }) => kind));

/** The head of the queue is refused by simulation, then a batch of two is sent. */
const SENDING: CrashScenario = {
  name: 'a refused head and a batch',
  prepare: async (lab, lane) => {
    const [first, ...others] = intents(3);
    if (first !== undefined) await lab.accept(lane, [{ ...first, to: REFUSING }, ...others]);
  },
  ends: ends('failed', 'confirmed', 'confirmed'),
  expectTaken: (transactions) => expect(kindsOf(transactions)).toEqual([[], ['intent'], ['intent']]),
};

/** Two transactions that no block had room for, and that offer less by now than the next block asks. */
const STUCK: CrashScenario = {
  name: 'replacing what is stuck',
  prepare: async (lab, lane) => {
    await submit(lab, lane, intents(2, { speed: 'fastest' }));
    await lab.chain.setFull(true);
    await lab.chain.setBaseFee(SPIKE_WEI);
    await passBlocks(lab, PATIENCE_BLOCKS);
    await lab.chain.setFull(false);
  },
  ends: ends('confirmed', 'confirmed'),
  expectTaken: (transactions) =>
    expect(kindsOf(transactions)).toEqual([
      ['intent', 'intent'],
      ['intent', 'intent'],
    ]),
};

/** Somebody cancels the first of three that are in the pool. */
const CANCELLED: CrashScenario = {
  name: 'cancelling by a no-op',
  prepare: async (lab, lane) => {
    const [first] = await submit(lab, lane, intents(3));
    if (first !== undefined) await lab.change(first.id, requestCancel);
  },
  ends: ends('cancelled', 'confirmed', 'confirmed'),
  expectTaken: (transactions) => expect(kindsOf(transactions)).toEqual([['intent', 'noop'], ['intent'], ['intent']]),
};

/** The time of the first of two passes, the chain's too, while both are in the pool: no block has room for them. */
const EXPIRED: CrashScenario = {
  name: 'expiring by a no-op',
  prepare: async (lab, lane) => {
    const [first, ...others] = intents(2);
    if (first === undefined) return;
    // A block comes first, in which nothing is in the pool yet.
    const validUntil = isoTime(lab.time.clock() + 2 * CRASH_CHAIN.block_time_ms);
    await submit(lab, lane, [{ ...first, validUntil }, ...others]);
    await lab.chain.setFull(true);
    await passBlocks(lab, 2);
    await lab.chain.setFull(false);
  },
  ends: ends('expired', 'confirmed'),
  expectTaken: (transactions) => expect(kindsOf(transactions)).toEqual([['intent', 'noop'], ['intent']]),
};

/** A stranger outbids the first of three in the pool. */
const DISPLACED: CrashScenario = {
  name: 'a stranger who takes a nonce',
  prepare: async (lab, lane) => {
    await submit(lab, lane, intents(3));
    await lab.chain.sendAsStranger(lane.wallet.address, 0, STRANGERS_WEI);
    await passBlocks(lab, 1);
  },
  ends: ends('confirmed', 'confirmed', 'confirmed'),
  foreignNonces: [0],
  expectTaken: (transactions) => expect(transactions.map(({ nonce }) => nonce)).toEqual([3, 1, 2]),
};

/**
 * The same, where another endpoint is asked whether that is final: it is away when it is asked first, denies the stranger in the
 * next block, and agrees in the one after.
 */
const DOUBTED: CrashScenario = {
  name: 'a stranger whom an endpoint doubts',
  prepare: async (lab, lane) => {
    await submit(lab, lane, intents(2));
    await lab.chain.sendAsStranger(lane.wallet.address, 0, STRANGERS_WEI);
    await passBlocks(lab, 1);
  },
  ends: ends('confirmed', 'confirmed'),
  foreignNonces: [0],
  hasDoubts: true,
  killedAt: [
    // The question for a second opinion, and all that the lane notes of the answers: that it waits, that nobody had a say, who
    // contradicts, and that nobody does any more.
    'endpoint 2: eth_getBlockByNumber eth_getTransactionCount eth_getTransactionReceipt eth_getTransactionByHash eth_chainId',
    'TransactWriteItems TX(waiting_for)',
    'TransactWriteItems LANE(alone)',
    'TransactWriteItems LANE(disputed_by)',
    'TransactWriteItems LANE',
    'endpoint 2: eth_sendRawTransaction',
  ],
  expectTaken: (transactions) => expect(transactions.map(({ nonce }) => nonce)).toEqual([2, 1]),
};

/** One of a paused wallet is handed over again, and one that waits for the end of the pause passes its time. */
const PAUSED: CrashScenario = {
  name: 'a paused wallet',
  prepare: async (lab, lane) => {
    const [first, second] = intents(2);
    if (first === undefined || second === undefined) return;
    const sent = await submit(lab, lane, [first]);
    await dropAndForget(lab, sent, PATIENCE_BLOCKS);
    const validUntil = isoTime(lab.time.clock() + 2 * CRASH_CHAIN.block_time_ms);
    await lab.accept(lane, [{ ...second, validUntil }]);
    await lab.pause(lane);
  },
  ends: ends('confirmed', 'expired'),
  killedAt: ['eth_sendRawTransaction', 'TransactWriteItems TX(waiting_for)'],
  expectTaken: (transactions) => expect(kindsOf(transactions)).toEqual([['intent'], []]),
};

/** Of a revoked wallet two wait to be signed, and of two that were signed before one is handed over again. */
const REVOKED: CrashScenario = {
  name: 'a revoked wallet',
  prepare: async (lab, lane) => {
    const [first, second, ...others] = intents(4);
    if (first === undefined || second === undefined) return;
    const sent = await submit(lab, lane, [first, second]);
    await dropAndForget(lab, sent.slice(0, 1), PATIENCE_BLOCKS);
    await lab.accept(lane, others);
    await lab.revoke(lane);
  },
  ends: ends('confirmed', 'confirmed', 'failed', 'failed'),
  killedAt: ['TransactWriteItems TX QUEUE ENTRY', 'eth_sendRawTransaction'],
  expectTaken: (transactions) => expect(kindsOf(transactions)).toEqual([['intent'], ['intent'], [], []]),
};

/** What waits in the queue takes the free nonce. */
const FILLED_BY_NEXT: CrashScenario = {
  name: 'a gap that the next one fills',
  prepare: async (lab, lane) => {
    await openGap(lab, lane, intents(1));
    await lab.accept(lane, [{ valueWei: 2n }]);
  },
  ends: ends('confirmed', 'confirmed'),
  expectTaken: (transactions) => expect(transactions.map(({ nonce }) => nonce)).toEqual([1, 0]),
};

/** Only what is signed already waits behind the free nonce. */
const FILLED_BY_NOOP: CrashScenario = {
  name: 'a gap that a no-op fills',
  prepare: async (lab, lane) => {
    await openGap(lab, lane, intents(1));
  },
  ends: [...ends('confirmed'), { valueWei: 0n, status: 'confirmed' }],
  expectTaken: (transactions) => {
    expect(transactions.map(({ nonce }) => nonce)).toEqual([1, 0]);
    expect(transactions[1]?.to).toBe(transactions[1]?.from);
  },
};

/** All that lanes do, so that every access on the way is a kill point. */
export const CRASH_SCENARIOS: readonly CrashScenario[] = [
  SENDING,
  STUCK,
  CANCELLED,
  EXPIRED,
  DISPLACED,
  DOUBTED,
  PAUSED,
  REVOKED,
  FILLED_BY_NEXT,
  FILLED_BY_NOOP,
];
