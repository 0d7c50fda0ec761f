import { generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { compactDecrypt, importJWK, type JWK } from 'jose';
import * as z from 'zod';
import { bindRoutes as bindControl } from '#functions/key-control/handler.ts';
import { createHandler as createDestroyer } from '#functions/key-destroyer/handler.ts';
import { bindRoutes as bindExport } from '#functions/key-export/handler.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { type CustodyState, custodyKey } from '#shared/custody/custody-state.ts';
import { DESTRUCTION_KIND } from '#shared/custody/destruction/destruction.ts';
import type { Deciders } from '#shared/custody/dual-control/deciders.ts';
import { createRequestStore } from '#shared/custody/dual-control/request-store.ts';
import { EXPORT_KIND } from '#shared/custody/export/export.ts';
import { createKeyReader } from '#shared/custody/key-store.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { lambdaContext } from './api-request.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakeKms, TEST_KMS_KEY_ARN } from './fake-kms.ts';
import { storedWallet, TEST_WALLET, unusedCustody } from './ledger-transactions.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';
import { createTestApi } from './test-api.ts';
import { testKeyBytes } from './test-signer.ts';

/** What a test varies of the desk. */
export interface KeyDeskOptions {
  readonly wallet?: Partial<Wallet>;
  readonly custody?: Partial<CustodyState>;
  readonly exportIsOn?: boolean;
  readonly retentionDays?: number;
  readonly deciders?: Deciders;
  /** What keys are and who made them, by principal. */
  readonly kin?: Readonly<Record<string, { readonly line?: string; readonly makers?: string }>>;
  /** May answer a request itself: an error, or a lost answer. */
  readonly before?: (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer | Error | undefined;
}

const SCOPES = 'custody:read custody:export custody:destroy custody:approve';
/** Who asks, and who approves. */
export const REQUESTER = 'key_requester';
/** Who approves. */
export const APPROVER = 'key_approver';

const makeKeyPair = promisify(generateKeyPair);

/** Makes a key pair of somebody who wants an export, as JWKs. */
export async function recipientKeys(kind: 'P-256' | 'P-384' | 'P-521' | 'X25519' | number = 'P-256') {
  const pair =
    typeof kind === 'number'
      ? await makeKeyPair('rsa', { modulusLength: kind })
      : kind === 'X25519'
        ? await makeKeyPair('x25519')
        : await makeKeyPair('ec', { namedCurve: kind });
  return { publicJwk: pair.publicKey.export({ format: 'jwk' }), privateJwk: pair.privateKey.export({ format: 'jwk' }) };
}

/** Opens a JWE with a private JWK. */
export async function openSealed(jwe: string, privateJwk: JWK, alg: 'RSA-OAEP-256' | 'ECDH-ES' = 'ECDH-ES') {
  const { plaintext, protectedHeader } = await compactDecrypt(jwe, await importJWK(privateJwk, alg));
  return {
    payload: z.record(z.string(), z.string()).parse(JSON.parse(new TextDecoder().decode(plaintext))),
    protectedHeader,
  };
}

/**
 * The functions by which keys leave or are destroyed, around tables in memory: the test wallet with its real ciphertext under
 * a KMS that binds it to its context.
 */
export async function createKeyDesk(options: KeyDeskOptions = {}) {
  const dynamo = createMemoryDynamo({
    ledger: ['pk', 'sk'],
    audit: ['pk', 'seq'],
    ephemeral: ['pk'],
    keys: ['pk'],
    approvals: ['pk'],
    logs: ['pk', 'sk'],
  });
  const { id, address } = TEST_WALLET;
  const purpose = options.wallet?.purpose ?? TEST_WALLET.purpose;
  const kms = createFakeKms();
  const context = { wallet_id: id, address, purpose };
  const ciphertext = await createKmsKeyEncryptor(TEST_KMS_KEY_ARN, kms.encrypting).encrypt(testKeyBytes(), context);
  dynamo.put('keys', { pk: id, address, purpose, ciphertext });
  dynamo.put('ledger', { ...walletKey(id), ...storedWallet(options.wallet) });
  const { status = 'active', revoked_at } = options.wallet ?? {};
  const since = revoked_at === undefined ? {} : { revoked_at };
  dynamo.put('ledger', { ...custodyKey(id), ...unusedCustody({ status, ...since, ...options.custody }) });
  const aws = createScriptedAws((request) => {
    const answer = () => dynamo.answer(request);
    return options.before?.(request, answer) ?? answer();
  });
  const client = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  const metrics = createRecordingMetrics();
  const log = createRecordingLog();
  const audit = createAuditStore(client, 'audit');
  const wallets = createWalletStore(client, 'ledger', clock.now);
  const opened: Uint8Array[] = [];
  const decryptor = createKmsKeyDecryptor(TEST_KMS_KEY_ARN, kms.decrypting);
  const deps = {
    client,
    tables: { approvals: 'approvals', ledger: 'ledger', audit: 'audit', logs: 'logs', keys: 'keys' },
    wallets,
    clock: clock.now,
    newId,
    metrics: metrics.metrics,
    log: log.log,
    wait: async () => undefined,
    idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
    deciders: options.deciders ?? 'principals',
    exportIsOn: options.exportIsOn ?? true,
    retentionDays: options.retentionDays ?? 30,
  };
  const overrides = { idempotency: deps.idempotency, clock: clock.now, log: log.log };
  const control = createTestApi(
    bindControl({ ...deps, pager: createListPager(async () => 'a signing key of at least 32 characters') }),
    overrides,
  );
  const exporter = createTestApi(
    bindExport({
      ...deps,
      exports: createRequestStore(client, 'approvals', EXPORT_KIND),
      keys: createKeyReader(client, 'keys'),
      decryptor: {
        async decrypt(blob, bound) {
          const bytes = await decryptor.decrypt(blob, bound);
          opened.push(bytes);
          return bytes;
        },
      },
    }),
    overrides,
  );
  const destroy = createDestroyer({
    ...deps,
    destructions: createRequestStore(client, 'approvals', DESTRUCTION_KIND),
  });

  const answered = (answer: { statusCode: number; body: string }) => ({
    status: answer.statusCode,
    json: z.record(z.string(), z.unknown()).parse(JSON.parse(answer.body)),
  });
  const post = async (api: typeof control, who: string, path: string, requestId: string, body?: unknown) =>
    answered(
      await api.send({
        method: 'POST',
        path,
        params: { id: requestId },
        scopes: SCOPES,
        principalId: who,
        kin: options.kin?.[who] ?? {},
        ...(body === undefined ? {} : { body }),
      }),
    );
  const ask = async (path: string, body: unknown, who = REQUESTER, idempotencyKey: string = randomUUID()) =>
    answered(
      await control.send({
        method: 'POST',
        path,
        params: { id },
        scopes: SCOPES,
        principalId: who,
        kin: options.kin?.[who] ?? {},
        headers: { 'Idempotency-Key': idempotencyKey },
        body,
      }),
    );
  const get = async (path: string, params: Record<string, string> = {}, query: Record<string, string[]> = {}) =>
    answered(await control.send({ path, params, query, scopes: SCOPES, principalId: REQUESTER }));
  const because = { reason: 'because' };

  return {
    dynamo,
    aws,
    clock,
    metrics,
    log,
    wallets,
    client,
    control,
    exporter,
    opened,
    get,
    ask,
    requestExport: (public_key: unknown, who?: string, key?: string) =>
      ask('/admin/wallets/{id}/exports', { reason: 'leaving', public_key }, who, key),
    requestDestruction: (who?: string, key?: string) =>
      ask('/admin/wallets/{id}/destruction', { reason: 'closed' }, who, key),
    approve: (exportId: string, who = APPROVER) => post(control, who, '/admin/exports/{id}/approve', exportId),
    reject: (exportId: string, who = APPROVER) => post(control, who, '/admin/exports/{id}/reject', exportId, because),
    cancel: (exportId: string, who = REQUESTER) => post(control, who, '/admin/exports/{id}/cancel', exportId, because),
    retrieve: (exportId: string, who = REQUESTER) => post(exporter, who, '/admin/exports/{id}/retrieve', exportId),
    approveDestruction: (requestId: string, who = APPROVER) =>
      post(control, who, '/admin/destructions/{id}/approve', requestId),
    cancelDestruction: (requestId: string, who = REQUESTER) =>
      post(control, who, '/admin/destructions/{id}/cancel', requestId, because),
    destroy: () => destroy({}, lambdaContext()),
    items: (table: string) => dynamo.items(table).map(plainItem),
    entries: () => audit.entries(id),
    alerts: () => dynamo.items('logs').map(plainItem),
    brokenAt: async () => firstBreak(id, await audit.stored(id), await wallets.custodyState(id)),
  };
}

/** A desk at which an export is approved. */
export async function approvedExport(options: KeyDeskOptions = {}) {
  const desk = await createKeyDesk(options);
  const keys = await recipientKeys();
  const { json } = await desk.requestExport(keys.publicJwk);
  const exportId = String(json['id']);
  await desk.approve(exportId);
  return { desk, exportId, ...keys };
}
