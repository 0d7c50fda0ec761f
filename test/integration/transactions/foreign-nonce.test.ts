import { toQuantity } from 'ethers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { workLane } from '#test/support/lane-lab/lab-worker.ts';
import { LAB_RECIPIENT, type LabLane, LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import { expectLaneLaws } from '#test/support/lane-lab/lane-laws.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const INTENTS = [{ valueWei: 1n }, { valueWei: 2n }, { valueWei: 3n }];
const ENDS = INTENTS.map(({ valueWei }) => ({ valueWei, status: 'confirmed' as const }));

let haven: LocalHaven;
let tables: LabTables;
let lab: LaneLab;
let lane: LabLane;
beforeAll(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
});
beforeEach(async () => {
  lab = await LaneLab.open(haven, tables);
  lane = await lab.newLane();
});
afterEach(() => lab.close());
afterAll(() => tables.drop());

/** Sends from a lane's account as someone else who has its key does. */
async function sendAsStranger(nonce: number, feeWei: bigint): Promise<void> {
  await lab.chain.ask('anvil_impersonateAccount', [lane.wallet.address]);
  const fees = { maxFeePerGas: toQuantity(feeWei), maxPriorityFeePerGas: toQuantity(feeWei) };
  const transaction = {
    from: lane.wallet.address,
    to: LAB_RECIPIENT,
    value: '0x63',
    nonce: toQuantity(nonce),
    ...fees,
  };
  await lab.chain.ask('eth_sendTransaction', [transaction]);
}

describe('a stranger who has the key', () => {
  it('and used nonces between two batches makes the next batch begin after them', async () => {
    await lab.accept(lane, INTENTS.slice(0, 2));
    await workLane(lab.parts, lane.key);
    await sendAsStranger(2, 10n ** 10n);
    await lab.time.sleep(lab.config.block_time_ms);
    await lab.accept(lane, INTENTS.slice(2));
    await workLane(lab.parts, lane.key);
    await expectLaneLaws(lab, lane, ENDS, 0, [2]);
  });
});
