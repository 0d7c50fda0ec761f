import { describe, expect, it } from 'vitest';
import { DEPOSIT_TOKEN, TREASURY } from '#test/support/fakes/deposit-desk.ts';
import { DEPOSIT, ETHER, PAID_TOKENS, paidInTokens } from '#test/support/fakes/paid-deposit.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

type Desk = ReturnType<typeof paidInTokens>;

/** A token without gas: the longest way there is: gas, token, what is left over of the gas. */
const openDesk = (): Desk => paidInTokens();

/** All that a sweep is in the end, and what came of it on the chain. */
function endOf(desk: Desk): string {
  const { status, round, left, failure, moves = [] } = desk.sweep() ?? {};
  const money = [DEPOSIT, TREASURY.address].map((at) => [
    desk.balanceOf('coin', at),
    desk.balanceOf(DEPOSIT_TOKEN, at),
  ]);
  const references = desk.transactions().map(({ reference }) => reference);
  return JSON.stringify([status, round, left, failure, moves.length, money, references], (_, value) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

/** Nothing is paid twice or lost, whoever died. */
function expectLaws(desk: Desk): void {
  const references = desk.transactions().map(({ reference }) => reference);
  expect(new Set(references).size).toBe(references.length);
  expect(desk.balanceOf(DEPOSIT_TOKEN, DEPOSIT) + desk.balanceOf(DEPOSIT_TOKEN, TREASURY.address)).toBe(PAID_TOKENS);
  const paid = [...desk.chain.gasPaid.values()].reduce((sum, one) => sum + one, 0n);
  expect(desk.balanceOf('coin', DEPOSIT) + desk.balanceOf('coin', TREASURY.address)).toBe(ETHER - paid);
  // Either somebody must still look at the payment, or a sweep knows of it.
  expect(desk.marked().length === 1).toBe(desk.sweep() === undefined);
}

const MOST_RUNS = 8;

describe('a deposit sweep, killed at any access of any run', () => {
  it('ends as if it had not been, with each transaction once', async () => {
    const whole = openDesk();
    await whole.runToTheEnd();
    const end = endOf(whole);
    expect(whole.sweep()).toMatchObject({ status: 'done', failure: null });
    let kills = 0;
    for (let killed = 0; killed < MOST_RUNS; killed += 1) {
      const before = await openAfter(killed);
      if (before.sweep()?.status === 'done') break;
      await before.crossing.run({ it: before.open('it') }, () => 0);
      for (let request = 0; request < before.crossing.taken.length; request += 1) {
        for (const fate of ['die before', 'die after'] as const) {
          const desk = await openAfter(killed);
          await desk.crossing.run({ it: desk.open('it') }, () => 0, { request, fate });
          expectLaws(desk);
          await desk.runToTheEnd();
          expectLaws(desk);
          expect(endOf(desk)).toBe(end);
          expect(await desk.brokenAt()).toBeNull();
          kills += 1;
        }
      }
    }
    expect(kills).toBeGreaterThan(50);
  }, 240_000);

  /** A desk after so many runs that nobody killed. */
  async function openAfter(runs: number): Promise<Desk> {
    const desk = openDesk();
    for (let run = 0; run < runs; run += 1) {
      await desk.run();
      desk.mine();
    }
    return desk;
  }
});

describe('deposit sweepers at once', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('accept each move once, in any order of their requests: seed %i', async (seed) => {
    const desk = openDesk();
    const random = seededRandom(seed);
    for (let run = 0; run < MOST_RUNS && desk.sweep()?.status !== 'done'; run += 1) {
      await desk.crossing.run({ one: desk.open('one'), other: desk.open('other') }, random);
      expectLaws(desk);
      desk.mine();
    }
    expectLaws(desk);
    expect(desk.sweep()).toMatchObject({ status: 'done', failure: null });
    expect(desk.balanceOf(DEPOSIT_TOKEN, TREASURY.address)).toBe(PAID_TOKENS);
    expect(desk.log.of('DEPOSIT_SWEEP_HELD')).toEqual([]);
    expect(await desk.brokenAt()).toBeNull();
  });
});
