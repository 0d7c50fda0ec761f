import { describe, expect, it } from 'vitest';
import { DEPOSIT_TOKEN, TREASURY } from '#test/support/fakes/deposit-desk.ts';
import { type DepositKind, depositKinds, SECOND_TOKEN } from '#test/support/fakes/deposit-kinds.ts';
import { DEPOSIT } from '#test/support/fakes/paid-deposit.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

type Desk = ReturnType<DepositKind['open']>;

const ASSETS = ['coin', DEPOSIT_TOKEN, SECOND_TOKEN];
const PLACES = [DEPOSIT, TREASURY.address];
/** The longest way there is, a round that fails and the one after it, takes nine. */
const MOST_RUNS = 12;
/** Orders of requests that each kind is raced in. */
const SEEDS = Array.from({ length: 16 }, (_, index) => index + 1);

/** All that a sweep is in the end, and what came of it on the chain. */
async function endOf(desk: Desk): Promise<string> {
  const { status, round, left, failure, moves = [] } = desk.sweep() ?? {};
  const money = PLACES.map((at) => ASSETS.map((asset) => desk.balanceOf(asset, at)));
  const references = desk.transactions().map(({ reference }) => reference);
  const told = [(await desk.entries()).map(({ action }) => action), desk.alerts().map(({ category }) => category)];
  return JSON.stringify([status, round, left, failure, moves.length, money, references, told], (_, value) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

/** What there is of each asset at both places, and what was paid for gas. */
function totalsOf(desk: Desk): readonly bigint[] {
  const paid = [...desk.chain.gasPaid.values()].reduce((sum, one) => sum + one, 0n);
  return ASSETS.map((asset) =>
    PLACES.reduce((sum, at) => sum + desk.balanceOf(asset, at), asset === 'coin' ? paid : 0n),
  );
}

/** Nothing is paid twice or lost, whoever died. */
function expectLaws(desk: Desk, totals: readonly bigint[]): void {
  const references = desk.transactions().map(({ reference }) => reference);
  expect(new Set(references).size).toBe(references.length);
  expect(totalsOf(desk)).toEqual(totals);
  // Either somebody must still look at the payment, or a sweep knows of it.
  expect(desk.marked().length === 1).toBe(desk.sweep() === undefined);
}

const isOver = ({ end }: DepositKind, desk: Desk) => desk.sweep()?.status === end.status;

/** Runs until nothing is left to do; between runs there happens what the kind is about. */
async function finish(kind: DepositKind, desk: Desk): Promise<void> {
  for (let run = 0; run < MOST_RUNS && !isOver(kind, desk); run += 1) {
    await desk.run();
    await kind.between(desk);
  }
}

/** How a kind ends that nobody killed or raced. */
async function wholeEnd(kind: DepositKind): Promise<string> {
  const desk = kind.open();
  await finish(kind, desk);
  expect(desk.sweep()).toMatchObject(kind.end);
  expect(desk.transactions()).toHaveLength(kind.transactions);
  return endOf(desk);
}

/** A desk after so many runs that nobody killed. */
async function openAfter({ open, between }: DepositKind, runs: number): Promise<Desk> {
  const desk = open();
  for (let run = 0; run < runs; run += 1) {
    await desk.run();
    await between(desk);
  }
  return desk;
}

describe('a deposit sweep, killed at any access of any run', () => {
  it.each(Object.entries(depositKinds))(
    '%s ends as if it had not been, with each transaction once',
    async (_what, kind) => {
      const end = await wholeEnd(kind);
      const totals = totalsOf(kind.open());
      let kills = 0;
      for (let killed = 0; killed < MOST_RUNS; killed += 1) {
        const before = await openAfter(kind, killed);
        if (isOver(kind, before)) break;
        await before.crossing.run({ it: before.open('it') }, () => 0);
        for (let request = 0; request < before.crossing.taken.length; request += 1) {
          for (const fate of ['die before', 'die after'] as const) {
            const desk = await openAfter(kind, killed);
            await desk.crossing.run({ it: desk.open('it') }, () => 0, { request, fate });
            expectLaws(desk, totals);
            await finish(kind, desk);
            expectLaws(desk, totals);
            expect(await endOf(desk)).toBe(end);
            expect(await desk.brokenAt()).toBeNull();
            kills += 1;
          }
        }
      }
      // Before each access, and after it.
      expect(kills).toBe(2 * kind.accesses);
    },
    240_000,
  );
});

describe('deposit sweepers at once', () => {
  it.each(Object.entries(depositKinds))(
    '%s: accept each move once, in any order of their requests',
    async (_what, kind) => {
      const end = await wholeEnd(kind);
      const totals = totalsOf(kind.open());
      for (const seed of SEEDS) {
        const desk = kind.open();
        const random = seededRandom(seed);
        for (let run = 0; run < MOST_RUNS && !isOver(kind, desk); run += 1) {
          await desk.crossing.run({ one: desk.open('one'), other: desk.open('other') }, random);
          expectLaws(desk, totals);
          await kind.between(desk);
        }
        expectLaws(desk, totals);
        expect([seed, await endOf(desk)]).toEqual([seed, end]);
        expect(desk.log.of('DEPOSIT_SWEEP_HELD')).toEqual([]);
        expect(await desk.brokenAt()).toBeNull();
      }
    },
    240_000,
  );
});
