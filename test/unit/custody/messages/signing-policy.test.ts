import { describe, expect, it } from 'vitest';
import {
  createSigningPolicyReader,
  type SigningPolicy,
  signingPolicySchema,
  typedDataDenial,
} from '#shared/custody/messages/signing-policy.ts';
import { type CheckedTypedData, checkTypedData } from '#shared/custody/messages/typed-data.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';
import { MAIL, PERMIT } from '#test/support/fakes/typed-data.ts';

describe('the policy of a wallet', () => {
  const policy = (fields: Partial<SigningPolicy>): SigningPolicy => ({ message_signing: true, version: 1, ...fields });
  const denial = (of: SigningPolicy, data: CheckedTypedData) => typedDataDenial(of, data, TEST_WALLET.address);
  const mail = checkTypedData(MAIL, 'body');
  const permit = checkTypedData(PERMIT, 'body');
  const listed = {
    chain_id: permit.chainId,
    verifying_contract: permit.verifyingContract?.toLowerCase() ?? '',
    primary_type: 'Permit',
  };

  it('without a list lets everything be signed that grants no right to spend', () => {
    expect(denial(policy({}), mail)).toBeUndefined();
    expect(denial(policy({}), permit)).toContain('Permit');
  });

  it('with a list lets exactly that be signed', () => {
    expect(denial(policy({ typed_data_allowed: [listed] }), permit)).toBeUndefined();
    expect(denial(policy({ typed_data_allowed: [listed] }), mail)).toContain('list');
  });

  it.each([
    ['chain', { chain_id: 1 }],
    ['contract', { verifying_contract: '0x0000000000000000000000000000000000000001' }],
    ['primary type', { primary_type: 'PermitSingle' }],
  ])('lists by %s', (_name, other) => {
    expect(denial(policy({ typed_data_allowed: [{ ...listed, ...other }] }), permit)).toContain('list');
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
    ['it says no', { version: 1, message_signing: false }],
    ['it says something else', { version: 1, message_signing: 'true' }],
    ['it has no version', { message_signing: true }],
    ['its list cannot be read', { version: 1, message_signing: true, typed_data_allowed: 'all' }],
  ])('is off when %s', async (_name, row) => {
    expect((await reading(row).reader.get('wal_1')).message_signing).toBe(false);
  });

  it('is strongly consistent and never from memory', async () => {
    const { reader, aws } = reading({ version: 1, message_signing: true, allowed_destinations: [] });
    expect(await reader.get('wal_1')).toEqual(signingPolicySchema.parse({ version: 1, message_signing: true }));
    await reader.get('wal_1');
    expect(aws.requests.map(({ body }) => body['ConsistentRead'])).toEqual([true, true]);
  });
});
