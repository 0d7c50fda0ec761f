import { describe, expect, it } from 'vitest';
import type { CallOutcome } from '#shared/platform/chain/call-refusal.ts';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';
import { admit, type Candidate, worstCaseCostWei } from '#shared/transactions/lane/admit.ts';
import type { FeeQuote } from '#shared/transactions/lane/fees.ts';
import { attemptOf, queued, signed } from '#test/support/fakes/ledger-transactions.ts';

const FEES = { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n };
const QUOTE: FeeQuote = { ok: true, fees: FEES, nextBlockWei: 50n };
const TOO_DEAR: FeeQuote = { ok: false, neededWei: 900n };
const RICH = 10n ** 18n;
/** Far more than anything here needs, where it is not what the test is about. */
const MAX_GAS = 16_777_216n;
const admitted = (
  candidates: readonly Candidate[],
  firstNonce: number,
  spendableWei: bigint,
  laneIsClear: boolean,
  maxGas = MAX_GAS,
) => {
  const nonces = candidates.map((_, index) => firstNonce + index);
  return admit(candidates, nonces, spendableWei, laneIsClear, maxGas);
};
const gas = (value: bigint): CallOutcome<bigint> => ({ ok: true, value });
const refusal = (message: string, code = -32_000, data?: unknown): CallOutcome<bigint> => ({
  ok: false,
  error: new RpcResponseError(message, code, data),
});
const REVERT = refusal('execution reverted: no', 3, '0x');
const candidate = (n: number, overrides: Partial<Candidate> = {}): Candidate => ({
  transaction: queued(n),
  quote: QUOTE,
  gas: gas(21_000n),
  ...overrides,
});

describe('what may be signed', () => {
  it('gets consecutive nonces from the first, in the order of the queue', () => {
    const { send, stop } = admitted([candidate(7), candidate(3), candidate(5)], 40, RICH, true);
    expect(send.map(({ transaction, nonce }) => [transaction.value, nonce])).toEqual([
      ['7', 40],
      ['3', 41],
      ['5', 42],
    ]);
    expect(stop).toBeUndefined();
  });

  it.each([
    [21_000n, 21_000n],
    [21_001n, 25_202n],
    [50_000n, 60_000n],
    [100_001n, 120_002n],
  ])('that needs %i gas may use %i: a fifth more, rounded up, unless it is a plain transfer', (needed, limit) => {
    const { send } = admitted([candidate(1, { gas: gas(needed) })], 0, RICH, true);
    expect(send[0]).toMatchObject({ gasLimit: limit, fees: FEES });
  });

  it('has no more gas than was asked for, however much chain and policy let it have', () => {
    const own = (needed: bigint) =>
      admitted([candidate(1, { transaction: { ...queued(1), max_gas: '23300' }, gas: gas(needed) })], 0, RICH, true);
    expect(own(21_000n).send).toMatchObject([{ gasLimit: 21_000n }]);
    expect(own(23_000n).send).toMatchObject([{ gasLimit: 23_300n }]);
    expect(own(23_301n)).toMatchObject({ send: [], stop: { kind: 'fail', code: 'CONTRACT_REVERT' } });
  });

  it.each([
    [14_000_000n, 16_777_216n],
    [16_777_216n, 16_777_216n],
    [13_900_000n, 16_680_000n],
  ])('that needs %i gas gets no more than the chain lets one transaction have: %i', (needed, limit) => {
    const { send } = admitted([candidate(1, { gas: gas(needed) })], 0, RICH, true);
    expect(send[0]).toMatchObject({ gasLimit: limit });
  });

  it('is nothing that needs more gas than the chain lets one transaction have: signed, it could never be mined', () => {
    const { send, stop } = admitted([candidate(1, { gas: gas(MAX_GAS + 1n) })], 0, RICH, true);
    expect(send).toEqual([]);
    expect(stop).toMatchObject({ kind: 'fail', code: 'CONTRACT_REVERT' });
  });

  it.each([
    ['something of the lane is unmined', [candidate(1, { gas: gas(MAX_GAS + 1n) })], false],
    ['another one goes first', [candidate(9), candidate(1, { gas: gas(MAX_GAS + 1n) })], true],
  ])('waits with that when %s: what it needs may depend on it', (_name, candidates, laneIsClear) => {
    const { stop } = admitted(candidates, 0, RICH, laneIsClear);
    expect(stop).toMatchObject({ kind: 'hold', waitingFor: 'lane', transaction: queued(1) });
  });

  it('is nothing when nothing is queued', () => {
    expect(admitted([], 0, RICH, true)).toEqual({ send: [], stop: undefined });
  });
});

