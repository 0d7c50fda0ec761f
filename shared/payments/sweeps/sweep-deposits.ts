import type { Deadline } from '#shared/platform/deadline.ts';
import { type DepositPass, type DepositSweepDependencies, DepositSweepRaced } from './deposit-pass.ts';
import type { MarkedPayment } from './deposit-sweep-store.ts';
import { noteFailed, sweepDeposit } from './sweep-deposit.ts';
import { takeUpPayments } from './take-up-payments.ts';

/** What one run came to. */
export interface DepositSweepRun {
  /** Open sweeps that were looked at. */
  readonly seen: number;
  /** Rounds that were opened. */
  readonly opened: number;
  /** Whether there was no time for some. */
  readonly cutOff: boolean;
}

/** A step is a few reads of a chain, and a few writes; none is begun with less time left. */
const STEP_BUDGET_MS = 5_000;
/** Opening a round is two reads and a write. */
const OPEN_BUDGET_MS = 2_000;

/**
 * Opens rounds for confirmed payments of settled orders, and goes on with every open sweep, from a random one on: where a run has not time for all of
 * them, none is always among those that are left. One that fails stops no other: the next minute's run tries again. Chains are worked on side by
 * side: one whose endpoints hang takes no time from the others.
 *
 * @param requestId names the run in audit entries
 * @throws what kept a chain from being looked at, when the others are done
 */
export async function sweepDeposits(
  deps: DepositSweepDependencies,
  requestId: string,
  deadline: Deadline,
): Promise<DepositSweepRun> {
  const runs = await Promise.allSettled(
    deps.chains.all().map(async (chain): Promise<DepositSweepRun> => {
      const pass: DepositPass = { ...deps, chain, requestId, deadline };
      const opened = await openRounds(pass);
      const { seen, cutOff } = await goOnWithAll(pass);
      return { seen, opened: opened.count, cutOff: opened.cutOff || cutOff };
    }),
  );
  const all = { seen: 0, opened: 0, cutOff: false };
  for (const run of runs) {
    if (run.status === 'rejected') throw run.reason;
    all.seen += run.value.seen;
    all.opened += run.value.opened;
    all.cutOff ||= run.value.cutOff;
  }
  return all;
}

async function openRounds(pass: DepositPass): Promise<{ readonly count: number; readonly cutOff: boolean }> {
  let count = 0;
  for (const payments of fromRandom(pass, byOrder(await pass.sweeps.marked(pass.chain.chain_id)))) {
    if (!pass.deadline.allows(OPEN_BUDGET_MS)) return { count, cutOff: true };
    const order_id = payments[0]?.order_id ?? '';
    try {
      const order = await pass.sweeps.order(order_id);
      if (order !== undefined && (await takeUpPayments(pass, order, payments))) count += 1;
    } catch (error) {
      tell(pass, order_id, error);
    }
  }
  return { count, cutOff: false };
}

async function goOnWithAll(pass: DepositPass): Promise<{ readonly seen: number; readonly cutOff: boolean }> {
  const { chain_id } = pass.chain;
  let seen = 0;
  for (const order_id of fromRandom(pass, await pass.sweeps.open(chain_id))) {
    if (!pass.deadline.allows(STEP_BUDGET_MS)) return { seen, cutOff: true };
    try {
      const sweep = await pass.sweeps.get({ order_id, chain_id });
      // Told of by an index that lags behind.
      if (sweep?.status === 'open') await sweepDeposit(pass, sweep);
    } catch (error) {
      tell(pass, order_id, error);
      // Should that not be noted either: it was told just now, and the next run tells again.
      if (!(error instanceof DepositSweepRaced)) await noteFailed(pass, order_id, error).catch(() => undefined);
    }
    seen += 1;
  }
  return { seen, cutOff: false };
}

/** Of runs that are at it at once all but one lose each race: nothing to tell of. */
function tell({ log, metrics, chain }: DepositPass, orderId: string, error: unknown): void {
  if (error instanceof DepositSweepRaced) return;
  metrics.count('DepositSweepHeld');
  log.write('DEPOSIT_SWEEP_HELD', { order_id: orderId, chain_id: chain.chain_id, error });
}

function byOrder(payments: readonly MarkedPayment[]): readonly (readonly MarkedPayment[])[] {
  const groups = new Map<string, MarkedPayment[]>();
  for (const payment of payments) groups.set(payment.order_id, [...(groups.get(payment.order_id) ?? []), payment]);
  return [...groups.values()];
}

function fromRandom<T>({ random }: DepositPass, all: readonly T[]): readonly T[] {
  const first = Math.floor(random() * all.length);
  return [...all.slice(first), ...all.slice(0, first)];
}
