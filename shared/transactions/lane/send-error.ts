import { ALREADY_KNOWN, NONCE_TOO_LOW } from '#shared/platform/chain/send-refusal.ts';

/** What a node's refusal of signed bytes means for the transaction. */
export type SendErrorClass =
  | 'already_known'
  | 'nonce_too_low'
  | 'nonce_too_high'
  | 'underpriced'
  | 'insufficient_funds'
  | 'fee_cap'
  | 'permanent'
  | 'transient';

/**
 * Wordings by class, lower case, in the order of testing. Sources: go-ethereum core/txpool/errors.go and core/error.go,
 * erigon txpoolcfg, nethermind AcceptTxResult, besu's TransactionInvalidReason, reth and anvil's eth/error.rs, and
 * chainlink-evm pkg/client/errors.go, which collects what operators met. "known transaction" must not match "unknown transaction".
 */
const WORDINGS: readonly (readonly [SendErrorClass, RegExp])[] = [
  ['already_known', ALREADY_KNOWN],
  ['nonce_too_low', NONCE_TOO_LOW],
  ['nonce_too_high', /nonce too high|nonce gap|noncegap|nonce (is )?too (far|distant)/],
  [
    'underpriced',
    /underpriced|replacement.*(fee|price)|replacementnotallowed|could not replace existing|feetoolow|max fee per gas less than block base fee|fee too low|max priority fee per gas higher|gas ?price (is )?(below|less than)|insufficient gas price/,
  ],
  [
    'insufficient_funds',
    /insufficient funds|insufficient (sender )?balance|insufficientfunds|lack of funds|outoffunds|not enough funds|upfront cost exceeds/,
  ],
  ['fee_cap', /exceeds the configured cap|tx fee .* exceeds|fee cap exceeded/],
  [
    'permanent',
    /intrinsic gas too low|gas limit reached|exceeds block gas limit|invalid sender|invalid signature|wrong chain|invalid chain id|oversized data|init ?code size|not supported|rlp|transaction type|gas too high|gas limit too high|gas required exceeds/,
  ],
];

/**
 * Classifies a node's refusal by its wording. What isn't recognised is transient: the bytes are stored and are tried
 * again, which harms nothing; to call a refusal permanent that isn't would strand a nonce.
 *
 * @param message the node's own words
 */
export function classifySendError(message: string): SendErrorClass {
  const words = message.toLowerCase();
  return WORDINGS.find(([, pattern]) => pattern.test(words))?.[0] ?? 'transient';
}
