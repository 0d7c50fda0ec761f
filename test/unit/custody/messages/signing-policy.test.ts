import { describe, expect, it } from 'vitest';
import {
  createSigningPolicyReader,
  policyKey,
  type SigningPolicy,
  signingPolicySchema,
  typedDataDenial,
} from '#shared/custody/messages/signing-policy.ts';
import { spendingRight } from '#shared/custody/messages/spending-rights.ts';
import { checkTypedData } from '#shared/custody/messages/typed-data.ts';
import type { TypedDataTypes } from '#shared/custody/messages/typed-data-field.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';
import { MAIL, PERMIT } from '#test/support/fakes/typed-data.ts';

/** `address owner,uint256 value` as fields. */
const struct = (text: string) =>
  text.split(',').map((field) => {
    const [type = '', name = ''] = field.trim().split(' ');
    return { type, name };
  });
const SCHEMES: readonly (readonly [string, TypedDataTypes])[] = [
  ['ERC-2612', PERMIT.types],
  ['DAI', { Permit: struct('address holder,address spender,uint256 nonce,uint256 expiry,bool allowed') }],
  [
    'Permit2 allowance',
    {
      PermitSingle: struct('PermitDetails details,address spender,uint256 sigDeadline'),
      PermitDetails: struct('address token,uint160 amount,uint48 expiration,uint48 nonce'),
    },
  ],
  [
    'Permit2 transfer',
    {
      PermitTransferFrom: struct('TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline'),
      TokenPermissions: struct('address token,uint256 amount'),
    },
  ],
  [
    'ERC-3009',
    {
      TransferWithAuthorization: struct(
        'address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce',
      ),
    },
  ],
  ['ERC-4494', { Permit: struct('address spender,uint256 tokenId,uint256 nonce,uint256 deadline') }],
  ['Seaport', { OrderComponents: struct('address offerer,uint256 counter') }],
  ['CoW', { Order: struct('address sellToken,address buyToken,uint256 sellAmount,uint32 validTo') }],
  [
    'ERC-2771',
    { ForwardRequest: struct('address from,address to,uint256 value,uint256 gas,uint256 nonce,bytes data') },
  ],
  ['Safe', { SafeTx: struct('address to,uint256 value,bytes data,uint8 operation,uint256 nonce') }],
  ['ERC-4337', { PackedUserOperation: struct('address sender,uint256 nonce,bytes initCode,bytes callData') }],
  ['votes', { Delegation: struct('address delegatee,uint256 nonce,uint256 expiry') }],
  ['one that nobody has heard of', { Voucher: struct('address target,bytes call_data') }],
  ['one with its fields written otherwise', { Ticket: struct('uint256 AMOUNT,uint256 sig_deadline') }],
];

describe('typed data that may grant a right to spend is recognised', () => {
  it.each(SCHEMES)('%s', (_name, types) => {
    expect(spendingRight(types, undefined)).toBeDefined();
  });

  it('whatever is addressed to Permit2', () => {
    expect(spendingRight({ Note: struct('string text') }, '0x000000000022D473030F116dDEE9F6B43aC78BA3')).toBe(
      'the contract Permit2',
    );
  });

  it('and a letter is none', () => {
    expect(spendingRight(MAIL.types, MAIL.domain.verifyingContract)).toBeUndefined();
  });
});

describe('the policy of a wallet', () => {
  const policy = (fields: Partial<SigningPolicy>): SigningPolicy => ({ message_signing: true, ...fields });
  const mail = checkTypedData(MAIL, 'body');
  const permit = checkTypedData(PERMIT, 'body');
  const listed = {
    chain_id: permit.chainId,
    verifying_contract: permit.verifyingContract?.toLowerCase() ?? '',
    primary_type: 'Permit',
  };

  it('without a list lets everything be signed that grants no right to spend', () => {
    expect(typedDataDenial(policy({}), mail)).toBeUndefined();
    expect(typedDataDenial(policy({}), permit)).toContain('Permit');
  });

  it('with a list lets exactly that be signed', () => {
    expect(typedDataDenial(policy({ typed_data_allowed: [listed] }), permit)).toBeUndefined();
    expect(typedDataDenial(policy({ typed_data_allowed: [listed] }), mail)).toContain('list');
  });

  it.each([
    ['chain', { chain_id: 1 }],
    ['contract', { verifying_contract: '0x0000000000000000000000000000000000000001' }],
    ['primary type', { primary_type: 'PermitSingle' }],
  ])('lists by %s', (_name, other) => {
    expect(typedDataDenial(policy({ typed_data_allowed: [{ ...listed, ...other }] }), permit)).toContain('list');
  });
});

describe('reading a policy', () => {
  function reading(row: object | undefined) {
    const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'] });
    if (row !== undefined) dynamo.put('ledger', { ...policyKey('wal_1'), ...row });
    const aws = createScriptedAws((request) => dynamo.answer(request));
    return { aws, reader: createSigningPolicyReader(scriptedDocumentClient(aws), 'ledger') };
  }

  it.each([
    ['there is none', undefined],
    ['it says nothing of it', { version: 1 }],
    ['it says no', { message_signing: false }],
    ['it says something else', { message_signing: 'true' }],
    ['its list cannot be read', { message_signing: true, typed_data_allowed: 'all' }],
  ])('is off when %s', async (_name, row) => {
    expect((await reading(row).reader.get('wal_1')).message_signing).toBe(false);
  });

  it('is strongly consistent and never from memory', async () => {
    const { reader, aws } = reading({ message_signing: true, allowed_destinations: [] });
    expect(await reader.get('wal_1')).toEqual(signingPolicySchema.parse({ message_signing: true }));
    await reader.get('wal_1');
    expect(aws.requests.map(({ body }) => body['ConsistentRead'])).toEqual([true, true]);
  });
});
