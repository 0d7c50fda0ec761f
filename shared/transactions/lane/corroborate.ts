import type { SecondLook } from '#shared/platform/chain/second-look.ts';
import type { ChainView } from './chain-view.ts';
import { type FinalClaims, finalClaims, inWords, judgeClaims, judgedBy, questionOf } from './final-claims.ts';
import { type LaneState, laneName } from './lane.ts';
import type { LaneSnapshot } from './lane-action.ts';
import type { LanePass } from './lane-pass.ts';
import { MAX_CLOCK_SKEW_MS } from './lane-time.ts';
import type { Observation } from './observe.ts';
import { type GivenOpinion, nobodyCanTell, type SecondOpinion } from './second-opinion.ts';
import { type Vote, voteOn } from './vote.ts';
import { mayGoAlone } from './witness.ts';

/** A head that is older than so many blocks take, and than clocks are wrong, stands still. */
const STILL_BLOCKS = 10;

/**
 * Asks another endpoint of the chain, in one request, about all that would become final by this look; nobody when nothing
 * would. When it contradicts, or is too far behind to tell, and there is a third, that one is asked, too: each claim needs
 * one that has the same, and who has two others against it is used for a while only where no other is. What they say is
 * part of the view, on which `decide` acts. That they disagree is in the log and in a metric with an alarm: one lies, or
 * is on a fork.
 */
export async function corroborate(pass: LanePass, snapshot: LaneSnapshot, look: Observation): Promise<Observation> {
  const claims = finalClaims(snapshot, look.view, pass.chain, pass.clock());
  if (claims === undefined) return look;
  const second = await opinionOn(pass, snapshot.lane, claims, look);
  const observation = { ...look, view: { ...look.view, second } };
  const vote = voteOn(claims, observation.view, look.sources, pass.chain.rpc_max_head_lag_blocks);
  if (vote.distrusted.size > 0) pass.client.distrust(vote.distrusted);
  report(pass, snapshot, claims, observation, vote);
  return observation;
}

async function opinionOn(
  pass: LanePass,
  lane: LaneState,
  claims: FinalClaims,
  { sources, view }: Observation,
): Promise<SecondOpinion> {
  // Each kind of claim needs another than those whose word it is: the count is of the first request, all else of later ones.
  const restsOnCount = claims.overdue.some(({ restsOn }) => restsOn === 'count');
  const countMatters = claims.isPassedBy || claims.free !== undefined || restsOnCount;
  const besides = new Set([...sources.facts, ...(countMatters ? sources.count : [])]);
  const second = await ask(pass, lane, claims, view, besides);
  if (second.kind !== 'given' || !leavesDoubt(second, claims, view)) return second;
  const third = await ask(pass, lane, claims, view, new Set([...besides, second.endpoint]));
  return third.kind === 'given' ? { ...second, third } : second;
}

/** Whether a third one may know better: it is contradicted, or will not be able to tell soon. */
function leavesDoubt(second: GivenOpinion, claims: FinalClaims, view: ChainView): boolean {
  const open = judgedBy(second, claims, view).filter(({ agreement }) => agreement !== 'agrees');
  return (
    open.length > 0 && (second.lags || second.standsStill || open.some(({ agreement }) => agreement === 'disagrees'))
  );
}

async function ask(
  { client, clock, chain, deadline }: LanePass,
  lane: LaneState,
  claims: FinalClaims,
  view: ChainView,
  besides: ReadonlySet<string>,
): Promise<SecondOpinion> {
  const question = questionOf(lane.address, claims);
  const answer = await client.other(question, besides, deadline);
  const alone = mayGoAlone(lane, clock());
  if (answer.kind === 'unusable') return { kind: 'unusable', mayGoAlone: alone };
  if (answer.kind !== 'answered') return answer;
  const oldestMs = clock() - MAX_CLOCK_SKEW_MS - STILL_BLOCKS * chain.block_time_ms;
  return {
    kind: 'given',
    endpoint: answer.endpoint,
    look: answer.value,
    asked: new Set([...question.receipts, ...question.transactions]),
    standsStill: headMs(answer.value) < oldestMs,
    lags: view.head.number - answer.value.head.number > chain.rpc_max_head_lag_blocks,
    mayGoAlone: alone,
  };
}

function headMs({ head }: SecondLook): number {
  return head.timestampSeconds * 1_000;
}

function report(
  { log, metrics }: LanePass,
  { lane }: LaneSnapshot,
  claims: FinalClaims,
  { view }: Observation,
  { contradictions }: Vote,
): void {
  for (const { endpoint, disputed, outvotedBy } of contradictions) {
    const against = outvotedBy === undefined ? {} : { outvoted_by: outvotedBy };
    log.write('FINALITY_DISPUTED', { lane: laneName(lane), endpoint, disputed, ...against });
  }
  if (contradictions.length > 0) metrics.count('FinalityDisputed');
  if (!nobodyCanTell(view.second)) return;
  // What is in no block waits for nobody who is away: it is handed over again. Only that another one is elsewhere is news.
  const concerning = view.second.kind === 'given' ? claims : { ...claims, overdue: [] };
  const waiting = judgeClaims(concerning, view).filter(({ agreement }) => agreement === 'waits');
  if (waiting.length > 0) {
    log.write('SECOND_OPINION_MISSING', {
      lane: laneName(lane),
      opinion: view.second.kind,
      waiting: waiting.map(inWords),
    });
    metrics.count('SecondOpinionMissing');
  }
}
