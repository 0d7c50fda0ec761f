import { requireStanding } from '#shared/custody/custody-state.ts';
import type { Sweep, SweepMove } from '#shared/custody/lifecycle/sweep.ts';
import type { UsableWallet } from '#shared/custody/use-wallet.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import type { ChainConfig } from '#shared/platform/chain/chain-config.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { addTransaction, announceAccepted, commitAccepted, draftTransaction } from '../accept.ts';
import { isLaneIdle } from './idle-lane.ts';
import {
  type Holding,
  isTokenLimited,
  MOVE_VALID_MS,
  type PlannedMove,
  passesWithTime,
  planMoves,
  sweepReference,
  withMove,
} from './plan-moves.ts';
import { coinHolding, limitedTokens, tokenHoldings, transferCall, type Way } from './read-holdings.ts';
import { putStep, SWEEP_ACTOR, type SweepPass, SweepRaced, stepped, storeStep } from './sweep-pass.ts';

type Stage = Sweep['chains'][number]['stage'];

/** Which chain a sweep goes on with, and where to. */
export interface SweepRoute {
  readonly chain: ChainConfig;
  readonly heir: Wallet;
}

/** What came of going on on one chain. */
export interface ChainStep {
  readonly sweep: Sweep;
  /** Null: nothing is left to do on the chain, or what is was accepted just now or before. */
  readonly waitingFor: 'lane' | 'fees' | 'limit' | null;
}

/** How far a sweep is on a chain. */
export function stageOf({ chains }: Sweep, chainId: number): Stage {
  return chains.find(({ chain_id }) => chain_id === chainId)?.stage ?? 'tokens';
}

/**
 * Goes on with a sweep on one chain, as far as it goes now: accepts transactions for what is there, or finds that nothing is left.
 * Only while the lane is idle: what the wallet accepted before goes first, and every amount is what is there after all that.
 *
 * @throws SweepRaced, RpcTransportError, CONFIGURATION, DATABASE_ERROR, WRITE_CONFLICT
 */
export async function sweepChain(pass: SweepPass, sweep: Sweep, route: SweepRoute): Promise<ChainStep> {
  const { chain_id } = route.chain;
  const movesOf = ({ moves }: Sweep) => moves.filter((move) => move.chain_id === chain_id);
  const isUnderWay = (one: Sweep) => movesOf(one).some(({ status }) => status === 'open');
  let current = sweep;
  for (let stage = stageOf(current, chain_id); stage !== 'done'; stage = stageOf(current, chain_id)) {
    // Costs no request: what is under way is in the lane, so that it can't be idle.
    if (isUnderWay(current)) return { sweep: current, waitingFor: null };
    const lane = { chain_id, address: pass.from.wallet.address };
    if (!(await isLaneIdle(pass.client, pass.tables.ledger, lane))) return { sweep: current, waitingFor: 'lane' };
    const wallet = await pass.wallets.sweepable(pass.from.wallet.id);
    const holdings = await holdingsOf(pass, route, wallet, stage);
    if (holdings === undefined) return { sweep: current, waitingFor: 'fees' };
    let isLimited = false;
    for (const move of planMoves(movesOf(current), holdings)) {
      const after = await accept(pass, current, route, move);
      isLimited ||= after === undefined;
      current = after ?? current;
    }
    if (isLimited) return { sweep: current, waitingFor: 'limit' };
    if (isUnderWay(current)) return { sweep: current, waitingFor: null };
    const chains = current.chains.filter((progress) => progress.chain_id !== chain_id);
    const next = { chain_id, stage: nextStage(stage, movesOf(current)) };
    const after = stepped(current, { chains: [...chains, next] }, pass.clock());
    current = await storeStep(pass, current, after);
  }
  return { sweep: current, waitingFor: null };
}

/** The coin stays with tokens that a limit keeps: they can't be moved without. */
function nextStage(stage: Stage, moves: readonly SweepMove[]): Stage {
  return stage === 'tokens' && !isTokenLimited(moves) ? 'coin' : 'done';
}

