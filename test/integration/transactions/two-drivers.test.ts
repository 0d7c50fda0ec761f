import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { acceptTransaction } from '#shared/transactions/accept.ts';
import { driveLane } from '#shared/transactions/lane/driver.ts';
import type { LaneStore } from '#shared/transactions/lane/lane-store.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import {
  countByStatus,
  eventually,
  fundedWallet,
  type LocalHaven,
  localHaven,
  minedTransactions,
} from '#test/support/local-haven.ts';

const COUNT = 40;

let haven: LocalHaven;
let parts: InProcess;
beforeAll(async () => {
  haven = localHaven();
  parts = await inProcess(haven);
});

/** A store whose first claims are all made at once: when that many drivers want to. */
function meetingAtClaim(store: LaneStore, drivers: number): LaneStore {
  let waiting = 0;
  const met = Promise.withResolvers<void>();
  return {
    ...store,
    async claim(...claim) {
      waiting += 1;
      if (waiting >= drivers) met.resolve();
      await met.promise;
      return store.claim(...claim);
    },
  };
}

describe('several drivers on one lane at once', () => {
  it('send every transaction once, with consecutive nonces: only one of two claims of a nonce is stored', async () => {
    const wallet = await fundedWallet(haven);
    const intent = {
      walletId: wallet.id,
      chainId: haven.info.chainId,
      to: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
      value: '1',
      data: '0x',
      speed: 'standard' as const,
      reference: null,
      validUntil: null,
    };
    const accept = { ...parts.accept, kicker: parts.silent };
    for (let count = 0; count < COUNT; count += 1) await acceptTransaction(accept, intent, parts.context());

    const lane = { chain_id: haven.info.chainId, address: wallet.address };
    const recording = createRecordingLog();
    const deps = { ...parts.lanes, store: meetingAtClaim(parts.lanes.store, 2), log: recording.log };
    const drive = (name: string) => driveLane(deps, lane, name, Deadline.in(60_000, systemClock));
    await eventually(
      `${COUNT} confirmed`,
      async () => {
        await Promise.all(['a', 'b', 'c', 'd'].map(drive));
        return (await countByStatus(haven, wallet.id))['confirmed'] === COUNT ? true : undefined;
      },
      50_000,
    );
    const mined = await minedTransactions(haven.info.rpcUrl, wallet.address);
    expect(mined.map(({ nonce }) => nonce).sort((a, b) => a - b)).toEqual(
      Array.from({ length: COUNT }, (_, nonce) => nonce),
    );
    // They met: each driver that lost a claim had signed for the same nonces as the one that won.
    expect(recording.of('LANE_RACED').length).toBeGreaterThanOrEqual(1);
    expect(await haven.client.verifyAudit({ body: { wallet_id: wallet.id } })).toMatchObject({ verified: true });
  });
});
