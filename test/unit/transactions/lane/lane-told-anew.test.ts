import { describe, expect, it } from 'vitest';
import { noncesCheck } from '#shared/monitors/checks/lanes.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { newId } from '#shared/platform/ids.ts';
import { type LaneState, laneStateSchema } from '#shared/transactions/lane/lane.ts';
import { nonceAlerts } from '#shared/transactions/lane/lane-alerts.ts';
import { type LanePatch, withForeign } from '#shared/transactions/lane/lane-change.ts';
import { judgeGap } from '#shared/transactions/lane/nonces.ts';
import { laneKey } from '#shared/transactions/ledger-items.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createHearer } from '#test/support/fakes/hearer.ts';
import { laneTables, TEST_LANE } from '#test/support/fakes/lane-tables.ts';
import { queued } from '#test/support/fakes/ledger-transactions.ts';
import { plainItem } from '#test/support/fakes/memory-dynamo.ts';
import { scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const GAP = 'WARNING The chain shows fewer nonces used than were counted: the gap is filled once it is proven';
const UNEXPLAINED = 'CRITICAL A nonce is used and nobody can say by which transaction: one of Haven waits for a person';
const FOREIGN = 'CRITICAL A wallet signed a transaction outside of Haven: somebody else has its key';
const over = (told: string) => told.replace(/^\w+/, 'INFO Resolved:');
const CONFIRMATIONS = 50;

/** A lane that has counted nine nonces and has work, which somebody hears of. */
function heardLane() {
  const { store, dynamo, aws, state } = laneTables([queued(1)]);
  const clock = createFakeClock();
  const alerts = () => dynamo.items('logs').map(plainItem);
  let lane: LaneState = state;

  /** As a pass of a lane remembers what a look has shown. */
  async function remember(patch: LanePatch, uses: LaneState['foreign'] = []): Promise<void> {
    const stamp = () => ({ id: newId('alr'), at: isoTime(clock.now()) });
    const foreign = uses.length === 0 ? {} : { foreign: withForeign(lane, uses) };
    const told = nonceAlerts(lane, patch, uses, stamp);
    lane = await store.apply(lane, [], [], Deadline.in(1_000, clock.now), { ...patch, ...foreign }, told);
  }

  return {
    ...createHearer({ clock, alerts }, [noncesCheck(scriptedDocumentClient(aws), 'ledger')]),
    remember,
    /** A look that shows so many nonces used, at a head. */
    async look(latestCount: number, head: number): Promise<void> {
      const verdict = judgeGap(lane, { latestCount, head: { number: head } }, CONFIRMATIONS);
      if (verdict.kind === 'new') await remember({ gap: verdict.gap });
      if (verdict.kind === 'none' && lane.gap !== null) await remember({ gap: null });
    },
    /** Somebody else used these nonces. */
    lose: (...nonces: readonly number[]) =>
      remember(
        {},
        nonces.map((nonce) => ({ nonce, hash: null, transaction_id: null, at: isoTime(clock.now()) })),
      ),
  };
}

describe('what a lane tells once more after it was told to be over is told at once, though an alert of it would be cooling down:', () => {
  it('a gap of its nonces', async () => {
    const lane = heardLane();
    await lane.look(7, 100);
    expect(await lane.hears()).toEqual([GAP]);
    await lane.minutes(5);
    await lane.look(9, 125);
    await lane.minutes(1);
    expect(await lane.hears()).toEqual([over(GAP)]);
    await lane.minutes(3);
    await lane.look(7, 145);
    expect(await lane.hears()).toEqual([GAP]);
    await lane.minutes(1);
    await lane.look(9, 150);
    await lane.minutes(1);
    expect(await lane.hears()).toEqual([over(GAP)]);
  });

  it('a nonce that nobody can explain', async () => {
    const lane = heardLane();
    await lane.remember({ unexplained: 8 });
    expect(await lane.hears()).toEqual([UNEXPLAINED]);
    await lane.minutes(5);
    await lane.remember({ unexplained: null });
    await lane.minutes(1);
    expect(await lane.hears()).toEqual([over(UNEXPLAINED)]);
    await lane.remember({ unexplained: 8 });
    expect(await lane.hears()).toEqual([UNEXPLAINED]);
  });
});

describe('a lane', () => {
  it('tells a gap once, however often its proof begins anew', async () => {
    const lane = heardLane();
    for (const head of [100, 99, 97, 102, 90]) {
      await lane.look(7, head);
      await lane.minutes(2);
    }
    expect(await lane.hears()).toEqual([GAP]);
  });

  it('tells each nonce that a gap begins with once, however the looks change', async () => {
    const lane = heardLane();
    for (const [latestCount, head] of [
      [7, 100],
      [6, 99],
      [7, 101],
      [6, 103],
    ] as const) {
      await lane.look(latestCount, head);
      await lane.minutes(1);
    }
    expect(await lane.hears()).toEqual([GAP, GAP]);
  });

  it('whose gap was stored without where it began takes where its proof did for that', () => {
    const { state } = laneTables([], { gap: { nonce: 7, since_block: 100, first_block: null } });
    const stored = { ...laneKey(TEST_LANE), ...state, gap: { nonce: 7, since_block: 100 } };
    expect(laneStateSchema.parse(stored)).toEqual(state);
    const again = judgeGap(state, { latestCount: 7, head: { number: 95 } }, CONFIRMATIONS);
    expect(again).toEqual({ kind: 'new', gap: { nonce: 7, since_block: 95, first_block: 100 } });
  });

  it('tells each nonce that somebody else used, and none of them twice', async () => {
    const lane = heardLane();
    await lane.lose(9);
    await lane.minutes(1);
    await lane.lose(10, 11);
    await lane.minutes(1);
    expect(await lane.hears()).toEqual([FOREIGN, FOREIGN]);
    await lane.lose(10, 11);
    expect(await lane.hears()).toEqual([]);
  });
});
