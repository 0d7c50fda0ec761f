import { JsonRpcProvider, Wallet } from 'ethers';
import { expect, it } from 'vitest';
import { startAnvil } from '#test/support/anvil.ts';

it('a local chain has its own port, and its accounts are funded and theirs to sign with', async () => {
  const [one, other] = await Promise.all([startAnvil(), startAnvil()]);
  try {
    expect(one.rpcUrl).not.toBe(other.rpcUrl);
    expect(one.accounts).toHaveLength(10);
    const provider = new JsonRpcProvider(one.rpcUrl, one.chainId, { staticNetwork: true });
    for (const { address, privateKey } of one.accounts) {
      expect(new Wallet(privateKey).address).toBe(address);
      expect(await provider.getBalance(address)).toBe(10_000n * 10n ** 18n);
    }
    provider.destroy();
  } finally {
    await Promise.all([one.stop(), other.stop()]);
  }
});

it('a stopped chain answers no more, and can be stopped again', async () => {
  const anvil = await startAnvil();
  await anvil.stop();
  await anvil.stop();
  await expect(fetch(anvil.rpcUrl, { method: 'POST' })).rejects.toThrow('fetch failed');
});

it('a chain that cannot have its port says why', async () => {
  const first = await startAnvil();
  try {
    const port = Number(new URL(first.rpcUrl).port);
    await expect(startAnvil({ port })).rejects.toThrow(/anvil ended with code [\s\S]*in use/);
  } finally {
    await first.stop();
  }
});
