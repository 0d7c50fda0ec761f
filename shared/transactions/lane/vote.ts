import type { ChainView } from './chain-view.ts';
import { type FinalClaims, inWords, judgedBy } from './final-claims.ts';
import type { Observation } from './observe.ts';
import { type GivenOpinion, voicesOf } from './second-opinion.ts';

/** One endpoint that contradicts claims of a view. */
interface Contradiction {
  readonly endpoint: string;
  /** In words of the log. */
  readonly disputed: readonly string[];
  /** Who has everything as the view has it that this one disputes. Undefined: nobody. */
  readonly outvotedBy: string | undefined;
}

/** What others say against a view, and who has two others against it. */
export interface Vote {
  readonly contradictions: readonly Contradiction[];
  /** Names of endpoints. */
  readonly distrusted: ReadonlySet<string>;
}

/**
 * Counts what the endpoints of a chain say, claim by claim. Whose word a claim is has lost when both others contradict
 * that very claim, and one that contradicts when the other bears out all that it contradicts. To be behind contradicts
 * nothing, unless both others are where the other is. Pure.
 *
 * @param maxHeadLagBlocks how far heads of endpoints may be apart
 */
export function voteOn(
  claims: FinalClaims,
  view: ChainView,
  sources: Observation['sources'],
  maxHeadLagBlocks: number,
): Vote {
  const words = voicesOf(view.second).map((voice) => ({ voice, judged: judgedBy(voice, claims, view) }));
  const contradictions = words.flatMap(({ voice, judged }): readonly Contradiction[] => {
    const disputed = judged.flatMap(({ agreement }, index) => (agreement === 'disagrees' ? [index] : []));
    if (disputed.length === 0) return [];
    const against = words.find(
      (other) => other.voice !== voice && disputed.every((index) => other.judged[index]?.agreement === 'agrees'),
    );
    const named = judged.filter(({ agreement }) => agreement === 'disagrees').map(inWords);
    return [{ endpoint: voice.endpoint, disputed: named, outvotedBy: against?.voice.endpoint }];
  });
  const distrusted = new Set(
    contradictions.flatMap(({ endpoint, outvotedBy }) => (outvotedBy === undefined ? [] : [endpoint])),
  );
  const [second, third] = words;
  if (second === undefined || third === undefined) return { contradictions, distrusted };
  for (const [index, { restsOn, agreement }] of second.judged.entries()) {
    if (agreement !== 'disagrees' || third.judged[index]?.agreement !== 'disagrees') continue;
    for (const source of sources[restsOn]) distrusted.add(source);
  }
  if (isBlockOfNobody([second.voice, third.voice], maxHeadLagBlocks)) {
    for (const source of [...sources.count, ...sources.facts]) distrusted.add(source);
  }
  return { contradictions, distrusted };
}

/**
 * Whether the head of a view is one that nobody else comes near: two others go on beside each other, both too far behind
 * it. Else what it claims would wait for them for ever.
 */
function isBlockOfNobody([one, other]: readonly [GivenOpinion, GivenOpinion], maxHeadLagBlocks: number): boolean {
  const goOn = [one, other].every(({ lags, standsStill }) => lags && !standsStill);
  return goOn && Math.abs(one.look.head.number - other.look.head.number) <= maxHeadLagBlocks;
}
