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
 * erigon txpoolcfg, nethermind AcceptTxResult and TxPoolErrorMessages, besu RpcErrorType, reth's transaction-pool and
 * rpc-eth-types errors, anvil's eth/error.rs, and chainlink-evm pkg/client/errors.go, which collects what operators met.
 * "known transaction" must not match "unknown transaction".
 */
const WORDINGS: readonly (readonly [SendErrorClass, RegExp])[] = [
  ['already_known', ALREADY_KNOWN],
  ['nonce_too_low', NONCE_TOO_LOW],
  [
    'nonce_too_high',
    /nonce too high|nonce gap|noncegap|nonce ?(is )?too ?(far|distant)|transaction with a lower nonce exists/,
  ],
  [
    'underpriced',
    /underpriced|replacement.*(fee|price)|replacementnotallowed|could not replace existing|replaced by transaction with higher tip|feetoolow|max fee per gas less than block base fee|fee too low|max priority fee per gas (higher|exceeds)|priority fee below minimum|feecap \d+ below|gas ?price (is )?(below|less than)|insufficient gas price/,
  ],
  [
    'insufficient_funds',
    /insufficient funds|insufficient (sender )?balance|insufficientfunds|lack of funds|outoffunds|not enough funds|upfront cost exceeds|overdraws from account/,
  ],
  ['fee_cap', /exceeds the configured cap|tx fee .* exceeds|fee cap exceeded/],
  [
    'permanent',
    /intrinsic ?gas( too low| exceeds gas limit|$)|gas limit reached|gaslimitexceeded|exceeds block('s)? gas limit|greater than the block gas limit|gas limit cap exceeded|gas too high|gas limit too high|gas required exceeds|gas ?uint(64)? ?overflow|int256overflow|transaction cost overflow|nonce has max value|negative value|invalid (sender|signature|chain ?id)|failed to (recover sender|decode)|failedtoresolvesender|sender ?(is )?not an eoa|senderiscontract|sender account not authorized|wrong chain|signed for another chain|chainid is required|oversized data|data too large|transaction too large|maxtxsizeexceeded|init_?code|init ?code size|initcode too large|(?<!method.*)not supported|rlp|(invalid|unsupported|unknown) transaction type|notsupportedtxtype|this transaction type is not activated|transaction invalid/,
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
