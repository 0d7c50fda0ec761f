import { setTimeout as pause } from 'node:timers/promises';
import { keccak256, type TransactionReceipt, type TransactionRequest, type Wallet } from 'ethers';
import type { WaitOptions } from './chain-session.ts';
import { reasonOf } from './reason.ts';

/** Fifteen mainnet blocks: a transaction that pays the going fee is in one of them. */
const CONFIRM_TIMEOUT_MS = 180_000;

/** A local chain mines at once and mainnet every 12 s; twice a second is soon enough for both. */
const POLL_INTERVAL_MS = 500;

/**
 * Sends a transaction and waits until it is in a block. It is signed before it is sent, so every error after that
 * names its hash: what may have been sent is looked up, not sent again.
 *
 * @throws Error with the transaction's hash when it was refused, not mined in time, or reverted
 */
export async function sendAndConfirm(
  wallet: Wallet,
  request: TransactionRequest,
  options: WaitOptions = {},
): Promise<TransactionReceipt> {
  const signed = await wallet.signTransaction(await wallet.populateTransaction(request));
  const hash = keccak256(signed);
  try {
    await providerOf(wallet).broadcastTransaction(signed);
  } catch (error) {
    throw new Error(
      `Sending transaction ${hash} failed (${reasonOf(error)}); look it up on the chain before you try again`,
    );
  }
  const receipt = await waitForReceipt(wallet, hash, options.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS);
  if (receipt.status !== 1) throw new Error(`Transaction ${hash} was mined but reverted`);
  return receipt;
}

/** Not ethers' own wait: it writes a failed request, with the endpoint's URL, to the console. */
async function waitForReceipt(wallet: Wallet, hash: string, timeoutMs: number): Promise<TransactionReceipt> {
  const patience = AbortSignal.timeout(timeoutMs);
  let obstacle = '';
  do {
    try {
      const receipt = await providerOf(wallet).getTransactionReceipt(hash);
      if (receipt !== null) return receipt;
      obstacle = 'no block has it';
    } catch (error) {
      obstacle = reasonOf(error);
    }
    await pause(POLL_INTERVAL_MS);
  } while (!patience.aborted);
  throw new Error(
    `Transaction ${hash} was sent, but is not confirmed after ${timeoutMs / 1000} s (${obstacle}); look it up on the chain before you try again`,
  );
}

function providerOf(wallet: Wallet) {
  if (wallet.provider === null) throw new Error('The wallet is not connected to a chain');
  return wallet.provider;
}
