import type { Sweep, SweepMove, SweepWaitingFor } from '#shared/custody/lifecycle/sweep.ts';
import { USABLE_FOR_MS } from '#shared/custody/use-wallet.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { transactionKey } from '../ledger-items.ts';
import { transactionSchema } from '../transaction.ts';
import { createOldBatches } from './old-batches.ts';
import { settledMove } from './plan-moves.ts';
import { isToBeRecalled, recall } from './recall.ts';
import { stageOf, sweepChain } from './sweep-chain.ts';
import {
  endSweep,
  type SweepDependencies,
  type SweepPass,
  SweepRaced,
  stepped,
  storeDispute,
  storeStep,
} from './sweep-pass.ts';
import { isHeld, noteWaiting, waitsAfter, waitsFor } from './waiting.ts';

/** What one run came to. */
export interface SweepRun {
  /** Open sweeps that were looked at. */
  readonly seen: number;
  /** Whether there was no time for some. */
  readonly cutOff: boolean;
}

/** Open sweeps that one read of the index lists: it has their keys only. */
const PAGE = 100;
/** A step on a chain is a few reads of it, and a few writes; none is begun with less time left. */
const STEP_BUDGET_MS = 5_000;

/**
 * After this time nothing can be accepted any more for a wallet that was rotated: functions remember that it was usable for five
 * seconds, and a request ends after fifteen. The rest is for clocks.
 */
export const ACCEPTED_BY_MS = USABLE_FOR_MS + 15_000 + 10_000;

/**
 * Goes on with every open sweep, from a random one on: where a run has not time for all of them, none is always among those that
 * are left. One that fails stops no other, nor does a chain that can't be asked stop the others of its wallet: the next minute's
 * run tries again.
 *
 * @param requestId names the run in audit entries
 */
export async function sweepWallets(deps: SweepDependencies, requestId: string, deadline: Deadline): Promise<SweepRun> {
  const open = await listOpen(deps);
  const first = Math.floor(deps.random() * open.length);
  const batches = createOldBatches(deps);
  let seen = 0;
  for (const walletId of [...open.slice(first), ...open.slice(0, first)]) {
    if (!deadline.allows(STEP_BUDGET_MS)) return { seen, cutOff: true };
    try {
      const from = await deps.find.load(walletId);
      if (from !== undefined) await sweepOne({ ...deps, from, requestId, deadline, batches });
    } catch (error) {
      tell(deps, { wallet_id: walletId }, error);
    }
    seen += 1;
  }
  return { seen, cutOff: false };
}

async function listOpen({ find }: SweepDependencies): Promise<readonly string[]> {
  const open: string[] = [];
  for (let isLast = false; !isLast; ) {
    const page = await find.open(PAGE, open.at(-1));
    open.push(...page);
    isLast = page.length < PAGE;
  }
  return open;
}

/** Of runs that are at it at once all but one lose each race: nothing to tell of. */
function tell({ log, metrics }: SweepDependencies, facts: Readonly<Record<string, unknown>>, error: unknown): void {
  if (error instanceof SweepRaced) return;
  metrics.count('SweepHeld');
  log.write('SWEEP_HELD', { ...facts, error });
}

async function sweepOne(pass: SweepPass): Promise<void> {
  const { wallet, heir, disputed } = pass.from;
  const { sweep, waits } = await lookAtMoves(pass);
  if (disputed !== undefined) return holdDisputed(pass, sweep, disputed);
  const hasOpen = sweep.moves.some(({ status }) => status === 'open');
  if (wallet.status === 'revoked') {
    // What of it is queued ends with the lane's next look, what was signed with the chain's word.
    if (hasOpen) return wait(pass, sweep, waits.at(0) ?? 'lane');
    return endSweep(pass, sweep, { code: 'WALLET_REVOKED', message: `Wallet ${wallet.id} was revoked` });
  }
  if (heir === undefined) {
    if (hasOpen) return wait(pass, sweep, 'heir');
    return endSweep(pass, sweep, { code: 'WALLET_REVOKED', message: 'The successor was revoked' });
  }
  const held = wallet.paused ? 'paused' : await mayStillAccept(pass, sweep);
  if (held !== undefined) return wait(pass, sweep, held);
  return sweepChains(pass, sweep, heir, waits);
}