describe('money', () => {
  const costWei = 1n + 21_000n * 100n;

  it.each([
    ['enough to the wei', costWei, ['1']],
    ['one wei short', costWei - 1n, []],
    ['enough for the first only', 2n * costWei, ['1']],
    ['enough for both', 2n * costWei + 1n, ['1', '2']],
    ['less than nothing: more is in flight than there is', -5n, []],
  ])('is counted at its worst: %s', (_name, spendableWei, sent) => {
    const { send } = admitted([candidate(1), candidate(2)], 0, spendableWei, true);
    expect(send.map(({ transaction }) => transaction.value)).toEqual(sent);
  });

  it('that is missing holds the first that lacks it and all behind it, though they could be paid', () => {
    const dear = { ...candidate(2), transaction: queued(2, { value: '1000000000' }) };
    const { send, stop } = admitted([candidate(1), dear, candidate(3)], 0, 2n * costWei + 10n, true);
    expect(send.map(({ transaction }) => transaction.value)).toEqual(['1']);
    expect(stop).toMatchObject({ kind: 'hold', transaction: dear.transaction, waitingFor: 'funds' });
  });

  it('is named by how much is missing', () => {
    const { stop } = admitted([candidate(1)], 0, costWei - 7n, true);
    expect(stop).toMatchObject({ detail: { missing_wei: '7' } });
  });
});

describe('fees above the cap', () => {
  it('hold the first and all behind it, and say what the chain asks', () => {
    const { send, stop } = admitted([candidate(1), candidate(2, { quote: TOO_DEAR }), candidate(3)], 0, RICH, true);
    expect(send).toHaveLength(1);
    expect(stop).toEqual({
      kind: 'hold',
      transaction: queued(2),
      waitingFor: 'fees',
      detail: { needed_fee_per_gas_wei: '900' },
    });
  });

  it('count before a revert: who waits for fees has not failed', () => {
    const { stop } = admitted([candidate(1, { quote: TOO_DEAR, gas: REVERT })], 0, RICH, true);
    expect(stop).toMatchObject({ kind: 'hold', waitingFor: 'fees' });
  });
});

describe('a revert in simulation', () => {
  it('ends the transaction when the lane is clear, with the reason', () => {
    expect(admitted([candidate(1, { gas: REVERT })], 0, RICH, true)).toEqual({
      send: [],
      stop: {
        kind: 'fail',
        transaction: queued(1),
        code: 'CONTRACT_REVERT',
        message: 'execution reverted: no',
      },
    });
  });

  it.each([
    ['something of the lane is unmined', [candidate(1, { gas: REVERT })], false, 0],
    ['another one goes first', [candidate(9), candidate(1, { gas: REVERT })], true, 1],
  ])('is not believed when %s', (_name, candidates, laneIsClear, sent) => {
    const { send, stop } = admitted(candidates, 0, RICH, laneIsClear);
    expect(send).toHaveLength(sent);
    expect(stop).toEqual({ kind: 'hold', transaction: queued(1), waitingFor: 'lane', detail: {} });
  });
});

