import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { bindRoutes as bindControl } from '#functions/key-control/handler.ts';
import { createHandler as createDestroyer } from '#functions/key-destroyer/handler.ts';
import { bindRoutes as bindProvisioner } from '#functions/wallet-provisioner/handler.ts';
import { bindRoutes as bindRotator } from '#functions/wallet-rotator/handler.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import { firstBreak } from '#shared/audit/verify-stream.ts';
import { createPoolReader } from '#shared/custody/deposit-pool/pool-reader.ts';
import { DESTRUCTION_KIND } from '#shared/custody/destruction/destruction.ts';
import { createRequestStore } from '#shared/custody/dual-control/request-store.ts';
import { createKmsKeyEncryptor } from '#shared/custody/kms-key-encryptor.ts';
import { keepTakenDeposits } from '#shared/custody/lifecycle/keep-taken-deposits.ts';
import { createSweepStore } from '#shared/custody/lifecycle/sweep-store.ts';
import { createPolicyStore } from '#shared/custody/policy/policy-store.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import { createListPager } from '#shared/platform/http/list-pager.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { moveUser } from '#shared/users/follow-rotation.ts';
import { createUserStore } from '#shared/users/user-store.ts';
import { lambdaContext } from './api-request.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakeKms, TEST_KMS_KEY_ARN } from './fake-kms.ts';
import { createFakeSigningKms } from './fake-signing-kms.ts';
import { createMemoryDynamo, plainItem } from './memory-dynamo.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';
import { createScriptedAws, type ScriptedAnswer, type SentRequest, scriptedDocumentClient } from './scripted-aws.ts';
import { createTestApi } from './test-api.ts';

/** Who asks at the desk unless a test says otherwise. */
export const OPERATOR = 'key_operator';

/** May answer a request itself: an error, or a lost answer. */
type DeskNetwork = (request: SentRequest, answer: () => ScriptedAnswer) => ScriptedAnswer | Error | undefined;

const answerSchema = z.record(z.string(), z.unknown());

/** The functions that make, rotate and revoke wallets and destroy their keys, around tables in memory and a KMS of their own. */
export function createLifecycleDesk() {
  const dynamo = createMemoryDynamo({
    ledger: ['pk', 'sk'],
    audit: ['pk', 'seq'],
    ephemeral: ['pk'],
    keys: ['pk'],
    approvals: ['pk'],
    logs: ['pk', 'sk'],
  });
  const clock = createFakeClock();
  const metrics = createRecordingMetrics();
  const log = createRecordingLog();
  const kms = createFakeKms();
  const signingKms = createFakeSigningKms();
  const tables = {
    approvals: 'approvals',
    ledger: 'ledger',
    audit: 'audit',
    logs: 'logs',
    keys: 'keys',
  };

  /** Other instances of the functions, with a network of their own. */
  function openDesk(network?: DeskNetwork) {
    const aws = createScriptedAws((request) => {
      const answer = () => dynamo.answer(request);
      return network?.(request, answer) ?? answer();
    });
    const client = scriptedDocumentClient(aws);
    const wallets = createWalletStore(client, 'ledger', clock.now);
    const deps = {
      client,
      tables,
      wallets,
      clock: clock.now,
      newId,
      metrics: metrics.metrics,
      log: log.log,
      wait: async () => undefined,
      idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
      exportIsOn: true,
      retentionDays: 30,
      deciders: 'principals' as const,
    };
    const overrides = { idempotency: deps.idempotency, clock: clock.now, log: log.log, metrics: metrics.metrics };
    const pager = createListPager(async () => 'a signing key of at least 32 characters');
    const making = {
      ...deps,
      encryptor: createKmsKeyEncryptor(TEST_KMS_KEY_ARN, kms.encrypting),
      kmsKeys: signingKms.maker,
    };
    const provisioner = createTestApi(bindProvisioner(making), overrides);
    const rotator = createTestApi(
      bindRotator({
        ...making,
        policies: createPolicyStore(client, 'ledger'),
        sweeps: createSweepStore(client, 'ledger'),
        followers: [
          keepTakenDeposits(tables, createPoolReader(client, 'ledger')),
          moveUser({ tables, users: createUserStore(client, 'ledger') }),
        ],
      }),
      overrides,
    );
    const control = createTestApi(bindControl({ ...deps, pager }), overrides);
    const destroyer = createDestroyer({
      ...deps,
      destructions: createRequestStore(client, 'approvals', DESTRUCTION_KIND),
    });

    /** Asks for something; the answer's status and body. */
    async function ask(path: string, id: string, body: unknown, extra: AskOptions = {}) {
      const isRotators = /\/(revoke|rotate|sweep)$/.test(path);
      const api = isRotators ? rotator : id === '' ? provisioner : control;
      const answer = await api.send({
        method: 'POST',
        path,
        params: id === '' ? {} : { id },
        scopes: '*',
        principalId: extra.who ?? OPERATOR,
        headers: {
          'Idempotency-Key': extra.key ?? randomUUID(),
          ...(extra.ifMatch === undefined ? {} : { 'If-Match': extra.ifMatch }),
        },
        body,
      });
      return { status: answer.statusCode, headers: answer.headers, json: answerSchema.parse(JSON.parse(answer.body)) };
    }
    const because = { reason: 'a laptop was stolen' };
    return {
      aws,
      client,
      wallets,
      ask,
      revoke: (id: string, extra?: AskOptions) => ask('/admin/wallets/{id}/revoke', id, because, extra),
      rotate: (id: string, body: object = {}, extra?: AskOptions) =>
        ask('/admin/wallets/{id}/rotate', id, { ...because, ...body }, extra),
      sweep: (id: string, extra?: AskOptions) => ask('/admin/wallets/{id}/sweep', id, because, extra),
      destroy: () => destroyer({}, lambdaContext()),
      async createWallet(body: object = {}): Promise<Wallet> {
        const { json } = await ask('/admin/wallets', '', { purpose: 'treasury', label: 'Till', ...body });
        return wallets.get(String(json['id']));
      },
    };
  }

  const first = openDesk();
  const audit = createAuditStore(first.client, 'audit');
  return {
    aws: first.aws,
    client: first.client,
    wallets: first.wallets,
    ask: first.ask,
    revoke: first.revoke,
    rotate: first.rotate,
    sweep: first.sweep,
    destroy: first.destroy,
    createWallet: first.createWallet,
    dynamo,
    clock,
    metrics,
    log,
    signingKms,
    open: openDesk,
    items: (table: string) => dynamo.items(table).map(plainItem),
    row: (walletId: string, sk: string) =>
      dynamo
        .items('ledger')
        .map(plainItem)
        .find((item) => String(item['pk']).endsWith(`#${walletId}`) && item['sk'] === sk),
    entries: (stream: string) => audit.entries(stream),
    alerts: () => dynamo.items('logs').map(plainItem),
    /** The first break of a wallet's stream. */
    brokenAt: async (walletId: string) =>
      firstBreak(walletId, await audit.stored(walletId), await first.wallets.custodyState(walletId)),
  };
}

/** What a request at the desk may have besides. */
interface AskOptions {
  readonly who?: string;
  readonly key?: string;
  readonly ifMatch?: string;
}
