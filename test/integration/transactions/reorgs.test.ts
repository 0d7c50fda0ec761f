import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stageAudit } from '#test/support/in-process.ts';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { workLane } from '#test/support/lane-lab/lab-worker.ts';
import { type LabLane, LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import { expectLaneLaws } from '#test/support/lane-lab/lane-laws.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

/** Deeper than any reorganisation here: what is final stays. */
const REQUIRED_CONFIRMATIONS = 7;
const INTENTS = [{ valueWei: 1n }, { valueWei: 2n }, { valueWei: 3n }];
const ENDS = INTENTS.map(({ valueWei }) => ({ valueWei, status: 'confirmed' as const }));
/** Mined, taken back, and mined again. */
const HISTORY = ['queued', 'signed', 'submitted', 'mined', 'reorged', 'mined', 'confirmed'].map(
  (status) => `transaction.${status}`,
);

let haven: LocalHaven;
let tables: LabTables;
beforeAll(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
});
afterAll(() => tables.drop());

/** Asserts that what Haven calls confirmed now is on the chain now, and as deep as it must be. */
async function expectConfirmedIsSo(lab: LaneLab, lane: LabLane): Promise<void> {
  const history = await lab.chain.history(lane.wallet.address);
  const head = await lab.chain.head();
  for (const { status, hash } of await lab.transactions(lane)) {
    if (status !== 'confirmed') continue;
    const mined = history.find((one) => one.hash === hash);
    expect(mined).toBeDefined();
    expect(head - (mined?.blockNumber ?? head) + 1).toBeGreaterThanOrEqual(REQUIRED_CONFIRMATIONS);
  }
}

/**
 * Takes the last blocks off the chain when a lane's transactions are so deep that the first of these blocks has them.
 *
 * @param isKept whether the nodes put what was in those blocks back into their pool; else they have forgotten it
 * @returns whether it was time
 */
async function reorganise(lab: LaneLab, lane: LabLane, depth: number, isKept: boolean): Promise<boolean> {
  const history = await lab.chain.history(lane.wallet.address);
  const first = history[0]?.blockNumber;
  if (first === undefined || (await lab.chain.head()) - first + 1 !== depth) return false;
  expect((await lab.transactions(lane)).map(({ status }) => status)).toEqual(INTENTS.map(() => 'mined'));
  const bytes = await Promise.all(history.map(({ hash }) => lab.chain.ask('eth_getRawTransactionByHash', [hash])));
  await lab.chain.ask('anvil_reorg', [depth, []]);
  expect(await lab.chain.history(lane.wallet.address)).toEqual([]);
  if (isKept) for (const raw of bytes) await lab.chain.ask('eth_sendRawTransaction', [raw]);
  return true;
}

const CASES = [1, 2, 3, 4, 5].flatMap((depth) => [
  { depth, isKept: true },
  { depth, isKept: false },
]);

describe('a reorganisation', () => {
  it.each(CASES)(
    'of depth $depth is taken back and made good, and nothing is confirmed that is not (pool kept: $isKept)',
    async ({ depth, isKept }) => {
      let lane: LabLane | undefined;
      let isDone = false;
      const lab = await LaneLab.open(
        haven,
        tables,
        { required_confirmations: REQUIRED_CONFIRMATIONS },
        {
          async beforeBlock() {
            if (lane !== undefined && !isDone) isDone = await reorganise(lab, lane, depth, isKept);
          },
          async onBlock() {
            if (lane !== undefined) await expectConfirmedIsSo(lab, lane);
          },
        },
      );
      try {
        lane = await lab.newLane();
        // The wallet's ether is in a block of its own, which stays.
        await lab.chain.mine(lab.time.clock());
        const accepted = await lab.accept(lane, INTENTS);
        await workLane(lab.parts, lane.key);
        expect(isDone).toBe(true);
        await expectLaneLaws(lab, lane, ENDS);
        await expectConfirmedIsSo(lab, lane);
        const audit = stageAudit(lab.parts);
        for (const { id } of accepted) {
          expect((await audit.entries(id)).map(({ action }) => action)).toEqual(HISTORY);
        }
      } finally {
        await lab.close();
      }
    },
  );
});
