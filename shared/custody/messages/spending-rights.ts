import type { CheckedTypedData } from './typed-data.ts';
import type { TypedDataTypes } from './typed-data-field.ts';

/**
 * Recognises typed data that lets somebody spend, move or call in the signer's name. Such a signature is as good as a
 * transaction, and costs whoever holds it nothing to keep. There is no list of all schemes, so this goes by whom they are
 * for, what they are called and what they are made of, and refuses what it isn't sure of: a wallet's own list of allowed
 * typed data (signing-policy.ts) lets in what is wanted. Tried with the structs of the schemes themselves:
 * test/unit/custody/messages/spending-rights.test.ts.
 */

/** https://github.com/Uniswap/permit2: at this address on every chain. */
const PERMIT2 = '0x000000000022d473030f116ddee9f6b43ac78ba3';

/** Names that known schemes have in their domains, as `plain` writes them. */
const SPENDING_DOMAINS =
  /permit|seaport|opensea|gnosisprotocol|cowswap|0x|zeroex|1inch|uniswap|zksync|balancer|exchange|marketplace|forwarder|wyvern|looksrare|blur|rarible|hyperliquid|dydx|loopring|vertex|biconomy|delegationmanager|entrypoint|settlement/;

/** Names of structs, as `plain` writes them. */
const SPENDING_NAMES = new RegExp(
  [
    // Rights: permits, allowances, delegations, sessions, agents.
    ...[
      'permit',
      'permission',
      'approv',
      'allowance',
      'authoriz',
      'authoris',
      'delegat',
      'session',
      'signer',
      '^agent',
    ],
    // Money and goods: orders, quotes, vouchers, mints, transfers, bridges.
    ...[
      'order',
      'quote',
      'swap',
      'offer',
      'listing',
      'auction',
      'sale$',
      'voucher',
      'mint',
      'redeem',
      'redemption',
      'claim',
    ],
    ...['transfer', 'withdraw', 'deposit', 'spend', 'payment', 'send$', 'bridge', 'borrow', 'joinpool', 'exitpool'],
    // Calls: meta-transactions, operations of smart accounts, intents.
    ...[
      'transaction',
      'metatx',
      'safetx',
      'userop',
      'forwardrequest',
      'relayrequest',
      'execut',
      'multicall',
      '^calls?$',
      'intent',
    ],
    ...['withsig', 'bysig'],
    // What wraps another payload, or stands for one: accounts take it as their owner's word (ERC-1271, ERC-7739).
    ...['safemessage', 'typeddatasign', 'personalsign', 'smartwalletmessage'],
  ].join('|'),
);

/** Fields that name who is given a right, or that one is given. */
const GRANTEE =
  /^(spender|operator|delegate|delegatee|grantee|manager|relayer|executor|authorized|authorised|allowed|allowance|approved|approval|sessionkey|is(allowed|approved|authorized|authorised|operator|manager))$/;
const AMOUNT = /amount|quantity|price|^(value|wad|tokenids?|assets?|shares?)$/;
/** What makes a signature good once, or until then: a contract that acts on signatures can't do without. */
const LIMIT = /nonce|deadline|expir|^valid|^salt$|^uid$|^endtime$|^counter$/;
const TARGET = /^(to|target|targets|destination|callee|dest)$/;
const CALL = /^(data|calldata|callbytes|payload|functionsignature|functioncall|txdata|transactiondata)$/;

/** What some typed data is held against. */
export type Judged = Pick<CheckedTypedData, 'types' | 'primaryType' | 'verifyingContract' | 'domainName'>;

/**
 * What of some typed data looks like a right to spend. Nothing does when all of this holds:
 *
 * - its domain is not that of a known scheme, nor is its contract Permit2 or the wallet itself (which a smart account of
 *   EIP-7702 at the wallet's address would take orders by);
 * - no struct has a name of SPENDING_NAMES;
 * - no struct has a field of GRANTEE, an AMOUNT with a LIMIT, or bytes to CALL with a TARGET or a LIMIT;
 * - with a contract in its domain, no struct has a LIMIT at all: no contract is meant to act on it;
 * - the primary struct says something besides hashes and bytes.
 *
 * @param walletAddress of the wallet that is to sign
 * @returns undefined when nothing does; else the domain, the struct or the contract, for the caller
 */
export function spendingRight(
  { types, primaryType, verifyingContract, domainName }: Judged,
  walletAddress: string,
): string | undefined {
  const contract = verifyingContract?.toLowerCase();
  if (contract === PERMIT2) return 'the contract Permit2';
  if (contract === walletAddress.toLowerCase()) return 'the wallet itself as the contract';
  if (domainName !== undefined && SPENDING_DOMAINS.test(plain(domainName))) return 'the name of its domain';
  if ((types[primaryType] ?? []).every(({ type }) => /^bytes/.test(type))) return 'nobody can see what it stands for';
  const found = Object.entries(types).find(([name, fields]) => grants(name, fields, contract !== undefined));
  return found === undefined ? undefined : `the struct ${found[0]}`;
}

function grants(name: string, fields: TypedDataTypes[string], hasContract: boolean): boolean {
  const has = (pattern: RegExp) => fields.some((field) => pattern.test(plain(field.name)));
  const hasCall = fields.some((field) => CALL.test(plain(field.name)) && field.type.startsWith('bytes'));
  const isLimited = has(LIMIT);
  return (
    SPENDING_NAMES.test(plain(name)) ||
    has(GRANTEE) ||
    (has(AMOUNT) && isLimited) ||
    (hasCall && (isLimited || has(TARGET))) ||
    (hasContract && isLimited)
  );
}

/** Schemes write the same name in many ways. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
