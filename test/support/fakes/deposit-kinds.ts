import { type DepositSweep, sweepIdOf } from '#shared/payments/sweeps/deposit-sweep.ts';
import { createDepositSweepStore } from '#shared/payments/sweeps/deposit-sweep-store.ts';
import { retrySweep } from '#shared/payments/sweeps/retry-sweep.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { type createDepositDesk, DEPOSIT_TOKEN } from './deposit-desk.ts';
import { idempotentContext } from './idempotent-context.ts';
import { DEPOSIT, ETHER, PAID_TOKENS, paidInCoin, paidInTokens } from './paid-deposit.ts';

type Desk = ReturnType<typeof createDepositDesk>;

/** A way that a deposit sweep can go. */
export interface DepositKind {
  open(): Desk;
  /** What happens after each run: the chain goes on, and whoever has to do with it. */
  between(desk: Desk): Promise<void>;
  /** What the sweep is in the end. */
  readonly end: { readonly status: DepositSweep['status']; readonly [field: string]: unknown };
  /** How many there are in the end. */
  readonly transactions: number;
  /** Accesses to tables of all runs of a sweeper that nobody disturbs. */
  readonly accesses: number;
}

/** Another token that orders are paid in. */
export const SECOND_TOKEN = '0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512';

/** Longer than nodes may refuse a token. */
const OVER_A_DAY_MS = 25 * 60 * 60_000;
const DONE = { status: 'done', failure: null } as const;
const REFUSED = { status: 'failed', failure: { code: 'ESTIMATE_REFUSED' } } as const;

const mine = async (desk: Desk) => desk.mine();

/** Lets the chain go on, but for tokens of the first round: what moves them reverts. An operator has tried again what failed by it. */
async function revertFirstRound(desk: Desk): Promise<void> {
  const isFirst = desk.sweep()?.round === 1;
  for (const queued of desk.transactions().filter(({ status, data }) => status === 'queued' && data !== '0x')) {
    if (isFirst) desk.end(queued, { status: 'reverted', failure: { code: 'TRANSACTION_REVERTED', message: 'no' } });
  }
  desk.mine();
  const sweep = desk.sweep();
  if (sweep?.status !== 'failed') return;
  const client = desk.crossing.client('operator');
  await retrySweep(
    {
      client,
      tables: { shop: 'shop', audit: 'audit' },
      sweeps: createDepositSweepStore(client, 'shop'),
      idempotency: createIdempotencyStore(client, 'ephemeral', desk.clock.now),
      clock: desk.clock.now,
      log: desk.log.log,
    },
    sweepIdOf(sweep),
    'the token is mended',
    idempotentContext(),
  );
}

/** Lets the chain go on, but for the first transaction of all: its lane could not submit it in time. */
async function expireFirst(desk: Desk): Promise<void> {
  const [first, ...more] = desk.transactions();
  if (first?.status === 'queued' && more.length === 0) desk.end(first, { status: 'expired' });
  desk.mine();
}

/** Every way that a deposit sweep can go, by its name. */
export const depositKinds: Readonly<Record<string, DepositKind>> = {
  // The longest way without a failure: gas, token, what is left over of the gas.
  'of a token without gas': { open: () => paidInTokens(), between: mine, end: DONE, transactions: 3, accesses: 49 },
  'of coin': { open: paidInCoin, between: mine, end: DONE, transactions: 1, accesses: 25 },
  'of a token and coin': {
    open() {
      const desk = paidInTokens();
      desk.give('coin', DEPOSIT, ETHER);
      return desk;
    },
    between: mine,
    end: DONE,
    transactions: 2,
    accesses: 37,
  },
  // Both are accepted in one run.
  'of two tokens without gas': {
    open() {
      const desk = paidInTokens(PAID_TOKENS, { tokens: [DEPOSIT_TOKEN, SECOND_TOKEN] });
      desk.give(SECOND_TOKEN, DEPOSIT, PAID_TOKENS);
      return desk;
    },
    between: mine,
    end: DONE,
    transactions: 4,
    accesses: 51,
  },
  'of a token whose move fails, until an operator has it tried again': {
    open: () => paidInTokens(),
    between: revertFirstRound,
    end: { ...DONE, round: 2 },
    transactions: 6,
    accesses: 95,
  },
  'whose first move nobody submits in time': {
    open: paidInCoin,
    between: expireFirst,
    end: { ...DONE, moves: [{ attempt: 2, status: 'confirmed' }] },
    transactions: 2,
    accesses: 37,
  },
  'of coin and a token that nodes refuse to move for a day': {
    open() {
      const desk = paidInTokens();
      desk.give('coin', DEPOSIT, ETHER);
      desk.chain.refusesTokens = true;
      return desk;
    },
    async between(desk) {
      desk.mine();
      desk.clock.advance(OVER_A_DAY_MS);
    },
    end: REFUSED,
    transactions: 1,
    accesses: 35,
  },
};
