/**
 * Where a wallet's policy is kept: a row of its own, so that a change of it is no rival of the wallet's signing, in a
 * partition of its own, so that IAM can keep everybody but who manages policies from writing it.
 */
export function policyKey(walletId: string) {
  return { pk: `POLICY#${walletId}`, sk: 'POLICY' };
}
