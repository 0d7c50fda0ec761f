import { verifyMessage, verifyTypedData } from 'ethers';
import { describe, expect, it } from 'vitest';
import { custodyKey } from '#shared/custody/custody-state.ts';
import { policyKey } from '#shared/custody/policy/policy-row.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { TEST_WALLET, unusedCustody } from '#test/support/fakes/ledger-transactions.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';
import { createSigningDesk, SIGNED_TEXT, type SigningOptions } from '#test/support/fakes/signing-desk.ts';
import { domainOf, MAIL, PERMIT } from '#test/support/fakes/typed-data.ts';

const signatureOf = (answer: { readonly signature: string | null }) => answer.signature ?? '';

describe('signing', () => {
  it('a message gives what ethers verifies as the wallet', async () => {
    const answer = await createSigningDesk().message();
    expect(verifyMessage(SIGNED_TEXT, signatureOf(answer))).toBe(TEST_WALLET.address);
    expect(answer).toMatchObject({ wallet_id: TEST_WALLET.id, address: TEST_WALLET.address });
  });

  it('typed data gives what ethers verifies as the wallet', async () => {
    const answer = await createSigningDesk().typed();
    expect(verifyTypedData(domainOf(MAIL), { ...MAIL.types }, MAIL.message, signatureOf(answer))).toBe(
      TEST_WALLET.address,
    );
  });

  it('is on the stream of the wallet before the signature leaves, and the stream verifies', async () => {
    const { message, typed, entries, isWhole } = createSigningDesk();
    await message();
    const stored = await entries();
    expect(stored).toMatchObject([
      {
        action: 'key.used',
        actor: 'key_tester',
        severity: 'INFO',
        reason: 'sign message',
        detail: { kind: 'message', bytes: SIGNED_TEXT.length },
      },
    ]);
    await caughtLater(IdempotentReplay, () => typed());
    expect(await isWhole()).toBeNull();
  });

  it('leaves the signature and the message in no table and in no log', async () => {
    const { message, dynamo, log } = createSigningDesk();
    const signature = signatureOf(await message()).slice(2);
    const everything = JSON.stringify([
      ...['ledger', 'audit', 'ephemeral'].map((table) => dynamo.items(table)),
      ...['MESSAGE_SIGNED', 'MESSAGE_REFUSED'].map((name) =>
        log.of(name === 'MESSAGE_SIGNED' ? 'MESSAGE_SIGNED' : 'MESSAGE_REFUSED'),
      ),
    ]);
    for (const secret of [signature, signature.slice(0, 64), signature.slice(64, 128), SIGNED_TEXT])
      expect(everything).not.toContain(secret);
  });

  it('again with the same key gives the same signature, signed and recorded anew', async () => {
    const { message, entries, signed } = createSigningDesk();
    const first = await message();
    const replay = await caughtLater(IdempotentReplay, () => message());
    expect(replay.answer).toEqual({ status: 200, body: first });
    expect(await entries()).toHaveLength(2);
    expect(signed).toEqual([1, 1]);
  });

  it('by ten with the same key at once gives all the same signature', async () => {
    const { message, isWhole } = createSigningDesk();
    const answers = await Promise.all(
      Array.from({ length: 4 }, () =>
        message().catch((error: unknown) => (error instanceof IdempotentReplay ? error.answer.body : error)),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ signature: expect.stringMatching(/^0x[0-9a-f]{130}$/) });
    expect(await isWhole()).toBeNull();
  });
});

describe('nothing is signed, and it is on the stream', () => {
  it.each<[string, SigningOptions, string, string?]>([
    ['the stage has it off', { overrides: { isOn: false } }, 'off on this stage'],
    ['the wallet has no policy for it', { policy: {} }, 'off for this wallet'],
    ['the policy has it off', { policy: { message_signing: false } }, 'off for this wallet'],
    ['the wallet is paused', { custody: { paused: true } }, 'paused'],
    ['the wallet is revoked', { custody: { status: 'revoked' } }, 'revoked', 'WALLET_REVOKED'],
    ['the wallet is rotated', { custody: { status: 'rotated' } }, 'rotated', 'WALLET_ROTATED'],
    ['the wallet is revoked and paused', { custody: { status: 'revoked', paused: true } }, 'revoked', 'WALLET_REVOKED'],
  ])('when %s', async (_name, setting, reason, code = 'POLICY_VIOLATION') => {
    const { message, entries, signed, metrics, isWhole } = createSigningDesk(setting);
    const error = await caughtLater(HavenError, () => message());
    expect(error).toMatchObject({ code, details: { wallet_id: TEST_WALLET.id } });
    expect(error.message).toContain(reason);
    expect(await entries()).toMatchObject([{ action: 'key.denied', severity: 'WARNING', actor: 'key_tester' }]);
    expect(await isWhole()).toBeNull();
    expect(signed).toEqual([]);
    expect(metrics.counts()).toEqual({ MessageRefused: 1 });
  });

  it('when the message is a hash', async () => {
    const { message, entries } = createSigningDesk();
    const error = await caughtLater(HavenError, () => message('x'.repeat(32)));
    expect(error.code).toBe('POLICY_VIOLATION');
    expect((await entries())[0]?.reason).toContain('32 bytes');
  });

  it('when typed data grants a right to spend, unless the policy lists it', async () => {
    const { typed, signed } = createSigningDesk();
    expect(await caughtLater(HavenError, () => typed(PERMIT))).toMatchObject({ code: 'POLICY_VIOLATION' });
    expect(signed).toEqual([]);
    const { chainId: chain_id, verifyingContract: verifying_contract } = PERMIT.domain;
    const listed = { chain_id, verifying_contract, primary_type: 'Permit' };
    const allowing = createSigningDesk({ policy: { message_signing: true, typed_data_allowed: [listed] } });
    const answer = await allowing.typed(PERMIT);
    expect(verifyTypedData(domainOf(PERMIT), { ...PERMIT.types }, PERMIT.message, signatureOf(answer))).toBe(
      TEST_WALLET.address,
    );
  });

  it('when the key does not decrypt: on record as what tampering looks like, and counted', async () => {
    const fails = new HavenError('KEY_DECRYPTION_FAILED', 'The key is bound to another wallet');
    const { message, entries, metrics } = createSigningDesk({
      overrides: { signer: { sign: () => Promise.reject(fails) } },
    });
    expect(await caughtLater(HavenError, () => message())).toBe(fails);
    expect(await entries()).toMatchObject([{ action: 'key.refused', severity: 'CRITICAL' }]);
    expect(metrics.counts()).toEqual({ KeyRefused: 1 });
  });
});

