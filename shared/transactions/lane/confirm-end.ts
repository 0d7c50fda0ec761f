import { type CallOutcome, isRevert } from '#shared/platform/chain/call-refusal.ts';
import type { ChainCall } from '#shared/platform/chain/chain-call.ts';
import type { Transaction } from '../transaction.ts';
import { type Candidate, mostGas } from './admit.ts';
import type { ChainView } from './chain-view.ts';
import { laneName } from './lane.ts';
import type { LanePass } from './lane-pass.ts';
import { classifySendError } from './send-error.ts';

/** A transaction's call, as it is simulated. */
export function toCall({ from, to, value, data }: Transaction): ChainCall {
  return { from, to, valueWei: BigInt(value), data };
}

/**
 * Before a simulation ends the first transaction for good it is run once more, after the very block in which all
 * that went before it was seen mined: the first simulation may have been run by a node that lags, or been followed by
 * a reorganisation. And another endpoint runs it: one that lies could end every transaction with a word. Where that one
 * contradicts, a third decides; without one the transaction waits, and who disagrees is in the log and in a metric with an
 * alarm. One that gives no answer, won't simulate, or is too far behind to tell has no say, and the next one is asked; without any
 * that has, one word is enough: nothing was signed, and nothing moves.
 *
 * @param laneMaxGas more than that, or than a transaction's own limit, is as final as a revert
 */
export async function withEndConfirmed(
  pass: LanePass,
  candidates: readonly Candidate[],
  view: ChainView,
  laneMaxGas: bigint,
): Promise<readonly Candidate[]> {
  const [first, ...others] = candidates;
  if (first === undefined) return candidates;
  const maxGas = mostGas(first.transaction, laneMaxGas);
  if (!ends(first.gas, maxGas)) return candidates;
  const { client, deadline } = pass;
  const call = toCall(first.transaction);
  const said = new Set<string>();
  const [gas] = await client.noting(said).at(view.head).estimateGas([call], deadline, view.head.number);
  if (gas === undefined) return candidates;
  if (!ends(gas, maxGas)) return [{ ...first, gas }, ...others];
  return [await withOthersHeard(pass, { ...first, gas }, view, maxGas, said), ...others];
}

async function withOthersHeard(
  pass: LanePass,
  candidate: Candidate,
  view: ChainView,
  maxGas: bigint,
  said: ReadonlySet<string>,
): Promise<Candidate> {
  const second = await heard(pass, candidate, view, said);
  if (second === undefined || ends(second.gas, maxGas)) return candidate;
  const third = await heard(pass, candidate, view, new Set([...said, second.endpoint]));
  if (third !== undefined) return ends(third.gas, maxGas) ? candidate : { ...candidate, gas: third.gas };
  const { transaction } = candidate;
  const [endpoint] = said;
  pass.log.write('FINALITY_DISPUTED', {
    lane: laneName({ chain_id: pass.chain.chain_id, address: transaction.from }),
    endpoint: second.endpoint,
    disputed: [`simulation ${transaction.id}`],
    against: endpoint ?? null,
  });
  pass.metrics.count('FinalityDisputed');
  return { ...candidate, contradictedBy: second.endpoint };
}

/** What an endpoint says of how a call ends. */
interface Word {
  readonly gas: CallOutcome<bigint>;
  readonly endpoint: string;
}

/** How the call ends on another endpoint that can tell; undefined: there is none. */
async function heard(
  { client, chain, deadline }: LanePass,
  { transaction }: Candidate,
  view: ChainView,
  besides: ReadonlySet<string>,
): Promise<Word | undefined> {
  const asked = new Set(besides);
  for (;;) {
    const answer = await client.simulateElsewhere(transaction.from, toCall(transaction), asked, deadline);
    if (answer.kind !== 'answered') return undefined;
    const { endpoint, value } = answer;
    const isFarBehind = view.head.number - value.headNumber > chain.rpc_max_head_lag_blocks;
    const hasSeenAll = !isFarBehind && value.latestCount >= view.latestCount;
    if (hasSeenAll && saysHowItEnds(value.gas)) return { gas: value.gas, endpoint };
    asked.add(endpoint);
  }
}

/** Whether an answer is about the call: too many requests, or a state that a node lacks, tell of the node. */
function saysHowItEnds(gas: CallOutcome<bigint>): boolean {
  return gas.ok || isRevert(gas.error) || classifySendError(gas.error.message) === 'insufficient_funds';
}

function ends(gas: CallOutcome<bigint>, maxGas: bigint): boolean {
  return gas.ok ? gas.value > maxGas : isRevert(gas.error);
}
