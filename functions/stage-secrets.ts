import { jsonSecretReader, type SecretReader } from '#shared/platform/aws/secrets.ts';
import {
  notifySecretSchema,
  pepperSecretSchema,
  shopSecretSchema,
  signingSecretSchema,
} from '#shared/platform/aws/stage-secrets.ts';
import {
  type ChainClientOptions,
  type ChainClients,
  createChainClients,
} from '#shared/platform/chain/chain-clients.ts';
import { namedEndpoints, type RpcEndpoints, rpcSecretSchema } from '#shared/platform/chain/rpc-endpoints.ts';
import type { Clock } from '#shared/platform/clock.ts';
import { createListPager, type ListPager } from '#shared/platform/http/list-pager.ts';
import type { Log } from '#shared/platform/log/logger.ts';

/** The pager of this stage's lists. */
export function stagePager(secretArn: string, clock: Clock): ListPager {
  const read = jsonSecretReader(secretArn, 'SIGNING_SECRET', signingSecretSchema, clock);
  return createListPager(async () => (await read()).signing_key);
}

/** Reads the pepper of this stage's API keys. */
export function stagePepper(secretArn: string, clock: Clock): () => Promise<string> {
  const read = jsonSecretReader(secretArn, 'PEPPER_SECRET', pepperSecretSchema, clock);
  return async () => (await read()).pepper;
}

/** Reads the secret with which carts are sealed, and tokens of carts and orders hashed. */
export function stageShopKey(secretArn: string, clock: Clock): () => Promise<string> {
  const read = jsonSecretReader(secretArn, 'SHOP_SECRET', shopSecretSchema, clock);
  return async () => (await read()).shop_key;
}

/** Reads the secret with which signing secrets and secret addresses of channels and endpoints are sealed. */
export function stageNotifyKey(secretArn: string, clock: Clock): () => Promise<string> {
  const read = jsonSecretReader(secretArn, 'NOTIFY_SECRET', notifySecretSchema, clock);
  return async () => (await read()).notify_key;
}

/** Clients of this stage's chains. */
export function stageChainClients(
  secretArn: string,
  clock: Clock,
  log: Log,
  options: Omit<ChainClientOptions, 'clock'>,
): ChainClients {
  return createChainClients(stageRpcEndpoints(secretArn, clock), log, { ...options, clock });
}

/** Reads where this stage's RPC endpoints are. */
export function stageRpcEndpoints(secretArn: string, clock: Clock): SecretReader<RpcEndpoints> {
  return jsonSecretReader(secretArn, 'RPC_SECRET', rpcSecretSchema, clock);
}

/** The names of a chain's endpoints, and nothing else of the secret; none: it has no endpoints. */
export function endpointNamesOf(read: SecretReader<RpcEndpoints>): (chainId: number) => Promise<readonly string[]> {
  return async (chainId) => {
    const listed = (await read())[String(chainId)];
    return listed === undefined ? [] : namedEndpoints(listed).endpoints.map(({ name }) => name);
  };
}