describe('nothing is signed, and nothing is recorded', () => {
  it('for a chain that is not configured', async () => {
    const { typed, entries } = createSigningDesk();
    const error = await caughtLater(HavenError, () => typed({ ...MAIL, domain: { ...MAIL.domain, chainId: 5 } }));
    expect(error).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'body.typed_data.domain.chainId' }] },
    });
    expect(await entries()).toEqual([]);
  });

  it('for a wallet that is not there', async () => {
    const { dynamo, message } = createSigningDesk();
    const empty = createMemoryDynamo({ ledger: ['pk', 'sk'] });
    expect(dynamo.items('ledger')).toHaveLength(3);
    expect(empty.items('ledger')).toEqual([]);
    const { deps } = {
      deps: createWalletStore(scriptedDocumentClient(createScriptedAws((r) => empty.answer(r))), 'ledger'),
    };
    const other = createSigningDesk({ overrides: { wallets: deps } });
    expect((await caughtLater(HavenError, () => other.message())).code).toBe('WALLET_NOT_FOUND');
    expect((await message()).signature).not.toBeNull();
  });
});

describe('the signature does not leave', () => {
  it('when the wallet is paused between the decision and the record', async () => {
    let writes = 0;
    const { message, entries } = createSigningDesk({
      before: ({ operation }, dynamo) => {
        if (operation !== 'TransactWriteItems') return;
        writes += 1;
        if (writes === 1) dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...unusedCustody({ paused: true }) });
      },
    });
    const error = await caughtLater(HavenError, () => message());
    expect(error.code).toBe('POLICY_VIOLATION');
    expect(await entries()).toEqual([]);
  });

  it.each<[string, object]>([
    ['is off', { version: 2, message_signing: false }],
    ['is off in place, whatever its version says', { version: 1, message_signing: false }],
    ['allows other typed data', { version: 2, message_signing: true, typed_data_allowed: [] }],
  ])('when the policy %s by the time of the record, and that is on the stream', async (_name, after) => {
    let writes = 0;
    const { typed, entries, signed, dynamo, isWhole } = createSigningDesk({
      before: ({ operation }, tables) => {
        if (operation !== 'TransactWriteItems') return;
        writes += 1;
        if (writes === 1) tables.put('ledger', { ...policyKey(TEST_WALLET.id), ...after });
      },
    });
    const error = await caughtLater(HavenError, () => typed());
    expect(error).toMatchObject({ code: 'POLICY_VIOLATION' });
    expect(signed).toEqual([1]);
    expect(await entries()).toMatchObject([{ action: 'key.denied', severity: 'WARNING' }]);
    expect(dynamo.items('ephemeral')).toEqual([]);
    expect(await isWhole()).toBeNull();
  });

  it('when the policy changes all the time; once it has changed and still allows it, it does', async () => {
    for (const [changes, ends] of [
      [3, 'signed'],
      [4, 'WRITE_CONFLICT'],
    ] as const) {
      let version = 1;
      const { message, entries } = createSigningDesk({
        before: ({ operation }, tables) => {
          if (operation !== 'TransactWriteItems' || version > changes) return;
          version += 1;
          tables.put('ledger', { ...policyKey(TEST_WALLET.id), version, message_signing: true });
        },
      });
      const end = await message().then(
        () => 'signed',
        (error: unknown) => (error instanceof HavenError ? error.code : error),
      );
      expect(end).toBe(ends);
      expect(await entries()).toHaveLength(ends === 'signed' ? 1 : 0);
    }
  });

  it('when its use cannot be recorded', async () => {
    const { message, signed } = createSigningDesk({
      before: ({ operation }) => {
        if (operation === 'TransactWriteItems') throw new Error('no table');
      },
    });
    await expect(message()).rejects.toThrow();
    expect(signed).toEqual([1]);
  });

  it('but a use of the key that came first only makes it wait its turn', async () => {
    let writes = 0;
    const rival = unusedCustody({ audit_seq: 7, audit_hash: 'f'.repeat(64) });
    const { message, entries } = createSigningDesk({
      before: ({ operation }, dynamo) => {
        if (operation !== 'TransactWriteItems') return;
        writes += 1;
        if (writes === 1) dynamo.put('ledger', { ...custodyKey(TEST_WALLET.id), ...rival });
      },
    });
    expect((await message()).signature).not.toBeNull();
    expect(await entries()).toMatchObject([{ seq: 8 }]);
  });
});
