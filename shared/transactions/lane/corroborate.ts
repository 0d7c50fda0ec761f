import type { SecondLook } from '#shared/platform/chain/second-look.ts';
import type { ChainView } from './chain-view.ts';
import { type FinalClaims, finalClaims, judgeClaims, questionOf } from './final-claims.ts';
import { type LaneState, laneName } from './lane.ts';
import type { LaneSnapshot } from './lane-action.ts';
import type { LanePass } from './lane-pass.ts';
import { MAX_CLOCK_SKEW_MS } from './lane-time.ts';
import type { Observation } from './observe.ts';
import type { Agreement, SecondOpinion } from './second-opinion.ts';
import { isOverdue, mayGoAlone } from './witness.ts';

/** A head that is older than so many blocks take, and than clocks are wrong, stands still. */
const STILL_BLOCKS = 10;

/** What others say of a view, and who was outvoted by two. */
interface Verdict {
  readonly second: SecondOpinion;
  /** Contradicted the view, which a third one bears out. */
  readonly outvoted?: { readonly endpoint: string; readonly disputed: readonly string[] };
}

/**
 * Asks another endpoint of the chain, in one request, about all that would become final by this look; nobody when nothing
 * would. When it disagrees and there is a third, that one decides: who has both others against it is used for a while only
 * where no other is. What they say is part of the view, on which `decide` acts. That they disagree is in the log and in a
 * metric with an alarm: one lies, or is on a fork.
 */
export async function corroborate(pass: LanePass, snapshot: LaneSnapshot, look: Observation): Promise<Observation> {
  const claims = finalClaims(snapshot, look.view, pass.chain);
  if (claims === undefined) return look;
  const { second, outvoted } = await opinionOn(pass, snapshot.lane, claims, look);
  const observation = { ...look, view: { ...look.view, second } };
  report(pass, snapshot, claims, observation, outvoted);
  return observation;
}

async function opinionOn(
  pass: LanePass,
  lane: LaneState,
  claims: FinalClaims,
  { sources, view }: Observation,
): Promise<Verdict> {
  // Each kind of claim needs another than those whose word it is: the count is of the first request, all else of later ones.
  const countMatters = claims.isPassedBy || claims.free !== undefined;
  const besides = new Set([...sources.facts, ...(countMatters ? sources.count : [])]);
  const second = await ask(pass, lane, claims, view, besides);
  const disputed = named('disagrees', claims, { ...view, second });
  if (second.kind !== 'given' || disputed.length === 0) return { second };

  const third = await ask(pass, lane, claims, view, new Set([...besides, second.endpoint]));
  if (third.kind !== 'given') return { second };
  if (named('disagrees', claims, { ...view, second: third }).length > 0) {
    pass.client.distrust(besides);
    return { second };
  }
  const borne = new Set(named('agrees', claims, { ...view, second: third }));
  if (!disputed.every((claim) => borne.has(claim))) return { second };
  pass.client.distrust(new Set([second.endpoint]));
  return { second: third, outvoted: { endpoint: second.endpoint, disputed } };
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

/** Claims on which the second opinion of a view comes to that, in words of the log. */
function named(agreement: Agreement, claims: FinalClaims, view: ChainView): readonly string[] {
  return judgeClaims(claims, view)
    .filter((judged) => judged.agreement === agreement)
    .map(({ claim, of }) => `${claim} ${of}`);
}

function report(
  { log, metrics }: LanePass,
  { lane }: LaneSnapshot,
  claims: FinalClaims,
  { view }: Observation,
  outvoted: Verdict['outvoted'],
): void {
  const { second } = view;
  const disputed = outvoted?.disputed ?? named('disagrees', claims, view);
  if (disputed.length > 0 && second.kind === 'given') {
    const against = outvoted === undefined ? {} : { outvoted_by: second.endpoint };
    const endpoint = outvoted?.endpoint ?? second.endpoint;
    log.write('FINALITY_DISPUTED', { lane: laneName(lane), endpoint, disputed, ...against });
    metrics.count('FinalityDisputed');
  }
  const waiting = named('waits', claims, view);
  if (isOverdue(second) && waiting.length > 0) {
    log.write('SECOND_OPINION_MISSING', { lane: laneName(lane), opinion: second.kind, waiting });
    metrics.count('SecondOpinionMissing');
  }
}
