import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { Wallet } from '../wallet.ts';
import type { WalletStore } from '../wallet-store.ts';
import { type NamedToken, nameAssets } from './name-assets.ts';
import type { AssetAmount, TopUpRule } from './policy.ts';
import type { AskedTopUp } from './policy-request.ts';
import type { PolicyStore } from './policy-store.ts';

/** What checking top-ups takes. */
interface TopUpChecks {
  readonly wallets: Pick<WalletStore, 'get'>;
  readonly policies: PolicyStore;
  readonly chains: ChainRegistry;
}

/** Treasuries that fill each other up: a wallet, its treasury, a reserve behind that, and one to spare. */
const MAX_SOURCES_IN_A_ROW = 4;

/**
 * The top-ups of a policy as they are stored: the coin by name and chain, the source a treasury wallet that is not itself
 * filled by this one, however indirectly: two wallets that fill each other would send the same money to and fro until
 * fees have eaten it.
 *
 * @param low the policy's thresholds
 * @throws INVALID_PARAMETER
 */
export async function checkTopUps(
  deps: TopUpChecks,
  walletId: string,
  asked: readonly AskedTopUp[],
  low: readonly AssetAmount[],
  token: NamedToken | undefined,
): Promise<TopUpRule[]> {
  const field = 'body.balance.top_up';
  const amounts = asked.map(({ asset, chain_id, to }) => ({
    asset,
    chain_id,
    // Without a name it is the chain's own coin: there is no other that could be meant.
    token_address: asset === undefined ? null : undefined,
    amount: to,
  }));
  const named = nameAssets(amounts, deps.chains, token, field);
  const rules: TopUpRule[] = [];
  for (const [index, { from_wallet_id }] of asked.entries()) {
    const at = `${field}[${index}]`;
    const target = named[index];
    if (target === undefined || target.token_address !== null) {
      throw fieldError('INVALID_PARAMETER', at, "must be a chain's own coin");
    }
    const { asset, chain_id, amount: to } = target;
    const threshold = low.find((limit) => limit.chain_id === chain_id);
    if (threshold !== undefined && BigInt(to) <= BigInt(threshold.amount)) {
      throw fieldError('INVALID_PARAMETER', `${at}.to`, 'must be more than the balance below which it is low');
    }
    await checkSource(deps, walletId, from_wallet_id, chain_id, `${at}.from_wallet_id`);
    rules.push({ from_wallet_id, asset, chain_id, to });
  }
  return rules;
}

async function checkSource(
  deps: TopUpChecks,
  walletId: string,
  sourceId: string,
  chainId: number,
  at: string,
): Promise<void> {
  if (sourceId === walletId) throw fieldError('INVALID_PARAMETER', at, 'must be another wallet');
  const source = await existing(deps, sourceId);
  if (source?.purpose !== 'treasury') throw fieldError('INVALID_PARAMETER', at, 'must be a treasury wallet');
  let next: string | undefined = sourceId;
  for (let count = 0; next !== undefined; count += 1) {
    if (next === walletId) throw fieldError('INVALID_PARAMETER', at, 'is topped up by this wallet itself');
    if (count === MAX_SOURCES_IN_A_ROW) {
      throw fieldError('INVALID_PARAMETER', at, `has more than ${MAX_SOURCES_IN_A_ROW - 1} sources behind it`);
    }
    const policy: Awaited<ReturnType<PolicyStore['get']>> = await deps.policies.get(next);
    next = policy?.balance.top_up.find((rule) => rule.chain_id === chainId)?.from_wallet_id;
  }
}

async function existing({ wallets }: TopUpChecks, walletId: string): Promise<Wallet | undefined> {
  try {
    return await wallets.get(walletId);
  } catch (error) {
    if (error instanceof HavenError && error.code === 'WALLET_NOT_FOUND') return undefined;
    throw error;
  }
}
