import { feeCapWei } from '#shared/custody/policy/check-policy.ts';
import type { UsableWallet } from '#shared/custody/use-wallet.ts';
import { askFees, intentCapWei } from '#shared/transactions/lane/fee-quotes.ts';
import { tokenHoldings, transferCall, withMargin } from '#shared/transactions/sweep/read-holdings.ts';
import type { DepositPass } from './deposit-pass.ts';
import type { DepositMove } from './deposit-sweep.ts';
import type { DepositSeen, TokenSeen } from './plan-deposit.ts';

/** Why a look tells nothing to act on: fees are above what may be offered, or the node has not seen the last move. */
export type Unseen = 'fees' | 'behind';

/**
 * What the chain says of a deposit address: its tokens, its coin, and what moving them costs now.
 *
 * @param moves of the sweep: a node that has not seen their blocks is not believed
 * @throws RpcTransportError, DATABASE_ERROR
 */
export async function lookAtDeposit(
  { clients, chain, deadline, tokens }: DepositPass,
  wallet: UsableWallet,
  to: string,
  moves: readonly DepositMove[],
): Promise<DepositSeen | Unseen> {
  const client = await clients.for(chain.chain_id);
  const way = { client, chain, from: wallet.address, to, policy: wallet.policy };
  const { head, balanceWei } = await client.account(wallet.address, deadline);
  if (moves.some(({ block_number }) => block_number !== null && block_number > head.number)) return 'behind';
  // Of that block or a later one, by an endpoint that has it.
  const same = client.at(head);
  const named = await tokens(chain.chain_id);
  const [holdings, quoteFor] = await Promise.all([
    tokenHoldings(
      { ...way, client: same },
      named.map(({ token_address }) => token_address),
      deadline,
    ),
    askFees(client, chain, deadline),
  ]);
  const capWei = feeCapWei(wallet.policy, intentCapWei(chain));
  const quote = quoteFor('standard', capWei);
  if (!quote.ok) return 'fees';
  const held = holdings.flatMap(({ token_address, amount }, index) => {
    const minimum = named[index]?.minimum ?? 0n;
    return token_address === null || amount === 0n ? [] : [{ token_address, amount, minimum }];
  });
  const gas = await client.estimateGas(
    [
      ...held.map(({ token_address, amount }) => ({
        from: wallet.address,
        to: token_address,
        data: transferCall(to, amount),
      })),
      { from: wallet.address, to, data: '0x' },
    ],
    deadline,
  );
  const gasAt = (index: number) => {
    const found = gas[index];
    return found?.ok === true ? withMargin(found.value) : undefined;
  };
  const coinGas = gasAt(held.length);
  // A treasury that takes no coin is none: nodes refuse no transfer of nothing to an address without code.
  if (coinGas === undefined) throw new Error(`Nodes refuse to estimate a transfer to the treasury ${to}`);
  return {
    coinWei: balanceWei,
    tokens: held.map((one, index): TokenSeen => ({ ...one, gas: gasAt(index) })),
    coinGas,
    feePerGasWei: quote.fees.maxFeePerGas,
    capWei,
  };
}
