import { formatEther, parseEther } from 'ethers';
import type { HavenClient } from '#shared/client/haven-client.ts';
import type { LocalInfo } from './instance.ts';
import { fund } from './seed.ts';

/** A confirmation takes about three seconds here; this much only on a very busy machine. */
const CONFIRM_TIMEOUT_MS = 60_000;
const POLL_MS = 150;

/** One line of the timeline: milliseconds since the job began, and what happened. */
export type Timeline = (elapsedMs: number, text: string) => void;

/**
 * Haven's main job, through the API alone: a wallet under KMS, HAVEN minted to it, HAVEN transferred from it, both
 * followed to their confirmation on the chain.
 *
 * @param say writes a line of the timeline
 */
export async function runMainJob(client: HavenClient, info: LocalInfo, say: Timeline): Promise<void> {
  const started = performance.now();
  const tell = (text: string) => say(performance.now() - started, text);

  const wallet = await client.createWallet({ body: { purpose: 'user', label: 'Demo', tags: { demo: 'yes' } } });
  tell(`wallet   ${wallet.id} is ${wallet.address}; its key is encrypted under KMS`);
  await fund(info.rpcUrl, wallet.address, '1');

  const mint = await client.mintTokens({ body: { to: wallet.address, amount: parseEther('100').toString() } });
  tell(`mint     100 HAVEN to the wallet: accepted as ${mint.id}`);
  await follow(client, mint.id, 'mint', tell);

  const to = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
  const transfer = await client.transferTokens({
    body: { wallet_id: wallet.id, to, amount: parseEther('25').toString() },
  });
  tell(`transfer 25 HAVEN to ${to}: accepted as ${transfer.id}`);
  await follow(client, transfer.id, 'transfer', tell);

  const { balances } = await client.getBalances({ params: { id: wallet.id }, query: { chain_id: info.chainId } });
  const held = balances.map(({ asset, amount }) => `${formatEther(amount)} ${asset}`).join(' and ');
  tell(`balance  the wallet has ${held}, as the chain says`);

  const audit = await client.verifyAudit({ body: { wallet_id: wallet.id } });
  tell(`audit    ${audit.entries} entries of the wallet, hash chain ${audit.verified ? 'verified' : 'BROKEN'}`);
  if (!audit.verified) throw new Error('The audit stream of the demo wallet does not verify');
}

/** Reports every state that a transaction passes through. */
async function follow(client: HavenClient, id: string, name: string, tell: (text: string) => void): Promise<void> {
  const until = Date.now() + CONFIRM_TIMEOUT_MS;
  let told = 0;
  while (Date.now() < until) {
    const transaction = await client.getTransaction({ params: { id } });
    for (const event of transaction.history.slice(told)) {
      const status = event.action.replace('transaction.', '');
      tell(`${name.padEnd(8)} ${status.padEnd(9)} ${describe(status, transaction)}`.trimEnd());
    }
    told = transaction.history.length;
    if (transaction.status === 'confirmed') return;
    if (transaction.failure !== null) throw new Error(`${id} ${transaction.status}: ${transaction.failure.message}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${id} was not confirmed within ${CONFIRM_TIMEOUT_MS / 1000} s`);
}

function describe(
  status: string,
  transaction: {
    readonly nonce: number | null;
    readonly hash: string | null;
    readonly block_number: number | null;
    readonly confirmations: number;
  },
): string {
  switch (status) {
    case 'signed':
      return `nonce ${transaction.nonce}, stored before anyone saw it`;
    case 'submitted':
      return `${transaction.hash}`;
    case 'mined':
      return `in block ${transaction.block_number}`;
    case 'confirmed':
      return `${transaction.confirmations} confirmations`;
    default:
      return '';
  }
}
