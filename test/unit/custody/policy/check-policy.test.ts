import { Interface } from 'ethers/abi';
import { describe, expect, it } from 'vitest';
import { dayDemands, feeCapWei, type PolicySubject, violationOf } from '#shared/custody/policy/check-policy.ts';
import { NO_LIMITS, type PolicyRules } from '#shared/custody/policy/policy.ts';
import { TEST_CHAIN, TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { ether, LIMITED_TOKEN, storedPolicy, tokens } from '#test/support/fakes/policies.ts';

const ABI = new Interface([
  'function transfer(address to, uint256 amount)',
  'function transferFrom(address from, address to, uint256 amount)',
  'function approve(address spender, uint256 amount)',
  'function mint(address to, uint256 amount)',
  'function burn(uint256 amount)',
  'function pause()',
]);
const call = (name: string, ...values: unknown[]) => ABI.encodeFunctionData(name, values);
const STRANGER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const MAX = 2n ** 256n - 1n;
const CAP = 100n;
const GUESS = { capWei: 500n, gas: 30_000n };

const sending = (overrides: Partial<PolicySubject> = {}): PolicySubject => ({
  chain_id: TEST_CHAIN.chain_id,
  from: TEST_WALLET.address,
  to: TEST_RECIPIENT,
  value: '1',
  data: '0x',
  ...overrides,
});
const calling = (data: string, overrides: Partial<PolicySubject> = {}) =>
  sending({ to: LIMITED_TOKEN, value: '0', data, ...overrides });
const ruleBroken = (rules: Partial<PolicyRules>, subject: PolicySubject) =>
  violationOf({ ...NO_LIMITS, ...rules }, subject)?.rule;

describe('a wallet without rules', () => {
  it.each([
    ['sends anything to anyone', sending({ value: MAX.toString() })],
    ['calls anything', calling(call('approve', STRANGER, MAX))],
    ['sends calldata that cannot be read', calling('0xa9059cbb')],
  ])('%s', (_name, subject) => {
    expect(violationOf(NO_LIMITS, subject)).toBeUndefined();
  });
});

describe('allowed_chains', () => {
  it.each([
    [[TEST_CHAIN.chain_id], undefined],
    [[1, TEST_CHAIN.chain_id], undefined],
    [[1], 'allowed_chains'],
    [[], 'allowed_chains'],
  ])('%j', (allowed_chains, rule) => {
    expect(ruleBroken({ allowed_chains }, sending())).toBe(rule);
  });
});

describe('allowed_destinations', () => {
  const toToken = (data: string) => calling(data);
  it.each([
    ['a destination on the list', [TEST_RECIPIENT], sending(), undefined],
    ['the same in another case', [TEST_RECIPIENT.toLowerCase()], sending(), undefined],
    ['one that is not on it', [STRANGER], sending(), 'allowed_destinations'],
    ['an empty list', [], sending(), 'allowed_destinations'],
    [
      'the contract alone, not who receives',
      [LIMITED_TOKEN],
      toToken(call('transfer', STRANGER, 1n)),
      'allowed_destinations',
    ],
    [
      'who receives alone, not the contract',
      [STRANGER],
      toToken(call('transfer', STRANGER, 1n)),
      'allowed_destinations',
    ],
    ['both', [LIMITED_TOKEN, STRANGER], toToken(call('transfer', STRANGER, 1n)), undefined],
    ['who may spend', [LIMITED_TOKEN], toToken(call('approve', STRANGER, 0n)), 'allowed_destinations'],
    ['who is minted to', [LIMITED_TOKEN], toToken(call('mint', STRANGER, 1n)), 'allowed_destinations'],
    [
      'who receives from a third',
      [LIMITED_TOKEN],
      toToken(call('transferFrom', TEST_RECIPIENT, STRANGER, 1n)),
      'allowed_destinations',
    ],
    [
      'the wallet itself, which is no destination',
      [LIMITED_TOKEN],
      toToken(call('transferFrom', STRANGER, TEST_WALLET.address, 1n)),
      undefined,
    ],
    ['nobody', [LIMITED_TOKEN], toToken(call('burn', 1n)), undefined],
    ['arguments that cannot be read', [LIMITED_TOKEN], toToken('0xa9059cbb00'), 'allowed_destinations'],
    ['another function of a contract on the list', [LIMITED_TOKEN], toToken(call('pause')), undefined],
  ])('%s', (_name, allowed_destinations, subject, rule) => {
    expect(ruleBroken({ allowed_destinations }, subject)).toBe(rule);
  });
});

describe('allowed_selectors', () => {
  it.each([
    ['a function on the list', ['0xa9059cbb'], calling(call('transfer', STRANGER, 1n)), undefined],
    [
      'the same, in upper case',
      ['0xa9059cbb'],
      calling(call('transfer', STRANGER, 1n).replace('a9059cbb', 'A9059CBB')),
      undefined,
    ],
    ['one that is not on it', ['0xa9059cbb'], calling(call('approve', STRANGER, 1n)), 'allowed_selectors'],
    ['none on it', [], calling(call('pause')), 'allowed_selectors'],
    ['a transfer without calldata, which calls none', [], sending(), undefined],
    ['less than a selector', ['0xa9059cbb'], calling('0xa9'), 'allowed_selectors'],
  ])('%s', (_name, allowed_selectors, subject, rule) => {
    expect(ruleBroken({ allowed_selectors }, subject)).toBe(rule);
  });
});

describe('max_value_per_transaction', () => {
  const rules = { max_value_per_transaction: [ether(CAP), tokens(CAP)] };
  it.each([
    ['of the coin, at the limit', sending({ value: '100' }), undefined],
    ['of the coin, one above', sending({ value: '101' }), 'max_value_per_transaction'],
    ['of the coin on another chain', sending({ value: '101', chain_id: 1 }), undefined],
    [
      'of the coin, sent along with a call',
      calling(call('pause'), { to: STRANGER, value: '101' }),
      'max_value_per_transaction',
    ],
    ['of the token, at the limit', calling(call('transfer', STRANGER, CAP)), undefined],
    ['of the token, one above', calling(call('transfer', STRANGER, CAP + 1n)), 'max_value_per_transaction'],
    [
      'of the token, whatever the case of its address',
      calling(call('transfer', STRANGER, CAP + 1n), { to: LIMITED_TOKEN.toLowerCase() }),
      'max_value_per_transaction',
    ],
    ['of another token', calling(call('transfer', STRANGER, CAP + 1n), { to: STRANGER }), undefined],
    ['that others may spend', calling(call('approve', STRANGER, MAX)), 'max_value_per_transaction'],
    ['that is minted', calling(call('mint', STRANGER, CAP + 1n)), 'max_value_per_transaction'],
    ['that is burned', calling(call('burn', CAP + 1n)), 'max_value_per_transaction'],
    ['of the token, by a function that cannot be read', calling(call('pause')), 'max_value_per_transaction'],
    ['of the token, by arguments that cannot be read', calling('0xa9059cbb'), 'max_value_per_transaction'],
    ['by such a function of another contract', calling(call('pause'), { to: STRANGER }), undefined],
  ])('%s', (_name, subject, rule) => {
    expect(ruleBroken(rules, subject)).toBe(rule);
  });

  it('lets through a function that cannot be read when it is allowed by name, but not arguments that cannot', () => {
    const named = { ...rules, allowed_selectors: ['0x8456cb59', '0xa9059cbb'] };
    expect(ruleBroken(named, calling(call('pause')))).toBeUndefined();
    expect(ruleBroken(named, calling('0xa9059cbb'))).toBe('max_value_per_transaction');
  });

  it('names what broke it', () => {
    expect(violationOf({ ...NO_LIMITS, ...rules }, sending({ value: '101' }))).toEqual({
      rule: 'max_value_per_transaction',
      message: 'max_value_per_transaction is 100 of ETH on chain 31337; it moves 101',
      facts: { asset: 'ETH', chain_id: 31_337, limit: '100', amount: '101' },
    });
  });
});

describe('what counts against a day', () => {
  const policy = (rules: Partial<PolicyRules> = {}) =>
    storedPolicy({ max_value_per_day: [ether(CAP), tokens(CAP)], ...rules });
  const COIN = '31337:native';
  const TOKEN = `31337:${LIMITED_TOKEN.toLowerCase()}`;

  it.each([
    ['the value', sending({ value: '7' }), [{ asset: COIN, cap: CAP, value: 7n, fee: 0n }]],
    ['the tokens', calling(call('transfer', STRANGER, 8n)), [{ asset: TOKEN, cap: CAP, value: 8n, fee: 0n }]],
    [
      'both',
      calling(call('transfer', STRANGER, 8n), { value: '7' }),
      [
        { asset: COIN, cap: CAP, value: 7n, fee: 0n },
        { asset: TOKEN, cap: CAP, value: 8n, fee: 0n },
      ],
    ],
    ['nothing that moves nothing', sending({ value: '0' }), []],
    ['nothing of another chain', sending({ value: '7', chain_id: 1 }), []],
  ])('is %s', (_name, subject, demands) => {
    expect(dayDemands(policy({ max_fee_per_gas: '0' }), subject, GUESS)).toEqual(demands);
  });

  it.each([
    ['the price of the chain', null, 21_000n * 500n],
    ['its own when that is lower', '40', 21_000n * 40n],
    ['that of the chain when its own is higher', '900', 21_000n * 500n],
  ])('is also the highest fee that the policy lets gas have, at %s', (_name, max_fee_per_gas, fee) => {
    const limited = policy({ max_gas: 21_000, max_fee_per_gas });
    expect(dayDemands(limited, sending({ value: '7' }), GUESS)).toEqual([{ asset: COIN, cap: CAP, value: 7n, fee }]);
    expect(dayDemands(limited, calling(call('transfer', STRANGER, 8n)), GUESS)).toEqual([
      { asset: COIN, cap: CAP, value: 0n, fee },
      { asset: TOKEN, cap: CAP, value: 8n, fee: 0n },
    ]);
  });

  it('is also a fee of as much gas as is assumed, when the policy does not limit gas', () => {
    const fee = 30_000n * 500n;
    expect(dayDemands(policy(), sending({ value: '7' }), GUESS)).toEqual([{ asset: COIN, cap: CAP, value: 7n, fee }]);
    expect(dayDemands(policy(), sending({ value: '0' }), GUESS)).toEqual([{ asset: COIN, cap: CAP, value: 0n, fee }]);
  });

  it('refuses a call of a limited token that cannot be read', () => {
    expect(violationOf(policy(), calling(call('pause')))?.rule).toBe('max_value_per_day');
  });
});

describe('the most that is offered per gas', () => {
  it.each([
    [undefined, 500n],
    [{ max_fee_per_gas: null }, 500n],
    [{ max_fee_per_gas: '499' }, 499n],
    [{ max_fee_per_gas: '501' }, 500n],
    [{ max_fee_per_gas: '0' }, 0n],
  ])('is the lower of policy %j and chain', (policy, cap) => {
    expect(feeCapWei(policy, 500n)).toBe(cap);
  });
});
