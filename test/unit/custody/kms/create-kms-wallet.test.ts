import { describe, expect, it } from 'vitest';
import type { NewWallet } from '#shared/custody/create-wallet.ts';
import { addressOfPublicKey } from '#shared/custody/curve.ts';
import { createKmsWallet } from '#shared/custody/kms/create-kms-wallet.ts';
import { kmsKeyDescription } from '#shared/custody/kms/key-description.ts';
import { ABANDONED_AFTER_MS } from '#shared/custody/kms/key-intent.ts';
import { parsePublicKey } from '#shared/custody/kms/public-key.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { createIdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';
import { IdempotentReplay } from '#shared/platform/idempotency/idempotent-request.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { kmsRefusal } from '#test/support/fakes/fake-kms.ts';
import { createFakeSigningKms } from '#test/support/fakes/fake-signing-kms.ts';
import { idempotentContext } from '#test/support/fakes/idempotent-context.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import { createRecordingMetrics } from '#test/support/fakes/recording-metrics.ts';
import { createRecordingSleep } from '#test/support/fakes/recording-sleep.ts';
import { createScriptedAws, type ScriptedAnswer, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const INPUT: NewWallet<'kms'> = { purpose: 'treasury', custody: 'kms', label: 'main', tags: { region: 'eu' } };
const INTENT_PK = 'KMS_KEY#IDEMPOTENCY#key_tester#route#k';
const DEAD = Object.assign(new Error('the function died'), { name: 'TimeoutError' });

/** Everything that creating needs: tables in memory, and a KMS whose keys can be counted. */
function provisioning() {
  const dynamo = createMemoryDynamo({ ledger: ['pk', 'sk'], keys: ['pk'], audit: ['pk', 'seq'], ephemeral: ['pk'] });
  const far: { fail: ((nth: number) => boolean) | undefined; writes: number } = { fail: undefined, writes: 0 };
  const aws = createScriptedAws((request): ScriptedAnswer | Error => {
    if (request.operation === 'TransactWriteItems') {
      far.writes += 1;
      if (far.fail?.(far.writes) === true) return { status: 400, body: { __type: 'ValidationException' } };
    }
    return dynamo.answer(request);
  });
  const client = scriptedDocumentClient(aws);
  const clock = createFakeClock();
  const kms = createFakeSigningKms();
  const metrics = createRecordingMetrics();
  const log = createRecordingLog();
  let ids = 0;
  const deps = {
    client,
    tables: { ledger: 'ledger', keys: 'keys', audit: 'audit' },
    kmsKeys: kms.maker,
    idempotency: createIdempotencyStore(client, 'ephemeral', clock.now),
    clock: clock.now,
    newId: () => {
      ids += 1;
      return `wal_0000000000000000000000000${ids}`;
    },
    metrics: metrics.metrics,
    wait: createRecordingSleep().sleep,
  };
  const create = (input = INPUT) =>
    createKmsWallet(deps, input, idempotentContext({ log: log.log, deadline: Deadline.in(10_000, clock.now) }));
  const intent = () => dynamo.items('ledger').find(({ pk }) => Reflect.get(Object(pk), 'S') === INTENT_PK);
  return { dynamo, aws, far, clock, kms, metrics, log, create, intent };
}

type Provisioning = ReturnType<typeof provisioning>;

function arnsOf({ kms }: Provisioning): readonly string[] {
  return [...kms.keys.keys()];
}

describe('creating a wallet of the kms tier', () => {
  it('makes one key, described by stage and wallet, and gives the wallet its address', async () => {
    const parts = provisioning();
    const wallet = await parts.create();
    const [[, key] = ['', undefined]] = [...parts.kms.keys];
    expect(parts.kms.keys.size).toBe(1);
    expect(key?.description).toBe(kmsKeyDescription('test', wallet.id));
    const publicKey = parsePublicKey(key?.spki ?? new Uint8Array()) ?? new Uint8Array();
    expect(wallet).toMatchObject({ ...INPUT, address: addressOfPublicKey(publicKey), status: 'active', paused: false });
  });

  it('stores the intent before it asks KMS, the ARN as soon as it is known, and all else in one transaction', async () => {
    const parts = provisioning();
    let whenAsked: unknown;
    parts.kms.before('create', () => {
      whenAsked = parts.intent();
    });
    let whenMade: unknown;
    parts.kms.before('publicKey', () => {
      whenMade = parts.intent();
    });
    const wallet = await parts.create();
    const [arn] = arnsOf(parts);
    expect(whenAsked).toMatchObject({
      wallet_id: { S: wallet.id },
      kms_key_arn: { NULL: true },
      status: { S: 'open' },
      gsi1pk: { S: 'OPEN_KMS_KEYS' },
      gsi1sk: { S: wallet.id },
    });
    expect(whenMade).toMatchObject({ kms_key_arn: { S: arn }, status: { S: 'open' }, gsi1pk: { S: 'OPEN_KMS_KEYS' } });
    expect(parts.intent()).toMatchObject({ kms_key_arn: { S: arn }, status: { S: 'closed' } });
    expect(parts.intent()).not.toHaveProperty('gsi1pk');
    expect(parts.far.writes).toBe(3);
  });

  it('names the key where others have their ciphertext, and on the wallet’s audit stream', async () => {
    const parts = provisioning();
    const wallet = await parts.create();
    const [arn] = arnsOf(parts);
    expect(parts.dynamo.items('keys')).toEqual([
      {
        pk: { S: wallet.id },
        address: { S: wallet.address },
        purpose: { S: 'treasury' },
        kms_key_arn: { S: arn },
        created_at: { S: wallet.created_at },
      },
    ]);
    const [entry] = parts.dynamo.items('audit');
    expect(entry).toMatchObject({
      action: { S: 'wallet.created' },
      detail: { M: { custody: { S: 'kms' }, kms_key_arn: { S: arn } } },
    });
  });

  it('is answered as the first time when it is asked for again, and makes no other key', async () => {
    const parts = provisioning();
    const wallet = await parts.create();
    const replay = await caughtLater(IdempotentReplay, () => parts.create());
    expect(replay.answer).toEqual({ status: 201, body: wallet });
    expect(parts.kms.keys.size).toBe(1);
  });
});

describe('a repeat goes on with the key that is there', () => {
  it('when the wallet could not be stored', async () => {
    const parts = provisioning();
    parts.far.fail = (nth) => nth === 3;
    const error = await caughtLater(HavenError, () => parts.create());
    expect(error.code).toBe('DATABASE_ERROR');
    expect(parts.intent()).toMatchObject({ status: { S: 'open' } });
    parts.far.fail = undefined;
    const wallet = await parts.create();
    expect(parts.kms.keys.size).toBe(1);
    expect(parts.kms.keys.get(arnsOf(parts)[0] ?? '')?.description).toContain(wallet.id);
    expect(parts.intent()).toMatchObject({ status: { S: 'closed' } });
  });

  it('when KMS did not show the public key in time', async () => {
    const parts = provisioning();
    parts.kms.before('publicKey', () => {
      throw kmsRefusal('NotFoundException');
    });
    const error = await caughtLater(HavenError, () => parts.create());
    expect(error.code).toBe('CIRCUIT_OPEN');
    parts.kms.before('publicKey', () => undefined);
    await parts.create();
    expect(parts.kms.keys.size).toBe(1);
  });

  it('of two rivals with the same Idempotency-Key one makes the key, and both have the same wallet in the end', async () => {
    const parts = provisioning();
    const outcomes = await Promise.allSettled([parts.create(), parts.create()]);
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(won).toHaveLength(1);
    expect(lost).toMatchObject([{ code: 'IDEMPOTENCY_IN_PROGRESS' }]);
    const replay = await caughtLater(IdempotentReplay, () => parts.create());
    expect(replay.answer.body).toEqual(won[0]);
    expect(parts.kms.keys.size).toBe(1);
  });
});

describe('when it is not known whether KMS made a key', () => {
  it('the intent stays open, it is said and counted, and a repeat at once is told to wait', async () => {
    const parts = provisioning();
    parts.kms.afterCreate(() => {
      throw DEAD;
    });
    const error = await caughtLater(HavenError, () => parts.create());
    expect(error.code).toBe('CIRCUIT_OPEN');
    expect(parts.metrics.counts()).toEqual({ KmsKeyUnaccounted: 1 });
    expect(parts.log.of('KMS_KEY_UNACCOUNTED')).toMatchObject([{ wallet_id: 'wal_00000000000000000000000001' }]);
    expect(parts.intent()).toMatchObject({ status: { S: 'open' }, kms_key_arn: { NULL: true } });
    const again = await caughtLater(HavenError, () => parts.create());
    expect(again.code).toBe('IDEMPOTENCY_IN_PROGRESS');
    expect(parts.kms.keys.size).toBe(1);
  });

  it('a repeat after the first attempt is over makes another key for the same wallet; both show its id', async () => {
    const parts = provisioning();
    parts.kms.afterCreate(() => {
      throw DEAD;
    });
    await caughtLater(HavenError, () => parts.create());
    parts.kms.afterCreate(() => undefined);
    parts.clock.advance(ABANDONED_AFTER_MS);
    const wallet = await parts.create();
    const descriptions = [...parts.kms.keys.values()].map(({ description }) => description);
    expect(descriptions).toEqual([kmsKeyDescription('test', wallet.id), kmsKeyDescription('test', wallet.id)]);
    expect(parts.dynamo.items('keys')).toMatchObject([{ kms_key_arn: { S: arnsOf(parts)[1] } }]);
  });

  it('or its ARN could not be stored, the intent stays open too, and the ARN is in the log', async () => {
    const parts = provisioning();
    parts.far.fail = (nth) => nth === 2;
    await caughtLater(HavenError, () => parts.create());
    expect(parts.metrics.counts()).toEqual({ KmsKeyUnaccounted: 1 });
    expect(parts.log.of('KMS_KEY_UNACCOUNTED')).toMatchObject([{ kms_key_arn: arnsOf(parts)[0] }]);
    expect(parts.intent()).toMatchObject({ status: { S: 'open' }, kms_key_arn: { NULL: true } });
    expect(parts.kms.keys.size).toBe(1);
  });
});

describe('when KMS refuses to make a key', () => {
  it.each([
    ['AccessDeniedException', 'CONFIGURATION'],
    ['LimitExceededException', 'CIRCUIT_OPEN'],
    ['ThrottlingException', 'CIRCUIT_OPEN'],
  ])('with %s, there is none: the intent is closed and a repeat may try at once', async (name, code) => {
    const parts = provisioning();
    parts.kms.before('create', () => {
      throw kmsRefusal(name);
    });
    const error = await caughtLater(HavenError, () => parts.create());
    expect(error.code).toBe(code);
    expect(parts.intent()).toMatchObject({ status: { S: 'closed' } });
    expect(parts.metrics.counts()).toEqual({});
    parts.kms.before('create', () => undefined);
    await parts.create();
    expect(parts.kms.keys.size).toBe(1);
  });
});
