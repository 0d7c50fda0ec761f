import { parseUnits, toQuantity } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLabTables, type LabTables } from '#test/support/lane-lab/lab-tables.ts';
import { workLane } from '#test/support/lane-lab/lab-worker.ts';
import { type LabLane, LaneLab } from '#test/support/lane-lab/lane-lab.ts';
import { expectLaneLaws } from '#test/support/lane-lab/lane-laws.ts';
import { type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const USUAL_WEI = parseUnits('1', 'gwei');
const SPIKE_WEI = 10n * USUAL_WEI;
/** Between the two: nothing can be sent while the spike lasts. */
const CAP_WEI = 5n * USUAL_WEI;
/** A minute of blocks. */
const SPIKE_BLOCKS = 60;
const EARLY = [{ valueWei: 1n }, { valueWei: 2n }, { valueWei: 3n }];
const LATE = [{ valueWei: 4n }, { valueWei: 5n }, { valueWei: 6n }, { valueWei: 7n }];

/** Where a transaction may stand while nothing can be mined. */
const WAITS = new Set(['queued', 'signed', 'submitted']);

let haven: LocalHaven;
let tables: LabTables;
beforeAll(async () => {
  haven = localHaven();
  tables = await createLabTables(haven.info.awsEndpointUrl);
});
afterAll(() => tables.drop());

describe('a fee spike of ten times for a minute', () => {
  it('drops nothing, breaks no cap, says fees, and drains when it falls', async () => {
    let lane: LabLane | undefined;
    let blocks = 0;
    const waitingFor = new Set<string | null>();
    const statuses = new Set<string>();
    const setNext = (wei: bigint) => lab.chain.ask('anvil_setNextBlockBaseFeePerGas', [toQuantity(wei)]);
    const onBlock = async () => {
      if (lane === undefined) return;
      blocks += 1;
      await setNext(blocks < SPIKE_BLOCKS ? SPIKE_WEI : USUAL_WEI);
      if (blocks === 3) await lab.accept(lane, LATE);
      if (blocks < 5 || blocks >= SPIKE_BLOCKS) return;
      for (const { status, waiting_for } of await lab.transactions(lane)) {
        statuses.add(status);
        waitingFor.add(waiting_for);
      }
      expect(await lab.chain.history(lane.wallet.address)).toEqual([]);
    };
    const lab = await LaneLab.open(haven, tables, { max_fee_per_gas_wei: CAP_WEI.toString() }, { onBlock });
    try {
      await setNext(USUAL_WEI);
      await lab.chain.mine(lab.time.clock());
      lane = await lab.newLane();
      await lab.accept(lane, EARLY);
      // What is signed before the spike is quoted for the fees before it, and meets it in the next block.
      const quoted = lab.parts.lanes.store.claim;
      const parts = {
        ...lab.parts,
        lanes: {
          ...lab.parts.lanes,
          store: {
            ...lab.parts.lanes.store,
            claim: async (...claim: Parameters<typeof quoted>) => {
              if (blocks === 0) await setNext(SPIKE_WEI);
              return quoted(...claim);
            },
          },
        },
      };
      await workLane(parts, lane.key);
      expect(blocks).toBeGreaterThan(SPIKE_BLOCKS);
      expect([...waitingFor]).toContain('fees');
      expect([...statuses].filter((status) => !WAITS.has(status))).toEqual([]);
      await expectLaneLaws(
        lab,
        lane,
        [...EARLY, ...LATE].map(({ valueWei }) => ({ valueWei, status: 'confirmed' as const })),
      );
      for (const { attempts } of await lab.transactions(lane)) {
        for (const { max_fee_per_gas } of attempts) expect(BigInt(max_fee_per_gas)).toBeLessThanOrEqual(CAP_WEI);
      }
      for (const { maxFeePerGasWei } of await lab.chain.history(lane.wallet.address)) {
        expect(maxFeePerGasWei).toBeLessThanOrEqual(CAP_WEI);
      }
    } finally {
      await lab.close();
    }
  });
});
