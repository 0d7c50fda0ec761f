import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { run } from '#local/commands.ts';
import {
  countByStatus,
  eventually,
  fundedWallet,
  type LocalHaven,
  localHaven,
  minedTransactions,
} from '#test/support/local-haven.ts';

const PROCESSES = 4;
const EACH = 25;
const TO = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

describe('nonces under concurrency', () => {
  it('100 transactions posted to one wallet by 4 processes at once are all confirmed, with nonces 0 to 99, each on the chain once', async () => {
    const wallet = await fundedWallet(haven);
    const env = {
      ...process.env,
      API_URL: haven.info.apiUrl,
      API_KEY: haven.info.adminApiKey,
      WALLET_ID: wallet.id,
      CHAIN_ID: String(haven.info.chainId),
      COUNT: String(EACH),
      TO,
    };
    const outputs = await Promise.all(
      Array.from({ length: PROCESSES }, () =>
        run(process.execPath, ['test/support/processes/post-transactions.ts'], { env }),
      ),
    );
    const ids = outputs.flatMap((output) => z.array(z.string()).parse(JSON.parse(output)));
    expect(new Set(ids).size).toBe(PROCESSES * EACH);

    await eventually(
      '100 confirmed',
      async () => ((await countByStatus(haven, wallet.id))['confirmed'] === ids.length ? true : undefined),
      120_000,
    );
    const mined = await minedTransactions(haven.info.rpcUrl, wallet.address);
    expect(mined.map(({ nonce }) => nonce).sort((a, b) => a - b)).toEqual(ids.map((_, nonce) => nonce));
    expect(new Set(mined.map(({ hash }) => hash)).size).toBe(ids.length);
  });
});
