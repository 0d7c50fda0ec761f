import { describe, expect, it } from 'vitest';
import {
  createScanDesk,
  DUE,
  OTHER_TOKEN,
  payAddress,
  payToken,
  type ScanDesk,
} from '#test/support/fakes/scan-desk.ts';
import { expectShopLaws } from '#test/support/fakes/shop-laws.ts';
import { seededRandom } from '#test/support/seeded-random.ts';

/** Clients for all runs. */
const shared = createScanDesk().shop;

/** A pass that does everything: reads a fork of what was read, sees, orphans, confirms, and settles what is due with a silent balance. */
async function open(): Promise<ScanDesk> {
  const desk = createScanDesk(shared);
  for (const n of [1, 2, 3, 4]) await desk.place(n);
  await desk.place(5, {}, { token_address: null });
  await desk.scan();
  desk.chain.mine({ name: 'deep', logs: [payToken(1)] });
  desk.chain.mine({ name: 'moved', logs: [payToken(2)] }, { name: 'gone', logs: [payToken(3)] });
  await desk.scan();
  desk.chain.drop(1);
  desk.chain.mine({ name: 'first', logs: [payToken(4, DUE / 2n)] }, { name: 'moved', logs: [payToken(2)] });
  desk.chain.mine({ name: 'silent', to: `0x${'cc'.repeat(20)}`, silent: [{ to: payAddress(5), amount: DUE }] });
  desk.chain.mine({ name: 'other', logs: [payToken(4, 7n, OTHER_TOKEN)] });
  desk.mineBeyondDeadline();
  return desk;
}

/** All that an order is: itself and its payments. What is told on the way may differ, what it comes to may not. */
async function stateOf(desk: ScanDesk): Promise<string> {
  const orders = await Promise.all([1, 2, 3, 4, 5].map((n) => desk.see(n)));
  const payments = [1, 2, 3, 4, 5].map((n) =>
    desk
      .payments(n)
      .map(({ id, status, amount, on_chain }) => `${id} ${status} ${amount} ${on_chain?.block_hash}`)
      .toSorted(),
  );
  const counts = desk
    .rows('shop')
    .flatMap(({ sk, available, reserved }) => (sk === 'STOCK' ? [[available, reserved]] : []));
  return JSON.stringify({ orders, payments, counts });
}

const run = (desk: ScanDesk) => desk.crossing.run({ it: () => desk.scan(desk.crossing.client('it')) }, () => 0);

describe('a pass over a chain', { timeout: 300_000 }, () => {
  it('killed at any access, before or after its effect, is finished by the next one', async () => {
    const whole = await open();
    await run(whole);
    const accesses = whole.crossing.taken.length;
    await whole.scan();
    const after = await stateOf(whole);
    expect(JSON.parse(after).orders).toMatchObject([
      { status: 'paid' },
      { status: 'paid' },
      { status: 'expired', paid: '0' },
      { status: 'expired', flags: ['partially_paid', 'other_asset'] },
      { status: 'paid', paid: '1000000' },
    ]);
    expect(accesses).toBeGreaterThan(15);
    const states = new Set<string>();
    for (let request = 0; request < accesses; request += 1) {
      for (const fate of ['die before', 'die after'] as const) {
        const desk = await open();
        await desk.crossing.run({ it: () => desk.scan(desk.crossing.client('it')) }, () => 0, { request, fate });
        await expectShopLaws(desk);
        states.add(await stateOf(desk));
        await desk.scan();
        await desk.scan();
        expect([request, fate, await stateOf(desk)]).toEqual([request, fate, after]);
        await expectShopLaws(desk);
      }
    }
    // It died in many different states.
    expect(states.size).toBeGreaterThan(8);
  });

  it('beside another, in 200 interleavings, ends as one does', async () => {
    const whole = await open();
    await whole.scan();
    await whole.scan();
    const after = await stateOf(whole);
    for (let seed = 1; seed <= 200; seed += 1) {
      const desk = await open();
      await desk.crossing.run(
        { one: () => desk.scan(desk.crossing.client('one')), two: () => desk.scan(desk.crossing.client('two')) },
        seededRandom(seed),
      );
      await expectShopLaws(desk);
      await desk.scan();
      expect([seed, await stateOf(desk)]).toEqual([seed, after]);
    }
  });
});
