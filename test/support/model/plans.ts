import fc from 'fast-check';
import type { Act, IntentKind, LanePlan } from './lane-plan.ts';
import { GETH_LIMITS, type PoolLimits } from './model-pool.ts';

/** Kinds of acts, to choose from. */
export type ActKind = Act['kind'];

const when = fc.constantFrom('before' as const, 'after' as const);
const by = fc.integer({ min: 1, max: 3 });
const reads = fc.integer({ min: 1, max: 10 });
const blocks = fc.integer({ min: 1, max: 4 });

/** Fewer than most plans' lanes have in flight. */
const smallLimits: fc.Arbitrary<PoolLimits> = fc.record({
  pending: fc.integer({ min: 1, max: 3 }),
  queued: fc.integer({ min: 0, max: 2 }),
});

/** Minutes: what `MAX_CLOCK_SKEW_MS` allows for. */
const skewMs = fc.integer({ min: -600_000, max: 600_000 });

/** Longer than a lane without another endpoint waits before it goes on alone. */
const forMs = fc.oneof(fc.integer({ min: 1_000, max: 20_000 }), fc.integer({ min: 20_000, max: 150_000 }));

const ACTS: { readonly [K in ActKind]: fc.Arbitrary<Act> } = {
  kill: when.map((at) => ({ kind: 'kill', when: at })),
  fail: when.map((at) => ({ kind: 'fail', when: at })),
  refuse: fc.constant({ kind: 'refuse' }),
  'stale head': fc.record({ kind: fc.constant('stale head'), by }),
  'stale read': fc.record({ kind: fc.constant('stale read'), by }),
  'stale simulation': fc.record({ kind: fc.constant('stale simulation'), by }),
  'stale receipts': fc.record({ kind: fc.constant('stale receipts'), by, reads }),
  'split nodes': fc.record({ kind: fc.constant('split nodes'), by, reads }),
  reorganise: fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.boolean(), fc.boolean())
    .map(([depth, empty, forgets]) => ({ kind: 'reorganise', depth, empty, forgets })),
  lie: fc.record({
    kind: fc.constant('lie'),
    by: fc.constantFrom('ours', 'strangers'),
    depth: fc.integer({ min: 0, max: 4 }),
    blocks: fc.integer({ min: 1, max: 14 }),
    answers: fc.integer({ min: 1, max: 60 }),
  }),
  'refuse for good': fc.record({ kind: fc.constant('refuse for good'), sends: fc.integer({ min: 3, max: 9 }) }),
  'lose answers': fc.record({ kind: fc.constant('lose answers'), answers: fc.integer({ min: 1, max: 3 }) }),
  forget: fc.constant({ kind: 'forget' }),
  stall: blocks.map((count) => ({ kind: 'stall', blocks: count })),
  spike: blocks.map((count) => ({ kind: 'spike', blocks: count })),
  'second driver': fc.constant({ kind: 'second driver' }),
  pause: fc.integer({ min: 500, max: 8_000 }).map((forMs) => ({ kind: 'pause', forMs })),
  revoke: fc.constant({ kind: 'revoke' }),
  stranger: fc.constant({ kind: 'stranger' }),
  cancel: fc.nat({ max: 5 }).map((nth) => ({ kind: 'cancel', nth })),
  accelerate: fc.nat({ max: 5 }).map((nth) => ({ kind: 'accelerate', nth })),
  'other contradicts': fc.record({
    kind: fc.constant('other contradicts'),
    what: fc.constantFrom('nothing', 'other blocks', 'other outcome', 'fewer', 'more'),
    forMs,
  }),
  'other stands still': fc.record({ kind: fc.constant('other stands still'), isOld: fc.boolean(), forMs }),
  'other lags': fc.record({ kind: fc.constant('other lags'), by: fc.integer({ min: 1, max: 12 }), forMs }),
  'other is away': fc.record({ kind: fc.constant('other is away'), forMs }),
  slow: fc.integer({ min: 500, max: 6_000 }).map((ms) => ({ kind: 'slow', ms })),
};

/**
 * Plans of a lane's life.
 *
 * @param acts what may happen
 * @param kinds what may be sent
 */
export function lanePlans(acts: readonly ActKind[], kinds: readonly IntentKind[]): fc.Arbitrary<LanePlan> {
  const act = fc.oneof(...acts.map((kind) => ACTS[kind]));
  const intent = fc.record({ kind: fc.constantFrom(...kinds), atMs: fc.integer({ min: 0, max: 9_000 }) });
  return fc.record({
    cap: fc.integer({ min: 1, max: 4 }),
    requiredConfirmations: fc.integer({ min: 1, max: 6 }),
    hasOther: fc.boolean(),
    dialect: fc.constantFrom('geth', 'anvil', 'nethermind', 'reth'),
    startCount: fc.integer({ min: 0, max: 3 }),
    perBlock: fc.integer({ min: 1, max: 4 }),
    skewMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: skewMs }),
    fundedAtMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(15_000) }),
    intents: fc.array(intent, { minLength: 1, maxLength: 6 }).map((list) => list.toSorted((a, b) => a.atMs - b.atMs)),
    acts: fc.array(fc.record({ after: fc.integer({ min: 0, max: 25 }), act }), { maxLength: 16 }),
    choices: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 12 }),
    limits: fc.oneof({ weight: 3, arbitrary: fc.constant(GETH_LIMITS) }, { weight: 1, arbitrary: smallLimits }),
  });
}
