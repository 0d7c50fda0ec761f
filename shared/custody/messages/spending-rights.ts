import type { TypedDataTypes } from './typed-data-field.ts';

/**
 * Recognises typed data that lets somebody spend, move or call in the signer's name. Such a signature is as good as a
 * transaction, and costs whoever holds it nothing to keep. There is no list of all schemes, so this goes by what they are
 * called and what they are made of: ERC-2612 and DAI permits, Permit2, ERC-3009, orders (Seaport, 0x, CoW), meta-transactions
 * (ERC-2771), Safe transactions, ERC-4337 operations, delegations. What it misses a wallet's own list of allowed typed
 * data keeps out (signing-policy.ts).
 */

/** https://github.com/Uniswap/permit2: at this address on every chain. */
const PERMIT2 = '0x000000000022d473030f116ddee9f6b43ac78ba3';

/** Names of structs, in lower case. */
const SPENDING_NAMES =
  /permit|order|withauthorization|forwardrequest|metatransaction|metatx|safetx|useroperation|userop|delegation|allowance|approv|transferfrom|^transfer$|^withdraw|^execute|^call$|^calls$/;

/** Fields that name who is given a right. */
const GRANTEE = /^(spender|operator|delegate|delegatee|allowed|allowance|approved|approval)$/;
const AMOUNT = /^(value|amount|amounts|wad|quantity|price|startamount|endamount)$/;
/** What makes a signature good once, or until then. */
const LIMIT =
  /^(nonce|nonces|salt|deadline|sigdeadline|expiry|expiration|expires|validbefore|validafter|validto|endtime)$/;
const TARGET = /^(to|target|targets|destination|callee)$/;
const CALL = /^(data|calldata|callbytes|payload)$/;

/**
 * What of some typed data looks like a right to spend.
 *
 * @param types without EIP712Domain
 * @param verifyingContract of the domain
 * @returns undefined when nothing does; else the struct or the contract, for the caller
 */
export function spendingRight(types: TypedDataTypes, verifyingContract: string | undefined): string | undefined {
  if (verifyingContract?.toLowerCase() === PERMIT2) return 'the contract Permit2';
  const found = Object.entries(types).find(([name, fields]) => {
    const names = fields.map((field) => plain(field.name));
    const has = (pattern: RegExp) => names.some((field) => pattern.test(field));
    return (
      SPENDING_NAMES.test(plain(name)) ||
      has(GRANTEE) ||
      (has(AMOUNT) && has(LIMIT)) ||
      (has(TARGET) && fields.some((field) => CALL.test(plain(field.name)) && field.type.startsWith('bytes')))
    );
  });
  return found === undefined ? undefined : `the struct ${found[0]}`;
}

/** Schemes write the same name in many ways. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '');
}
