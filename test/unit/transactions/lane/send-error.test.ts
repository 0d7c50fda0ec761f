import { describe, expect, it } from 'vitest';
import { classifySendError, type SendErrorClass } from '#shared/transactions/lane/send-error.ts';

/**
 * Wordings as nodes and providers send them, by where they are written:
 * - geth: go-ethereum core/txpool/errors.go, core/error.go, core/txpool/validation.go, internal/ethapi
 * - erigon: txpoolcfg.go, DiscardReason.String
 * - nethermind: TxPoolErrorMessages.cs (since 2026), AcceptTxResult.cs (before: the name of the result, then its message)
 * - besu: RpcErrorType.java
 * - reth: transaction-pool/src/error.rs and rpc-eth-types/src/error (RpcPoolError, RpcInvalidTransactionError)
 * - anvil: crates/anvil/src/eth/error.rs
 * - providers: Alchemy's and Infura's documentation of errors, QuickNode's support pages, foundry's list of rate limit
 *   errors (common/src/provider), which quotes what its users met
 * - others: chainlink-evm pkg/client/errors.go, which collects what operators met
 */
const WORDINGS: readonly (readonly [node: string, message: string, expected: SendErrorClass])[] = [
  ['geth', 'already known', 'already_known'],
  ['old geth', 'known transaction: 5f3a9c', 'already_known'],
  ['erigon', 'ALREADY_EXISTS: already known', 'already_known'],
  ['erigon', 'INTERNAL_ERROR: existing tx with same hash', 'already_known'],
  ['nethermind', 'AlreadyKnown', 'already_known'],
  ['besu', 'Known transaction', 'already_known'],
  ['anvil', 'transaction already imported', 'already_known'],
  ['reth', '[0x5f3a] Already imported', 'already_known'],
  ['openethereum', 'Transaction with the same hash was already imported.', 'already_known'],
  ['zkSync', 'known transaction. transaction with hash 0x5f is already in the system', 'already_known'],

  ['geth', 'nonce too low', 'nonce_too_low'],
  ['geth', 'nonce too low: next nonce 551651, tx nonce 55', 'nonce_too_low'],
  ['arbitrum', 'nonce too low: address 0x2c75, tx: 3 state: 5', 'nonce_too_low'],
  ['erigon', 'INTERNAL_ERROR: nonce too low', 'nonce_too_low'],
  ['nethermind', 'OldNonce, Current nonce: 5, nonce of rejected tx: 3', 'nonce_too_low'],
  ['besu', 'Nonce too low', 'nonce_too_low'],
  ['anvil', 'nonce too low', 'nonce_too_low'],
  ['openethereum', 'Transaction nonce is too low. Try incrementing the nonce.', 'nonce_too_low'],
  ['a proxy', 'The nonce has already been used', 'nonce_too_low'],

  ['geth', 'nonce too high', 'nonce_too_high'],
  ['arbitrum', 'nonce too high: address 0x2c75, tx: 10 state: 8', 'nonce_too_high'],
  ['nethermind', 'NonceGap, Future nonce. Expected nonce: 7', 'nonce_too_high'],
  ['nethermind', 'nonce too far in future', 'nonce_too_high'],
  ['besu', 'Transaction nonce is too distant from current sender nonce', 'nonce_too_high'],

  ['geth', 'transaction underpriced', 'underpriced'],
  ['geth', 'transaction underpriced: gas tip cap 0, minimum needed 1000000000', 'underpriced'],
  ['geth', 'transaction gas price below minimum: gas tip cap 0, minimum needed 1', 'underpriced'],
  ['geth', 'replacement transaction underpriced', 'underpriced'],
  ['geth', 'max fee per gas less than block base fee: address 0x2c75, maxFeePerGas: 1, baseFee: 7', 'underpriced'],
  ['erigon', 'INTERNAL_ERROR: could not replace existing tx', 'underpriced'],
  ['erigon', 'fee too low', 'underpriced'],
  ['nethermind', 'FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7', 'underpriced'],
  ['nethermind', 'FeeTooLowToCompete', 'underpriced'],
  ['nethermind', 'ReplacementNotAllowed', 'underpriced'],
  ['besu', 'Gas price below configured minimum gas price', 'underpriced'],
  ['besu', 'Gas price below current base fee', 'underpriced'],
  ['besu', 'Replacement transaction underpriced', 'underpriced'],
  ['anvil', '[0x5f3a] insufficient gas price to replace existing transaction', 'underpriced'],
  ['celo', 'gasprice is less than gas price minimum floor', 'underpriced'],

  ['geth', 'insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1', 'insufficient_funds'],
  ['geth', 'insufficient funds for transfer', 'insufficient_funds'],
  ['erigon', 'insufficient balance for transfer', 'insufficient_funds'],
  ['nethermind', 'InsufficientFunds, Account balance: 0, cumulative cost: 42', 'insufficient_funds'],
  ['besu', 'Upfront cost exceeds account balance', 'insufficient_funds'],
  ['anvil', 'Insufficient funds for gas * price + value', 'insufficient_funds'],
  ['reth', 'lack of funds (0) for max fee (1)', 'insufficient_funds'],
  ['reth', 'EVM error: OutOfFunds', 'insufficient_funds'],
  ['arbitrum', 'not enough funds for gas', 'insufficient_funds'],

  ['geth', 'tx fee (1.06 ether) exceeds the configured cap (1.00 ether)', 'fee_cap'],
  ['besu', 'Transaction fee cap exceeded', 'fee_cap'],

  ['geth', 'intrinsic gas too low', 'permanent'],
  ['geth', 'intrinsic gas too low: gas 20000, minimum needed 21000', 'permanent'],
  ['geth', 'exceeds block gas limit', 'permanent'],
  ['geth', 'oversized data: transaction size 131073, limit 131072', 'permanent'],
  ['geth', 'invalid sender', 'permanent'],
  ['geth', 'transaction type not supported', 'permanent'],
  ['geth', 'rlp: expected input list for types.DynamicFeeTx', 'permanent'],
  ['besu', 'Transaction gas limit exceeds block gas limit', 'permanent'],
  ['besu', 'Invalid signature', 'permanent'],
  ['geth', 'transaction gas limit too high (cap: 16777216, tx: 17400000)', 'permanent'],
  ['anvil', 'intrinsic gas too high -- CallGasCostMoreThanGasLimit', 'permanent'],

  ['geth', 'txpool is full', 'transient'],
  ['geth', 'account limit exceeded: pooled 16 txs', 'transient'],
  ['arbitrum', 'sequencer pending tx pool full, please try again', 'transient'],
  ['Alchemy', 'Your app has exceeded its compute units per second capacity.', 'transient'],
  ['Infura', 'daily request count exceeded, request rate limited', 'transient'],
  ['Infura', 'project ID request rate exceeded', 'transient'],
  ['a proxy', 'unknown transaction', 'transient'],
  ['a proxy', 'Internal error', 'transient'],
  ['a proxy', '', 'transient'],
  ['nethermind', 'already known', 'already_known'],
  ['anvil', 'Tx: [0x5f3a] already Imported', 'already_known'],
  ['reth', '[0x5f3a]: already imported', 'already_known'],
  ['Alchemy', 'already known', 'already_known'],
  ['QuickNode', 'INTERNAL_ERROR: existing tx with same hash', 'already_known'],

  ['nethermind', 'nonce too low', 'nonce_too_low'],
  ['reth', 'nonce too low: next nonce 8, tx nonce 7', 'nonce_too_low'],
  ['geth', 'authority nonce too low', 'transient'],

  ['anvil', 'Nonce too high', 'nonce_too_high'],
  ['reth', 'nonce too high', 'nonce_too_high'],
  ['nethermind', 'NonceTooFarInFuture', 'nonce_too_high'],
  ['besu', 'Nonce too high', 'nonce_too_high'],
  ['besu', 'An invalid transaction with a lower nonce exists', 'nonce_too_high'],

  ['erigon', 'underpriced', 'underpriced'],
  ['erigon', 'replaced by transaction with higher tip', 'underpriced'],
  ['nethermind', 'replacement transaction underpriced', 'underpriced'],
  ['reth', '[0x5f3a]: insufficient gas price to replace existing transaction', 'underpriced'],
  ['reth', '[0x5f3a]: transaction feeCap 6 below chain minimum', 'underpriced'],
  ['reth', 'transaction priority fee below minimum required priority fee 1000', 'underpriced'],
  ['reth', 'max fee per gas less than block base fee', 'underpriced'],
  ['anvil', 'Tx: [0x5f3a] insufficient gas price to replace existing transaction', 'underpriced'],
  ['anvil', 'max priority fee per gas higher than max fee per gas', 'underpriced'],
  ['besu', 'Max priority fee per gas exceeds max fee per gas', 'underpriced'],

  ['erigon', 'INTERNAL_ERROR: insufficient funds', 'insufficient_funds'],
  ['reth', 'insufficient funds for gas * price + value: have 1 want 2', 'insufficient_funds'],
  ['reth', '[0x5f3a]: transaction overdraws from account', 'insufficient_funds'],

  ['erigon', 'IntrinsicGas', 'permanent'],
  ['erigon', 'RLPTooLong', 'permanent'],
  ['erigon', 'GasUintOverflow', 'permanent'],
  ['erigon', 'initcode too large', 'permanent'],
  ['erigon', 'fork supporting this transaction type is not activated yet', 'permanent'],
  ['nethermind', 'failed to recover sender', 'permanent'],
  ['nethermind', 'FailedToResolveSender', 'permanent'],
  ['nethermind', 'transaction cost overflow', 'permanent'],
  ['nethermind', 'Int256Overflow', 'permanent'],
  ['nethermind', 'GasLimitExceeded, Gas limit: 30000000, gas limit of rejected tx: 40000000', 'permanent'],
  ['nethermind', 'sender not an eoa', 'permanent'],
  ['nethermind', 'SenderIsContract', 'permanent'],
  ['nethermind', 'transaction too large', 'permanent'],
  ['nethermind', 'MaxTxSizeExceeded', 'permanent'],
  ['nethermind', 'unsupported transaction type', 'permanent'],
  ['nethermind', 'NotSupportedTxType', 'permanent'],
  ['nethermind', 'transaction invalid', 'permanent'],
  ['besu', 'Intrinsic gas exceeds gas limit', 'permanent'],
  ['besu', 'Transaction gas limit cap exceeded', 'permanent'],
  ['besu', 'Invalid transaction type', 'permanent'],
  ['besu', 'Wrong chainId', 'permanent'],
  ['besu', 'ChainId is required', 'permanent'],
  ['besu', 'Sender account not authorized to send transactions', 'permanent'],
  ['reth', "[0x5f3a]: transaction's gas limit 40000000 exceeds block's gas limit 30000000", 'permanent'],
  ['reth', "[0x5f3a]: transaction's size 50000 exceeds max_init_code_size 49152", 'permanent'],
  ['reth', '[0x5f3a]: input data too large', 'permanent'],
  ['reth', 'invalid chain ID', 'permanent'],
  ['reth', 'sender is not an EOA', 'permanent'],
  ['reth', 'nonce has max value', 'permanent'],
  ['reth', 'max initcode size exceeded', 'permanent'],
  ['reth', 'gas limit too high', 'permanent'],
  ['anvil', 'Incompatible EIP-155 transaction, signed for another chain', 'permanent'],
  ['anvil', 'invalid chain id for signer', 'permanent'],
  [
    'anvil',
    'Transaction gas limit is greater than the block gas limit, gas_limit: 40000000, cap: 30000000',
    'permanent',
  ],
  ['anvil', 'Failed to decode signed transaction', 'permanent'],
  ['anvil', 'Access lists are not supported before the Berlin hardfork', 'permanent'],

  ['geth', 'future transaction tries to replace pending', 'transient'],
  ['geth', 'address already reserved', 'transient'],
  ['erigon', 'pending sub-pool is full', 'transient'],
  ['erigon', 'spammer', 'transient'],
  ['nethermind', 'node is syncing', 'transient'],
  ['nethermind', 'pending transaction type conflict', 'transient'],
  ['besu', 'Initial sync is still in progress', 'transient'],
  ['besu', 'Transaction pool not enabled. (Either txpool explicitly disabled, or node not yet in sync).', 'transient'],
  ['besu', 'Number of requests exceeds max batch size', 'transient'],
  ['reth', '[0x5f3a]: transaction discarded outright due to pool size constraints', 'transient'],
  ['reth', '[0x5f3a]: transaction type 3 conflicts with existing transaction for 0x2c75', 'transient'],
  ['anvil', 'Transaction with cyclic dependent transactions', 'transient'],
  ['QuickNode', '50/second request limit reached - reduce calls per second or upgrade your account', 'transient'],
  ['QuickNode', 'credits limited to 6000/sec', 'transient'],
  ['Chainstack', "You've exceeded the RPS limit available on the current plan.", 'transient'],
  ['a proxy', 'the method eth_sendRawTransaction is not supported', 'transient'],
];

describe('what a refusal of signed bytes means', () => {
  it.each(WORDINGS)('%s: %j is %s', (_node, message, expected) => {
    expect(classifySendError(message)).toBe(expected);
  });

  it.each(WORDINGS)('is the same whatever the case: %s, %j', (_node, message) => {
    expect(classifySendError(message.toUpperCase())).toBe(classifySendError(message.toLowerCase()));
  });
});
