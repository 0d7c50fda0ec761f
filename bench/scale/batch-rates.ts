import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { acceptTransaction } from '#shared/transactions/accept.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import { inProcess } from '#test/support/in-process.ts';
import type { LocalHaven } from '#test/support/local-haven.ts';
import { walletWithHaven } from '../lanes/accounts.ts';
import { onePass } from '../lanes/operation-counts.ts';
import { transferIntent } from '../lanes/transfers.ts';
import { median } from '../statistics.ts';

const TRANSFERS = 10;

/** What it takes to sign ten transfers and hand them to a node. */
export interface BatchRate {
  /** How many are signed together. */
  readonly batch: number;
  /** Median of the rounds, for all ten. */
  readonly tookMs: number;
  readonly awsCalls: number;
}

/** Measures ten transfers signed and broadcast in one pass of the driver, and in a pass each. */
export async function measureBatches(
  haven: LocalHaven,
  rounds: number,
  say: (text: string) => void,
): Promise<readonly BatchRate[]> {
  const parts = await inProcess(haven);
  const wallet = await walletWithHaven(haven);
  const { chainId, tokenAddress } = haven.info;
  const lane = { chain_id: chainId, address: wallet.address };
  const deps = { ...parts.accept, kicker: parts.silent };
  const took = new Map<number, { readonly ms: number; readonly calls: number }[]>();
  let serial = 0;

  async function accept(count: number): Promise<void> {
    for (let nth = 0; nth < count; nth += 1) {
      serial += 1;
      await acceptTransaction(deps, transferIntent(wallet.id, chainId, tokenAddress, serial), parts.context());
    }
  }
  const drive = (lanes = parts.lanes) => driveLane(lanes, lane, 'bench', Deadline.in(60_000, systemClock));

  await accept(1);
  await drive();
  for (let round = 0; round < rounds; round += 1) {
    for (const batch of [TRANSFERS, 1]) {
      say(`${TRANSFERS} transfers, ${batch} together, round ${round + 1} of ${rounds}`);
      let ms = 0;
      let calls = 0;
      for (let sent = 0; sent < TRANSFERS; sent += batch) {
        await accept(batch);
        parts.calls.reset();
        const began = performance.now();
        await drive(onePass(parts.lanes));
        ms += performance.now() - began;
        calls += parts.calls.total();
      }
      took.set(batch, [...(took.get(batch) ?? []), { ms, calls }]);
      await drive();
    }
  }
  return [...took].map(([batch, runs]) => ({
    batch,
    tookMs: median(runs.map(({ ms }) => ms)),
    awsCalls: median(runs.map(({ calls }) => calls)),
  }));
}
