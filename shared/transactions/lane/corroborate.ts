import type { SecondLook } from '#shared/platform/chain/second-look.ts';
import { type FinalClaims, finalClaims, judgeClaims, questionOf } from './final-claims.ts';
import { type LaneState, laneName } from './lane.ts';
import type { LaneSnapshot } from './lane-action.ts';
import type { LanePass } from './lane-pass.ts';
import { MAX_CLOCK_SKEW_MS } from './lane-time.ts';
import type { Observation } from './observe.ts';
import type { SecondOpinion } from './second-opinion.ts';
import { isOverdue, mayGoAlone } from './witness.ts';

/** A head that is older than so many blocks take, and than clocks are wrong, stands still. */
const STILL_BLOCKS = 10;

/**
 * Asks another endpoint of the chain, in one request, about all that would become final by this look; nobody when nothing
 * would. What it says is part of the view, on which `decide` acts. That it disagrees is in the log and in a metric with an
 * alarm: one of the two lies, or is on a fork.
 */
export async function corroborate(pass: LanePass, snapshot: LaneSnapshot, look: Observation): Promise<Observation> {
  const claims = finalClaims(snapshot, look.view, pass.chain);
  if (claims === undefined) return look;
  const second = await opinionOn(pass, snapshot.lane, claims, look);
  const observation = { ...look, view: { ...look.view, second } };
  report(pass, snapshot, claims, observation);
  return observation;
}

async function opinionOn(
  { client, clock, chain, deadline }: LanePass,
  lane: LaneState,
  claims: FinalClaims,
  { sources, view }: Observation,
): Promise<SecondOpinion> {
  const question = questionOf(lane.address, claims);
  // Each kind of claim needs another than those whose word it is: the count is of the first request, all else of later ones.
  const countMatters = claims.isPassedBy || claims.free !== undefined;
  const besides = new Set([...sources.facts, ...(countMatters ? sources.count : [])]);
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

function report({ log, metrics }: LanePass, { lane }: LaneSnapshot, claims: FinalClaims, { view }: Observation): void {
  const { second } = view;
  const judged = judgeClaims(claims, view);
  const disputed = judged.filter(({ agreement }) => agreement === 'disagrees').map(({ claim, of }) => `${claim} ${of}`);
  if (disputed.length > 0 && second.kind === 'given') {
    log.write('FINALITY_DISPUTED', { lane: laneName(lane), endpoint: second.endpoint, disputed });
    metrics.count('FinalityDisputed');
  }
  const waiting = judged.filter(({ agreement }) => agreement === 'waits').map(({ claim, of }) => `${claim} ${of}`);
  if (isOverdue(second) && waiting.length > 0) {
    log.write('SECOND_OPINION_MISSING', { lane: laneName(lane), opinion: second.kind, waiting });
    metrics.count('SecondOpinionMissing');
  }
}
