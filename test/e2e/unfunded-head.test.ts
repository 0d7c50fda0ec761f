import { beforeAll, describe, expect, it } from 'vitest';
import { fund } from '#local/seed.ts';
import {
  countByStatus,
  ended,
  eventually,
  fundedWallet,
  LANE_MS,
  type LocalHaven,
  localHaven,
  minedTransactions,
} from '#test/support/local-haven.ts';

const OTHER_LANES = 20;
const PER_LANE = 3;
const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

async function post(walletId: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let nth = 0; nth < PER_LANE; nth += 1) {
    const body = { wallet_id: walletId, chain_id: haven.info.chainId, to: TO, value: '1' };
    ids.push((await haven.client.createTransaction({ body })).id);
  }
  return ids;
}

describe('a lane whose head has no funds', () => {
  it(`says so and waits while ${OTHER_LANES} others go on; when the funds arrive it drains in order`, {
    timeout: 4 * LANE_MS,
  }, async () => {
    const poor = await haven.client.createWallet({ body: { purpose: 'user' } });
    const waiting = await post(poor.id);
    const [head = ''] = waiting;
    await eventually(
      'the head waits for funds',
      async () => {
        const { waiting_for } = await haven.client.getTransaction({ params: { id: head } });
        return waiting_for === 'funds' ? true : undefined;
      },
      LANE_MS,
    );
    const others = await Promise.all(Array.from({ length: OTHER_LANES }, () => fundedWallet(haven)));
    const sent = (await Promise.all(others.map(({ id }) => post(id)))).flat();
    for (const id of sent) expect((await ended(haven, id)).status).toBe('confirmed');
    expect(await countByStatus(haven, poor.id)).toEqual({ queued: PER_LANE });

    await fund(haven.info.rpcUrl, poor.address, '1');
    const drained = await Promise.all(waiting.map((id) => ended(haven, id)));
    expect(drained.map(({ status, nonce, waiting_for }) => ({ status, nonce, waiting_for }))).toEqual(
      waiting.map((_, nonce) => ({ status: 'confirmed', nonce, waiting_for: null })),
    );
    const mined = await minedTransactions(haven.info.rpcUrl, poor.address);
    expect(mined.map(({ hash, nonce }) => ({ hash, nonce }))).toEqual(
      drained.map(({ hash }, nonce) => ({ hash, nonce })),
    );
  });
});
