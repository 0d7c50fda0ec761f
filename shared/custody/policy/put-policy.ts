import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { canonicalJson } from '#shared/platform/canonical-json.ts';
import type { ChainRegistry } from '#shared/platform/chain/chain-config.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { NOT_EXISTS, WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { PrincipalContext } from '#shared/platform/http/bound-route.ts';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { WalletStore } from '../wallet-store.ts';
import { type NamedToken, nameAssets } from './name-assets.ts';
import { NO_LIMITS, type PolicyRules, policyRulesSchema, policyStream, type StoredPolicy } from './policy.ts';
import type { PolicyBody } from './policy-request.ts';
import { policyKey } from './policy-row.ts';
import type { PolicyStore } from './policy-store.ts';
import type { PolicyView } from './policy-view.ts';
import { checkTopUps } from './top-up-rules.ts';

/** What managing policies needs. */
export interface PolicyDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly wallets: Pick<WalletStore, 'get'>;
  readonly policies: PolicyStore;
  readonly chains: ChainRegistry;
  /** The token that goes by a name, if one is configured. */
  readonly namedToken: () => Promise<NamedToken | undefined>;
  readonly clock: Clock;
}

/**
 * A wallet's policy; one that was never given is version 0 and limits nothing.
 *
 * @throws WALLET_NOT_FOUND
 */
export async function showPolicy(deps: PolicyDependencies, walletId: string): Promise<PolicyView> {
  const [wallet, stored] = await Promise.all([deps.wallets.get(walletId), deps.policies.get(walletId)]);
  return stored ?? { ...NO_LIMITS, wallet_id: wallet.id, updated_at: null, version: 0 };
}

/**
 * Gives a wallet a policy in place of the one before, with an audit entry that has both. To put what is there already
 * changes nothing. Functions that remember the one before accept by it for five seconds more; before signing every
 * transaction is held against the new one.
 *
 * @throws WALLET_NOT_FOUND, INVALID_PARAMETER, VERSION_MISMATCH when If-Match names another version, WRITE_CONFLICT
 */
export async function putPolicy(
  deps: PolicyDependencies,
  walletId: string,
  body: PolicyBody,
  context: PrincipalContext,
): Promise<PolicyView> {
  const [wallet, before] = await Promise.all([deps.wallets.get(walletId), deps.policies.get(walletId)]);
  const version = before?.version ?? 0;
  if (context.ifMatchVersion !== undefined && context.ifMatchVersion !== version) {
    throw new HavenError('VERSION_MISMATCH', `The policy of ${wallet.id} is at version ${version}`, {
      details: { version },
    });
  }
  const rules = await rulesOf(deps, walletId, body);
  const rulesBefore = policyRulesSchema.parse(before ?? NO_LIMITS);
  if (before?.address !== undefined && canonicalJson(rules) === canonicalJson(rulesBefore)) return before;
  const stream = policyStream(walletId);
  const at = isoTime(deps.clock());
  const { entry, head } = nextEntry(
    stream,
    before ?? emptyHead(stream),
    {
      action: 'policy.changed',
      actor: context.principal.id,
      severity: 'WARNING',
      request_id: context.requestId,
      detail: { wallet_id: walletId, version: version + 1, before: rulesBefore, after: rules },
    },
    at,
  );
  // An address never changes: what was kept first is what the fewest could have put there.
  const address = before?.address ?? wallet.address;
  const saved: StoredPolicy = { ...rules, ...head, wallet_id: walletId, address, updated_at: at, version: version + 1 };
  const write = new WriteTransaction();
  write.put(
    deps.tables.ledger,
    { ...policyKey(walletId), ...saved },
    () => new HavenError('WRITE_CONFLICT', 'The policy was changed meanwhile; try again', { retryAfterSeconds: 1 }),
    version === 0
      ? NOT_EXISTS
      : { expression: '#version = :before', names: { '#version': 'version' }, values: { ':before': version } },
  );
  appendEntry(write, deps.tables.audit, entry);
  await write.commit(deps.client, context.deadline);
  return saved;
}

async function rulesOf(deps: PolicyDependencies, walletId: string, body: PolicyBody): Promise<PolicyRules> {
  const { chains } = deps;
  const token = await deps.namedToken();
  for (const [index, id] of (body.allowed_chains ?? []).entries()) chains.get(id, `body.allowed_chains[${index}]`);
  const low = nameAssets(body.balance.low, chains, token, 'body.balance.low');
  const tokenAt = low.findIndex(({ token_address }) => token_address !== null);
  if (tokenAt !== -1) {
    throw fieldError('INVALID_PARAMETER', `body.balance.low[${tokenAt}]`, "must be a chain's own coin");
  }
  return {
    ...body,
    allowed_chains: unique(body.allowed_chains),
    allowed_destinations: unique(body.allowed_destinations),
    allowed_selectors: unique(body.allowed_selectors),
    max_value_per_transaction: nameAssets(
      body.max_value_per_transaction,
      chains,
      token,
      'body.max_value_per_transaction',
    ),
    max_value_per_day: nameAssets(body.max_value_per_day, chains, token, 'body.max_value_per_day'),
    balance: { low, top_up: await checkTopUps(deps, walletId, body.balance.top_up, low, token) },
  };
}

function unique<T extends string | number>(values: readonly T[] | null): T[] | null {
  return values === null ? null : [...new Set(values)];
}
