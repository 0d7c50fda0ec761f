import type * as z from 'zod';
import type { WalletDirectory } from '#shared/custody/use-wallet.ts';
import type { ChainClients } from '#shared/platform/chain/chain-clients.ts';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import type { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import { type AcceptDependencies, acceptTransaction } from '#shared/transactions/accept.ts';
import type { OpenCostReader } from '#shared/transactions/open-cost.ts';
import type { Speed, Transaction } from '#shared/transactions/transaction.ts';
import type { UserDirectory } from '#shared/users/use-user.ts';
import type { getBalancesRoute, tokenView, userBalanceView } from './routes.ts';
import { burnData, tokenCall } from './token-call.ts';
import { NoHavenToken, readTokenBalance, readTokenFacts, type TokenFacts, tokenInterface } from './token-contract.ts';
import {
  type SaveTokenSettingsDependencies,
  saveTokenSettings,
  type TokenSettings,
  type TokenSettingsReader,
} from './token-settings.ts';

/** What the token's use cases need. */
export interface TokenDependencies {
  readonly settings: TokenSettingsReader;
  readonly wallets: WalletDirectory;
  readonly clients: ChainClients;
  readonly chains: ChainRegistry;
  readonly openCost: OpenCostReader;
}

/** Of the native coin of every EVM chain. */
const NATIVE_DECIMALS = 18;

type TokenView = z.output<typeof tokenView>;

/** Shows the token as the chain has it. */
export async function showToken(deps: TokenDependencies, deadline: Deadline): Promise<TokenView> {
  const settings = await deps.settings.get();
  return toView(settings, await factsOf(deps, settings, deadline));
}

/**
 * Stores which contract is the token and which wallet mints, after asking the chain whether that can work.
 *
 * @throws INVALID_PARAMETER when the contract is no HavenToken, the wallet may not mint on it, or the chain is not
 *   configured
 */
export async function configureToken(
  deps: TokenDependencies & Omit<SaveTokenSettingsDependencies, 'reader'>,
  wanted: Pick<TokenSettings, 'chain_id' | 'address' | 'minter_wallet_id'>,
  context: IdempotentContext,
): Promise<TokenView> {
  deps.chains.get(wanted.chain_id, 'body.chain_id');
  const facts = await factsOf(deps, wanted, context.deadline).catch((error: unknown) => {
    throw error instanceof NoHavenToken ? fieldError('INVALID_PARAMETER', 'body.address', error.instead) : error;
  });
  if (!facts.minterMayMint) {
    throw fieldError('INVALID_PARAMETER', 'body.minter_wallet_id', 'has no MINTER_ROLE on this contract');
  }
  const saved = await saveTokenSettings(
    { ...deps, reader: deps.settings },
    { ...wanted, decimals: facts.decimals },
    context,
    (settings) => toView(settings, facts),
  );
  return toView(saved, facts);
}

/** What a caller says about a token movement. */
export interface TokenMovement {
  readonly to: string;
  /** Base units. */
  readonly amount: string;
  readonly speed: Speed;
  readonly reference: string | null;
}

/** Mints, by an ordinary transaction of the minter's lane. */
export async function mintTokens(
  deps: TokenDependencies & AcceptDependencies,
  movement: TokenMovement,
  context: IdempotentContext,
): Promise<Transaction> {
  const settings = await deps.settings.get();
  return moveTokens(deps, settings, settings.minter_wallet_id, 'mint', movement, context);
}

/** Transfers, by an ordinary transaction of the wallet's lane. */
export async function transferTokens(
  deps: TokenDependencies & AcceptDependencies,
  walletId: string,
  movement: TokenMovement,
  context: IdempotentContext,
): Promise<Transaction> {
  return moveTokens(deps, await deps.settings.get(), walletId, 'transfer', movement, context);
}

/** Burns what a wallet holds, by an ordinary transaction of its own lane. */
export async function burnTokens(
  deps: TokenDependencies & AcceptDependencies,
  walletId: string,
  { amount, speed, reference }: Omit<TokenMovement, 'to'>,
  context: IdempotentContext,
): Promise<Transaction> {
  const settings = await deps.settings.get();
  deps.chains.get(settings.chain_id);
  return acceptTransaction(deps, tokenCall(settings, walletId, burnData(amount), speed, reference), context);
}

/**
 * What a user has of the token, and the block at which it was read.
 *
 * @throws USER_NOT_FOUND, TOKEN_NOT_CONFIGURED, CONTRACT_REVERT, RPC_CONNECTION
 */
export async function userBalance(
  deps: TokenDependencies & { readonly users: UserDirectory },
  userId: string,
  deadline: Deadline,
): Promise<z.input<typeof userBalanceView>> {
  const [settings, user] = await Promise.all([deps.settings.get(), deps.users.get(userId)]);
  const client = await deps.clients.for(settings.chain_id);
  const { balance, blockNumber } = await readTokenBalance(client, settings.address, user.address, deadline);
  return {
    user_id: user.id,
    wallet_id: user.wallet_id,
    address: user.address,
    chain_id: settings.chain_id,
    asset: 'HAVEN',
    token_address: settings.address,
    decimals: settings.decimals,
    amount: balance.toString(),
    block_number: blockNumber,
  };
}

/** What a wallet has on a chain: the native coin and, where it lives there, the token. */
export async function walletBalances(
  deps: TokenDependencies,
  walletId: string,
  chainId: number,
  deadline: Deadline,
): Promise<z.input<typeof getBalancesRoute.response>> {
  const chain = deps.chains.get(chainId, 'query.chain_id');
  const wallet = await deps.wallets.identity(walletId);
  const client = await deps.clients.for(chainId);
  const [account, open] = await Promise.all([
    client.account(wallet.address, deadline),
    deps.openCost({ chain_id: chainId, address: wallet.address }),
  ]);
  const native = {
    asset: chain.native_asset,
    token_address: null,
    decimals: NATIVE_DECIMALS,
    amount: account.balanceWei.toString(),
    block_number: account.head.number,
    reserved: open.reservedWei.toString(),
    reserved_is_partial: open.isPartial,
  };
  const token = await deps.settings.get().catch((error: unknown) => {
    if (error instanceof HavenError && error.code === 'TOKEN_NOT_CONFIGURED') return undefined;
    throw error;
  });
  if (token?.chain_id !== chainId) {
    return { wallet_id: walletId, address: wallet.address, chain_id: chainId, balances: [native] };
  }
  const { balance, blockNumber } = await readTokenBalance(client, token.address, wallet.address, deadline);
  const held = {
    asset: 'HAVEN',
    token_address: token.address,
    decimals: token.decimals,
    amount: balance.toString(),
    block_number: blockNumber,
    reserved: null,
    reserved_is_partial: false,
  };
  return { wallet_id: walletId, address: wallet.address, chain_id: chainId, balances: [native, held] };
}

async function moveTokens(
  deps: AcceptDependencies,
  settings: TokenSettings,
  walletId: string,
  method: 'mint' | 'transfer',
  { to, amount, speed, reference }: TokenMovement,
  context: IdempotentContext,
): Promise<Transaction> {
  deps.chains.get(settings.chain_id);
  const data = tokenInterface.encodeFunctionData(method, [to, BigInt(amount)]);
  return acceptTransaction(deps, tokenCall(settings, walletId, data, speed, reference), context);
}

async function factsOf(
  deps: TokenDependencies,
  settings: Pick<TokenSettings, 'chain_id' | 'address' | 'minter_wallet_id'>,
  deadline: Deadline,
): Promise<TokenFacts> {
  const minter = await deps.wallets.identity(settings.minter_wallet_id);
  const client = await deps.clients.for(settings.chain_id);
  return readTokenFacts(client, settings.address, minter.address, deadline);
}

function toView(settings: TokenSettings, facts: TokenFacts): TokenView {
  return {
    chain_id: settings.chain_id,
    address: settings.address,
    minter_wallet_id: settings.minter_wallet_id,
    name: facts.name,
    symbol: facts.symbol,
    decimals: facts.decimals,
    total_supply: facts.totalSupply.toString(),
    paused: facts.paused,
    block_number: facts.blockNumber,
    version: settings.version,
  };
}
