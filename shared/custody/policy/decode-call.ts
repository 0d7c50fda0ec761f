/** What a call of an ERC-20 does, as far as a policy asks. */
export interface TokenCall {
  /** Who else is concerned: who receives, may spend, or has tokens taken. Lower case; null: nobody. */
  readonly counterparty: string | null;
  /** Base units that it moves, or lets someone move. */
  readonly amount: bigint;
}

/** What calldata says: a call that is understood, one that isn't, or none. */
export type DecodedCall =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly selector: string; readonly call: TokenCall }
  /** `malformed`: the selector is known, its arguments are not as Solidity writes them. */
  | { readonly kind: 'other'; readonly selector: string; readonly malformed: boolean };

interface Layout {
  /** Which argument is the counterparty; undefined: none. */
  readonly counterparty?: number;
  readonly amount: number;
  /** Arguments that are addresses. */
  readonly addresses: readonly number[];
  readonly words: number;
}

const TO_AMOUNT: Layout = { counterparty: 0, amount: 1, addresses: [0], words: 2 };

/**
 * Calls that move tokens or let others move them: ERC-20 (https://eips.ethereum.org/EIPS/eip-20), its burnable extension
 * and mint as OpenZeppelin names them. By selector: the first 4 bytes of the signature's Keccak-256.
 */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  /** transfer(address,uint256) */
  '0xa9059cbb': TO_AMOUNT,
  /** transferFrom(address,address,uint256) */
  '0x23b872dd': { counterparty: 1, amount: 2, addresses: [0, 1], words: 3 },
  /** approve(address,uint256) */
  '0x095ea7b3': TO_AMOUNT,
  /** increaseAllowance(address,uint256) */
  '0x39509351': TO_AMOUNT,
  /** mint(address,uint256) */
  '0x40c10f19': TO_AMOUNT,
  /** burn(uint256) */
  '0x42966c68': { amount: 0, addresses: [], words: 1 },
  /** burn(address,uint256) */
  '0x9dc29fac': TO_AMOUNT,
  /** burnFrom(address,uint256) */
  '0x79cc6790': TO_AMOUNT,
};

const SELECTOR_CHARS = 10;
const WORD_CHARS = 64;
/** An address is 20 bytes at the end of its word; what stands before it must be zero. */
const ADDRESS_PADDING_CHARS = 24;

/**
 * Reads calldata. Calls of ERC-20s are read strictly: arguments that are cut off, or addresses with anything before
 * them, are not guessed at, because contracts differ in what they make of them.
 *
 * @param data hex with 0x
 */
export function decodeCall(data: string): DecodedCall {
  const hex = data.toLowerCase();
  if (hex === '0x') return { kind: 'none' };
  const selector = hex.slice(0, SELECTOR_CHARS);
  // By own name: `constructor` and its like are no selectors, but nobody should have to think of it.
  const layout = Object.hasOwn(LAYOUTS, selector) ? LAYOUTS[selector] : undefined;
  if (layout === undefined) return { kind: 'other', selector, malformed: false };
  const words = Array.from({ length: layout.words }, (_, index) => {
    const start = SELECTOR_CHARS + index * WORD_CHARS;
    return hex.slice(start, start + WORD_CHARS);
  });
  const isWhole = words.every((word) => word.length === WORD_CHARS);
  const padding = '0'.repeat(ADDRESS_PADDING_CHARS);
  if (!isWhole || !layout.addresses.every((index) => words[index]?.startsWith(padding) === true)) {
    return { kind: 'other', selector, malformed: true };
  }
  const party = layout.counterparty === undefined ? undefined : words[layout.counterparty];
  const counterparty = party === undefined ? null : `0x${party.slice(ADDRESS_PADDING_CHARS)}`;
  return { kind: 'token', selector, call: { counterparty, amount: BigInt(`0x${words[layout.amount] ?? '0'}`) } };
}
