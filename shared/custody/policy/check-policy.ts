import { type Asset, assetKey } from './asset.ts';
import { type DecodedCall, decodeCall } from './decode-call.ts';
import type { AssetAmount, Policy, PolicyRules } from './policy.ts';

/** What a policy judges: what a transaction does, in the words of the chain. Amounts in wei, as decimal strings. */
export interface PolicySubject {
  readonly chain_id: number;
  readonly from: string;
  readonly to: string;
  readonly value: string;
  /** Hex with 0x. */
  readonly data: string;
}

/** The rules that can refuse a transaction, named as the policy's fields. */
export type PolicyRule =
  | 'allowed_chains'
  | 'allowed_destinations'
  | 'allowed_selectors'
  | 'max_value_per_transaction'
  | 'max_value_per_day';

/** Why a transaction is refused. */
export interface Violation {
  readonly rule: PolicyRule;
  /** A sentence that names the rule and what broke it. */
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** An amount that a transaction may cost, held against a daily limit. */
export interface Demand {
  /** See `assetKey`. */
  readonly asset: string;
  /** The limit, in base units. */
  readonly cap: bigint;
  /** What it moves, in base units. */
  readonly value: bigint;
  /** What its fee may be, in wei; only of the chain's own coin. */
  readonly fee: bigint;
}

/** What a fee is reckoned by as long as nothing is signed. */
export interface FeeGuess {
  /** The most that is ever offered per gas on the chain, in wei. */
  readonly capWei: bigint;
  /** What it is taken to need where the policy doesn't say what it may have. */
  readonly gas: bigint;
}

/** What a transaction moves: at most the chain's own coin and one token. */
interface Movement {
  readonly asset: Asset;
  readonly amount: bigint;
}

/**
 * Which rule a transaction breaks; undefined: none. The daily limits are not judged here, because they depend on other
 * transactions: see `dayDemands`.
 */
export function violationOf(policy: PolicyRules, subject: PolicySubject): Violation | undefined {
  const call = decodeCall(subject.data);
  return (
    chainViolation(policy, subject) ??
    destinationViolation(policy, subject, call) ??
    selectorViolation(policy, call) ??
    unreadableViolation(policy, subject, call) ??
    valueViolation(policy, subject, call)
  );
}

/**
 * What a transaction takes of each daily limit that concerns it, before anything is signed. Its fee is reckoned at the
 * highest price, and with the policy's `max_gas` where it has one: then no fee can turn out higher.
 */
export function dayDemands(policy: Policy, subject: PolicySubject, guess: FeeGuess): readonly Demand[] {
  const moved = amountsMoved(subject, decodeCall(subject.data));
  const gas = policy.max_gas === null ? guess.gas : BigInt(policy.max_gas);
  const feeWei = gas * feeCapWei(policy, guess.capWei);
  return policy.max_value_per_day.flatMap((limit): Demand[] => {
    if (limit.chain_id !== subject.chain_id) return [];
    const asset = assetKey(limit);
    const value = moved.reduce((sum, item) => (assetKey(item.asset) === asset ? sum + item.amount : sum), 0n);
    const fee = limit.token_address === null ? feeWei : 0n;
    return value + fee === 0n ? [] : [{ asset, cap: BigInt(limit.amount), value, fee }];
  });
}

/** The most that a wallet offers per gas on a chain, in wei. */
export function feeCapWei(policy: Pick<PolicyRules, 'max_fee_per_gas'> | undefined, chainFeeCapWei: bigint): bigint {
  const own = policy?.max_fee_per_gas ?? null;
  return own !== null && BigInt(own) < chainFeeCapWei ? BigInt(own) : chainFeeCapWei;
}

function chainViolation({ allowed_chains }: PolicyRules, { chain_id }: PolicySubject): Violation | undefined {
  if (allowed_chains === null || allowed_chains.includes(chain_id)) return undefined;
  return {
    rule: 'allowed_chains',
    message: `allowed_chains does not have chain ${chain_id}`,
    facts: { chain_id },
  };
}

function destinationViolation(
  { allowed_destinations }: PolicyRules,
  { from, to }: PolicySubject,
  call: DecodedCall,
): Violation | undefined {
  if (allowed_destinations === null) return undefined;
  const allowed = new Set(allowed_destinations.map((address) => address.toLowerCase()));
  const refuse = (address: string, as: string): Violation => ({
    rule: 'allowed_destinations',
    message: `allowed_destinations does not have ${address}, ${as}`,
    facts: { address, as },
  });
  if (!allowed.has(to.toLowerCase())) return refuse(to, 'which it is sent to');
  if (call.kind === 'other' && call.malformed) return refuse(to, 'whose arguments for the call cannot be read');
  const party = call.kind === 'token' ? call.call.counterparty : null;
  // The wallet itself is no destination: what it does with its own tokens goes nowhere else.
  const isOutside = party !== null && party !== from.toLowerCase();
  return isOutside && !allowed.has(party) ? refuse(party, 'which its call names') : undefined;
}

function selectorViolation({ allowed_selectors }: PolicyRules, call: DecodedCall): Violation | undefined {
  if (allowed_selectors === null || call.kind === 'none' || allowed_selectors.includes(call.selector)) return undefined;
  return {
    rule: 'allowed_selectors',
    message: `allowed_selectors does not have ${call.selector}`,
    facts: { selector: call.selector },
  };
}

/** A limit on a token that a call could get around unread would be none: unless its selector is allowed by name. */
function unreadableViolation(policy: PolicyRules, subject: PolicySubject, call: DecodedCall): Violation | undefined {
  if (call.kind !== 'other') return undefined;
  if (!call.malformed && policy.allowed_selectors?.includes(call.selector) === true) return undefined;
  const token = assetKey({ chain_id: subject.chain_id, token_address: subject.to });
  const isToken = (limit: AssetAmount) => assetKey(limit) === token;
  const rule = policy.max_value_per_transaction.some(isToken)
    ? 'max_value_per_transaction'
    : policy.max_value_per_day.some(isToken)
      ? 'max_value_per_day'
      : undefined;
  if (rule === undefined) return undefined;
  return {
    rule,
    message: `${rule} limits ${subject.to}, and what the call ${call.selector} moves of it cannot be read`,
    facts: { asset: subject.to, chain_id: subject.chain_id, selector: call.selector },
  };
}

function valueViolation(policy: PolicyRules, subject: PolicySubject, call: DecodedCall): Violation | undefined {
  const moved = amountsMoved(subject, call);
  for (const limit of policy.max_value_per_transaction) {
    const item = moved.find(({ asset }) => assetKey(asset) === assetKey(limit));
    if (item === undefined || item.amount <= BigInt(limit.amount)) continue;
    return {
      rule: 'max_value_per_transaction',
      message: `max_value_per_transaction is ${limit.amount} of ${limit.asset} on chain ${limit.chain_id}; it moves ${item.amount}`,
      facts: { asset: limit.asset, chain_id: limit.chain_id, limit: limit.amount, amount: item.amount.toString() },
    };
  }
  return undefined;
}

function amountsMoved({ chain_id, to, value }: PolicySubject, call: DecodedCall): readonly Movement[] {
  const native = { asset: { chain_id, token_address: null }, amount: BigInt(value) };
  return call.kind === 'token'
    ? [native, { asset: { chain_id, token_address: to }, amount: call.call.amount }]
    : [native];
}
