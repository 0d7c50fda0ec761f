import type { OnChainOrderPayment } from '#shared/orders/order.ts';
import { scanChain } from '#shared/payments/scan/scan-chain.ts';
import { ChainClient } from '#shared/platform/chain/chain-client.ts';
import { createEndpoint, type JsonRpc } from '#shared/platform/chain/json-rpc.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { type Anvil, startAnvil } from '#test/support/anvil.ts';
import { LabChain } from '#test/support/lane-lab/lab-chain.ts';
import { createPayer } from '#test/support/payer.ts';
import { createScanDesk, payAddress } from './scan-desk.ts';

/** An order is to be paid within so long after the head of the chain. */
const INVOICE_SECONDS = 1_800;

/**
 * The scanner on tables in memory and a chain of its own: a real one, which mines when a test wants it to, and somebody who pays on it.
 */
export async function createChainDesk() {
  const anvil: Anvil = await startAnvil({ minesOnDemand: true });
  const lab = new LabChain(anvil.rpcUrl);
  const mine = async () => {
    await lab.ask('evm_mine');
  };
  const payer = await createPayer(anvil.rpcUrl, mine);
  const desk = createScanDesk();
  const endpoint = createEndpoint(anvil.rpcUrl);
  const accepted: { symbol: string; tokenAddress: string | null }[] = [{ symbol: 'ETH', tokenAddress: null }];

  async function headSeconds(): Promise<number> {
    const client = new ChainClient(endpoint);
    return (await client.head(Deadline.in(5_000, Date.now))).timestampSeconds;
  }

  return {
    desk,
    payer,
    lab,
    mine,
    endpoint,
    accepted,
    async place(n: number, payment: Partial<OnChainOrderPayment> = {}): Promise<string> {
      const expires = { expires_at: isoTime(((await headSeconds()) + INVOICE_SECONDS) * 1_000) };
      await desk.place(n, expires, { token_address: null, ...payment });
      return payAddress(n);
    },
    /** Lets time pass, and mines a block after it. */
    async passTime(seconds: number) {
      await lab.ask('evm_increaseTime', [seconds]);
      await mine();
    },
    async scan(rpc: JsonRpc = endpoint) {
      const nowMs = (await headSeconds()) * 1_000;
      desk.clock.advance(Math.max(0, nowMs - desk.clock.now()));
      const pass = desk.pass(desk.client, { rpc });
      return scanChain({ ...pass, accepted });
    },
    async stop() {
      payer.close();
      await anvil.stop();
    },
  };
}