/** What the wallet has that is moved in a stage; undefined: it can't be told now. */
async function holdingsOf(
  pass: SweepPass,
  { chain, heir }: SweepRoute,
  wallet: UsableWallet,
  stage: Stage,
): Promise<readonly Holding[] | undefined> {
  const { policy } = wallet;
  const client = await pass.clients.for(chain.chain_id);
  const way: Way = { client, chain, from: wallet.address, to: heir.address, policy };
  if (stage === 'coin') {
    const coin = await coinHolding(way, pass.deadline);
    return coin === undefined ? undefined : [coin];
  }
  const named = [...(await pass.tokens(chain.chain_id)), ...limitedTokens(policy, chain.chain_id)];
  const tokens = [...new Map(named.map((address) => [address.toLowerCase(), address])).values()];
  return tokenHoldings(way, tokens, pass.deadline);
}

/**
 * Accepts one transaction of a sweep together with the note that it was: once, however many runs there are. What the policy
 * denies is noted, and not tried again, unless it is for today only.
 *
 * @returns undefined: there is no room in a daily limit now
 */
async function accept(
  pass: SweepPass,
  sweep: Sweep,
  route: SweepRoute,
  planned: PlannedMove,
): Promise<Sweep | undefined> {
  try {
    return await acceptMove(pass, sweep, route, planned);
  } catch (error) {
    if (!isDenial(error)) throw error;
    if (passesWithTime(error.details)) return undefined;
    const { rule } = error.details;
    const failure = { code: error.code, message: error.message, ...(typeof rule === 'string' && { rule }) };
    const move = { ...moveOf(route, planned), transaction_id: null, status: 'failed' as const, failure };
    return storeStep(pass, sweep, stepped(sweep, { moves: withMove(sweep.moves, move) }, pass.clock()));
  }
}

/** A pause ends; another rule is somebody's decision about what the wallet may do. */
function isDenial(error: unknown): error is HavenError {
  return error instanceof HavenError && error.code === 'POLICY_VIOLATION' && error.details['rule'] !== 'paused';
}

async function acceptMove(
  pass: SweepPass,
  sweep: Sweep,
  { chain, heir }: SweepRoute,
  planned: PlannedMove,
): Promise<Sweep> {
  const { from, wallets, clock, newId, requestId } = pass;
  const { token_address, amount } = planned;
  const isCoin = token_address === null;
  const intent = {
    walletId: from.wallet.id,
    chainId: chain.chain_id,
    to: isCoin ? heir.address : token_address,
    value: isCoin ? amount.toString() : '0',
    data: isCoin ? '0x' : transferCall(heir.address, amount),
    speed: 'standard' as const,
    reference: sweepReference(sweep, chain.chain_id, planned),
    validUntil: isoTime(clock() + MOVE_VALID_MS),
  };
  const directory = { identity: wallets.identity, usable: wallets.sweepable };
  const by = { principal: { id: SWEEP_ACTOR }, requestId };
  const deps = { ...pass, wallets: directory };
  const draft = await draftTransaction(deps, intent, by, newId('tx'), { sweep_of: from.wallet.id });
  const { id: transaction_id } = draft.transaction;
  const move = { ...moveOf({ chain }, planned), transaction_id, status: 'open' as const, failure: null };
  const after = stepped(sweep, { moves: withMove(sweep.moves, move) }, clock());
  await commitAccepted(pass, [draft], pass, (write) => {
    putStep(write, pass, sweep, after);
    requireStanding(write, pass.tables.ledger, heir.id, 'active', () => new SweepRaced(heir.id));
    addTransaction(write, pass.tables, draft);
  });
  await announceAccepted(pass, draft.transaction);
  pass.metrics.count('SweepAccepted');
  pass.log.write('SWEEP_ACCEPTED', { wallet_id: from.wallet.id, successor_id: heir.id, ...move });
  return after;
}

function moveOf(
  { chain }: Pick<SweepRoute, 'chain'>,
  { token_address, amount, attempt }: PlannedMove,
): Pick<SweepMove, 'chain_id' | 'token_address' | 'amount' | 'attempt'> {
  return { chain_id: chain.chain_id, token_address, amount: amount.toString(), attempt };
}
