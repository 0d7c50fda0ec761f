/** Where a wallet's policy is kept: a row of its own, so that a change of it is no rival of the wallet's signing. */
export function policyKey(walletId: string) {
  return { pk: `WALLET#${walletId}`, sk: 'POLICY' };
}