describe('a refusal to simulate that is no revert', () => {
  it.each([
    ['geth', 'insufficient funds for gas * price + value: address 0x2c75 have 0 want 1'],
    ['geth, a transfer', 'insufficient funds for transfer'],
    ['anvil', 'Insufficient funds for gas * price + value'],
    ['reth', 'lack of funds (0) for max fee (1)'],
    ['reth, since 1.3', 'EVM error: OutOfFunds'],
    ['besu', 'Upfront cost exceeds account balance'],
    ['nethermind', 'insufficient sender balance'],
  ])('for lack of money waits for money: %s', (_node, message) => {
    const { stop } = admitted([candidate(1, { gas: refusal(message) })], 0, RICH, true);
    expect(stop).toMatchObject({ kind: 'hold', waitingFor: 'funds' });
  });

  it.each([
    ['Alchemy, too many requests', 429, 'Your app has exceeded its compute units per second capacity.'],
    ['Infura, too many requests', -32_005, 'daily request count exceeded, request rate limited'],
    ['a public node, too many requests', -32_007, '25/second request limit reached'],
    ['a node behind a balancer that lags', -32_000, 'header not found'],
    ['a pruned node', -32_000, 'missing trie node 1dddf24a (path ) state 0x1d is not available'],
    ['a node that gave up', -32_002, 'request timed out'],
    ['geth, out of time', -32_000, 'execution aborted (timeout = 5s)'],
    ['a node with a fault of its own', -32_603, 'Internal error'],
    ['a node without the pending block', -32_602, 'Invalid params: unknown block tag pending'],
  ])('for a reason of the node does not end the transaction: %s', (_node, code, message) => {
    const { send, stop } = admitted([candidate(1, { gas: refusal(message, code) })], 0, RICH, true);
    expect(send).toEqual([]);
    expect(stop?.kind).toBe('hold');
  });

  it.each([
    ['geth, with data', 3, 'execution reverted: ERC20: transfer amount exceeds balance', '0x08c379a0'],
    ['geth, without', -32_000, 'execution reverted', undefined],
    ['anvil', 3, 'execution reverted: custom error 0xe450d38c', '0xe450d38c'],
    ['nethermind', -32_015, 'VM execution error.', 'revert: no'],
    ['besu', -32_000, 'Execution reverted', '0x'],
    ['geth, out of gas whatever the limit', -32_000, 'gas required exceeds allowance (50000000)', undefined],
    ['geth, a bad opcode', -32_000, 'invalid opcode: INVALID', undefined],
    ['geth, a precompile', -32_000, 'invalid input length', undefined],
    ['geth, return data', -32_000, 'return data out of bounds', undefined],
    ['a contract that speaks of funds', 3, 'execution reverted: Insufficient balance', '0x08c379a0'],
    ['another', 3, 'execution reverted: insufficient funds', '0x08c379a0'],
    ['another', -32_000, 'execution reverted: Not enough funds', undefined],
  ])('is none when the contract itself refuses: %s', (_node, code, message, data) => {
    const { stop } = admitted([candidate(1, { gas: refusal(message, code, data) })], 0, RICH, true);
    expect(stop).toMatchObject({ kind: 'fail', code: 'CONTRACT_REVERT' });
  });
});

describe('the most that a signed transaction can still cost', () => {
  it('is its value and all of its gas at its highest price', () => {
    const attempts = [attemptOf(1, { gas_limit: '60000', max_fee_per_gas: '2000000000' })];
    expect(worstCaseCostWei(signed(1, { value: '5', attempts }))).toBe(5n + 60_000n * 2_000_000_000n);
  });

  it.each([
    ['the latest', 'intent', '3', '60000', 5n + 180_000n],
    [
      'an earlier one: a no-op needs less gas and moves nothing, and the original may still win',
      'noop',
      '2',
      '21000',
      5n + 120_000n,
    ],
    ['a no-op, when it alone is dearer', 'noop', '9', '21000', 189_000n],
  ] as const)('is that of its dearest version: %s', (_name, kind, max_fee_per_gas, gas_limit, expected) => {
    const first = attemptOf(1, { max_fee_per_gas: '2', gas_limit: '60000' });
    const attempts = [first, attemptOf(1, { kind, max_fee_per_gas, gas_limit })];
    expect(worstCaseCostWei(signed(1, { value: '5', attempts }))).toBe(expected);
  });

  it('leaves out versions with a nonce that a stranger has: they can never be mined', () => {
    const attempts = [
      attemptOf(1, { max_fee_per_gas: '100', gas_limit: '10' }),
      attemptOf(2, { max_fee_per_gas: '3', gas_limit: '10' }),
    ];
    expect(worstCaseCostWei(signed(2, { value: '5', attempts }))).toBe(35n);
  });

  it('is nothing while nothing is signed', () => {
    expect(worstCaseCostWei(queued(1, { value: '5' }))).toBe(0n);
  });
});
