import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { decodeTime } from 'ulid';
import * as z from 'zod';
import type { Sweep, SweepMove } from '#shared/custody/lifecycle/sweep.ts';
import { USABLE_FOR_MS } from '#shared/custody/use-wallet.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { OPEN_BATCHES } from '../batch/batch-record.ts';
import { transactionKey } from '../ledger-items.ts';
import { transactionSchema } from '../transaction.ts';
import { settledMove } from './plan-moves.ts';
import { stageOf, sweepChain } from './sweep-chain.ts';
import { endSweep, type SweepDependencies, type SweepPass, SweepRaced, stepped, storeStep } from './sweep-pass.ts';

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
  let seen = 0;
  for (const walletId of [...open.slice(first), ...open.slice(0, first)]) {
    if (!deadline.allows(STEP_BUDGET_MS)) return { seen, cutOff: true };
    await sweepOne(deps, walletId, requestId, deadline).catch((error: unknown) => {
      tell(deps, { wallet_id: walletId }, error);
    });
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

async function sweepOne(
  deps: SweepDependencies,
  walletId: string,
  requestId: string,
  deadline: Deadline,
): Promise<void> {
  const from = await deps.find.load(walletId);
  if (from === undefined) return;
  const pass: SweepPass = { ...deps, from, requestId, deadline };
  let sweep = await lookAtMoves(pass, from.sweep);
  const { wallet, heir } = from;
  if (wallet.status === 'revoked') {
    // What of it is queued ends with the lane's next look, what was signed with the chain's word.
    if (sweep.moves.some(({ status }) => status === 'open')) return;
    await endSweep(pass, sweep, { code: 'WALLET_REVOKED', message: `Wallet ${wallet.id} was revoked` });
    return;
  }
  const hasOpen = sweep.moves.some(({ status }) => status === 'open');
  if (heir === undefined && !hasOpen) {
    await endSweep(pass, sweep, { code: 'WALLET_REVOKED', message: 'The successor was revoked' });
    return;
  }
  if (heir === undefined || wallet.paused || (await mayStillAccept(deps, sweep))) return;
  for (const chain of deps.chains.all()) {
    if (!deadline.allows(STEP_BUDGET_MS)) return;
    try {
      sweep = await sweepChain(pass, sweep, { chain, heir });
    } catch (error) {
      if (error instanceof SweepRaced) return;
      tell(deps, { wallet_id: walletId, chain_id: chain.chain_id }, error);
    }
  }
  const isDone = deps.chains.all().every(({ chain_id }) => stageOf(sweep, chain_id) === 'done');
  if (isDone) await endSweep(pass, sweep);
}

/** The sweep with what became of its transactions. */
async function lookAtMoves(pass: SweepPass, sweep: Sweep): Promise<Sweep> {
  const moves = await Promise.all(sweep.moves.map((move) => lookAt(pass, move)));
  if (moves.every((move, index) => move === sweep.moves[index])) return sweep;
  return storeStep(pass, sweep, stepped(sweep, { moves }, pass.clock()));
}

async function lookAt({ client, tables }: SweepPass, move: SweepMove): Promise<SweepMove> {
  if (move.status !== 'open' || move.transaction_id === null) return move;
  const item = await readItem(client, tables.ledger, transactionKey(move.transaction_id));
  return settledMove(move, transactionSchema.parse(item));
}

const openBatchSchema = z.object({ gsi1sk: z.string().regex(/^bat_/) });

/**
 * Whether something may still come into the queue of a wallet that was rotated: requests that began before, and members of
 * batches that were accepted before and are not all stored yet.
 */
async function mayStillAccept({ client, tables, clock }: SweepDependencies, { requested_at }: Sweep): Promise<boolean> {
  const acceptedByMs = Date.parse(requested_at) + ACCEPTED_BY_MS;
  if (clock() < acceptedByMs) return true;
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: tables.ledger,
      IndexName: 'gsi1',
      KeyConditionExpression: 'gsi1pk = :pk',
      ExpressionAttributeValues: { ':pk': OPEN_BATCHES },
      Limit: 1,
    }),
  );
  const [oldest] = Items.map((item) => openBatchSchema.parse(item).gsi1sk);
  return oldest !== undefined && decodeTime(oldest.slice('bat_'.length)) <= acceptedByMs;
}