/** Goes on on each chain, and ends the sweep or notes what it waits for. */
async function sweepChains(
  pass: SweepPass,
  before: Sweep,
  heir: Wallet,
  waits: readonly SweepWaitingFor[],
): Promise<void> {
  let sweep = before;
  const reasons = [...waits];
  for (const chain of pass.chains.all()) {
    if (!pass.deadline.allows(STEP_BUDGET_MS)) return;
    try {
      const step = await sweepChain(pass, sweep, { chain, heir });
      sweep = step.sweep;
      if (step.waitingFor !== null) reasons.push(step.waitingFor);
    } catch (error) {
      if (error instanceof SweepRaced) return;
      tell(pass, { wallet_id: sweep.wallet_id, chain_id: chain.chain_id }, error);
      reasons.push(waitsAfter(error));
    }
  }
  const isDone = pass.chains.all().every(({ chain_id }) => stageOf(sweep, chain_id) === 'done');
  if (isDone) return endSweep(pass, sweep);
  await wait(pass, sweep, reasons.find((reason) => reason !== 'lane') ?? 'lane');
}

/** Notes what a sweep waits for, where that is new, and tells of one that has waited too long. */
async function wait(pass: SweepPass, before: Sweep, waitingFor: SweepWaitingFor): Promise<void> {
  const sweep = noteWaiting(before, waitingFor, pass.clock());
  if (sweep !== before) await storeStep(pass, before, sweep);
  if (!isHeld(sweep, pass.clock())) return;
  const { wallet_id, waiting_for, waiting_since } = sweep;
  pass.metrics.count('SweepHeld');
  pass.log.write('SWEEP_HELD', { wallet_id, waiting_for, waiting_since });
}

/** Keeps everything where it is while rows say something else than key states: logged each time, and an alert once. */
async function holdDisputed(pass: SweepPass, before: Sweep, disputed: string): Promise<void> {
  const sweep = noteWaiting(before, 'disputed', pass.clock());
  if (sweep !== before) await storeDispute(pass, before, sweep, disputed);
  pass.metrics.count('SweepHeld');
  pass.log.write('SWEEP_DISPUTED', { wallet_id: sweep.wallet_id, disputed });
}

/** The sweep with what became of its transactions, and what those that are under way wait for. */
async function lookAtMoves(
  pass: SweepPass,
): Promise<{ readonly sweep: Sweep; readonly waits: readonly SweepWaitingFor[] }> {
  const { sweep } = pass.from;
  const looks = await Promise.all(sweep.moves.map((move) => lookAt(pass, move)));
  const moves = looks.map(({ move }) => move);
  const waits = looks.flatMap(({ waitingFor }) => (waitingFor === undefined ? [] : [waitingFor]));
  if (moves.every((move, index) => move === sweep.moves[index])) return { sweep, waits };
  return { sweep: await storeStep(pass, sweep, stepped(sweep, { moves }, pass.clock())), waits };
}

async function lookAt(
  pass: SweepPass,
  before: SweepMove,
): Promise<{ readonly move: SweepMove; readonly waitingFor?: SweepWaitingFor }> {
  const { client, tables, from } = pass;
  if (before.status !== 'open' || before.transaction_id === null) return { move: before };
  const item = await readItem(client, tables.ledger, transactionKey(before.transaction_id));
  const found = transactionSchema.parse(item);
  // A revoked wallet's lane ends all of it itself; of a disputed one it isn't known where it goes.
  const isSure = from.disputed === undefined && from.wallet.status !== 'revoked';
  const isRecalled = isSure && isToBeRecalled(found, before, from.heir);
  const transaction = isRecalled ? await recall(pass, found) : found;
  const move = settledMove(before, transaction);
  return move.status === 'open' ? { move, waitingFor: waitsFor(transaction) } : { move };
}

/**
 * Why something may still come into the queue of a wallet that was rotated: requests that began before, and its members of
 * batches that were accepted before and are not all stored yet. Undefined: nothing can.
 */
async function mayStillAccept(
  { clock, batches }: SweepPass,
  { requested_at, wallet_id }: Sweep,
): Promise<SweepWaitingFor | undefined> {
  const acceptedByMs = Date.parse(requested_at) + ACCEPTED_BY_MS;
  if (clock() < acceptedByMs) return 'lane';
  return (await batches.mayBring(wallet_id, acceptedByMs)) ? 'batch' : undefined;
}
