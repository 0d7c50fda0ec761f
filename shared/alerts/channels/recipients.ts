/** Whom a stage lets alerts be mailed to. IAM holds the same: the role that mails may mail to nobody else. */
export interface RecipientRules {
  /** In lower case: every address there. */
  readonly domains: readonly string[];
  /** Each by itself: those that the stage mails anyway. */
  readonly addresses: readonly string[];
}

/** An address with its domain in lower case: what stands before is for the receiver to compare. */
export function normalisedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}${address.slice(at).toLowerCase()}`;
}

/** Whether an address may be mailed to. */
export function mayReceive({ domains, addresses }: RecipientRules, address: string): boolean {
  return addresses.includes(address) || domains.includes(address.slice(address.lastIndexOf('@') + 1));
}
