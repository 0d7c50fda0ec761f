import { emptyHead } from '#shared/audit/audit-entry.ts';
import {
  type AssetAmount,
  NO_LIMITS,
  type PolicyRules,
  policyStream,
  type StoredPolicy,
} from '#shared/custody/policy/policy.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { TEST_NOW_MS } from './fake-clock.ts';
import { TEST_CHAIN, TEST_WALLET } from './ledger-transactions.ts';

/** The token of policies in tests: any address. */
export const LIMITED_TOKEN = '0x5FbDB2315678afecb367f032d93F642f64180aa3';

/** An amount of the test chain's own coin. */
export function ether(amount: bigint): AssetAmount {
  return { asset: 'ETH', chain_id: TEST_CHAIN.chain_id, token_address: null, amount: amount.toString() };
}

/** An amount of the test token. */
export function tokens(amount: bigint): AssetAmount {
  return {
    asset: LIMITED_TOKEN,
    chain_id: TEST_CHAIN.chain_id,
    token_address: LIMITED_TOKEN,
    amount: amount.toString(),
  };
}

/** The test wallet's policy as it is stored. */
export function storedPolicy(rules: Partial<PolicyRules> = {}, version = 1): StoredPolicy {
  return {
    ...NO_LIMITS,
    ...rules,
    ...emptyHead(policyStream(TEST_WALLET.id)),
    wallet_id: TEST_WALLET.id,
    updated_at: isoTime(TEST_NOW_MS),
    version,
  };
}
