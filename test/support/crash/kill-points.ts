import { seededRandom } from '../seeded-random.ts';
import type { KillPoint } from './crash-plan.ts';
import type { Access } from './worker-process.ts';

/**
 * Where a worker can die so that it matters: on both sides of every access that a run of it made, before the request leaves and
 * after its answer is there. These are all of its awaits, as far as anybody else can tell. All that a worker leaves behind is
 * what its accesses did; between two of them it only computes or sleeps, so that a kill at any await there leaves what a kill
 * just before the second leaves, and what came of the first is the same whether or not its answer was read. Pure.
 */

/** What an execution accessed, in order. */
export interface Recording {
  readonly accesses: readonly Access[];
}

/** Accesses that change the state in which the next execution finds a lane. */
const WRITES = /^TransactWriteItems|eth_sendRawTransaction/;

const sidesOf = (index: number): readonly KillPoint[] => [
  { index, side: 'before' },
  { index, side: 'after' },
];

/** Both sides of every access. */
export function killPoints({ accesses }: Recording): readonly KillPoint[] {
  return accesses.flatMap((_, index) => sidesOf(index));
}

/**
 * The point that is killed at for another, because nothing happens outside the process between the two: what is before an access
 * is after the one ahead of it, unless that has no answer yet, or a block came in between.
 */
export function standInFor({ accesses }: Recording, point: KillPoint): KillPoint {
  const { index, side } = point;
  const [before, access] = [accesses[index - 1], accesses[index]];
  if (side === 'after' || before === undefined || access === undefined) return point;
  const isApart = access.isBeside || access.blocksBefore !== before.blocksBefore;
  return isApart ? point : { index: index - 1, side: 'after' };
}

/** One point for each two that are the same from outside. */
export function distinctKillPoints(recording: Recording): readonly KillPoint[] {
  return killPoints(recording).filter((point) => isSame(standInFor(recording, point), point));
}

/** How many sides of accesses a worker was killed at, counting those that are the same from outside as one that was. */
export function sidesKilledAt(recording: Recording, killed: readonly KillPoint[]): number {
  return killPoints(recording).filter((point) => {
    const standIn = standInFor(recording, point);
    return killed.some((one) => isSame(one, standIn) || isSame(one, point));
  }).length;
}

/** Names the state in which a worker killed at a point leaves a lane: how much was written and how many blocks were mined. */
export function stateAt({ accesses }: Recording, { index, side }: KillPoint): string {
  const done = accesses.slice(0, side === 'after' ? index + 1 : index);
  const writes = done.filter(({ name }) => WRITES.test(name)).length;
  return `${writes} writes, ${accesses[index]?.blocksBefore ?? 0} blocks`;
}

/** One of the points that leave a lane in the same state, for each state; the same for the same seed. */
export function onePointByState(recording: Recording, seed: number): readonly KillPoint[] {
  const points = shuffled(distinctKillPoints(recording), seed);
  return [...Map.groupBy(points, (point) => stateAt(recording, point)).values()].flatMap(([point]) => point ?? []);
}

/** Points, and both sides of the first access of each of some names besides. */
export function withAccesses(
  { accesses }: Recording,
  points: readonly KillPoint[],
  names: readonly string[],
): readonly KillPoint[] {
  const named = names.flatMap((name) => {
    const index = accesses.findIndex((access) => access.name === name);
    return index === -1 ? [] : sidesOf(index);
  });
  return [...points, ...named.filter((point) => !points.some((one) => isSame(one, point)))];
}

/** In another order, the same for the same seed (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = seededRandom(seed);
  return items
    .map((item) => ({ item, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

function isSame(a: KillPoint, b: KillPoint): boolean {
  return a.index === b.index && a.side === b.side;
}
