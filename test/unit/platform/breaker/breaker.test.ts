import { describe, expect, it } from 'vitest';
import {
  type Breaker,
  CLOSED_TTL_MS,
  createBreakers,
  createLocalBreakerStore,
  OTHER_TTL_MS,
  throughBreaker,
} from '#shared/platform/breaker/breaker.ts';
import { breakerNameSchema } from '#shared/platform/breaker/breaker-state.ts';
import { type BreakerStore, createBreakerStore } from '#shared/platform/breaker/breaker-store.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { breakerBench } from '#test/support/fakes/breakers.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { createMemoryDynamo } from '#test/support/fakes/memory-dynamo.ts';
import { createScriptedAws, dynamoError, scriptedDocumentClient } from '#test/support/fakes/scripted-aws.ts';

const NAME = 'rpc:1:primary';

async function fail(breaker: Breaker, times = 1, cause = 'down'): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    const admission = await breaker.admit();
    if (!admission.admitted) throw new Error('The circuit refuses');
    await breaker.failed(admission.permit, cause);
  }
}

async function succeed(breaker: Breaker): Promise<void> {
  const admission = await breaker.admit();
  if (!admission.admitted) throw new Error('The circuit refuses');
  await breaker.succeeded(admission.permit);
}

/** A store that counts, before the real one on tables in memory. */
function dynamoStore() {
  const clock = createFakeClock();
  const dynamo = createMemoryDynamo({ ephemeral: ['pk'] });
  const aws = createScriptedAws((request) => dynamo.answer(request));
  const store = createBreakerStore(scriptedDocumentClient(aws), 'ephemeral', clock.now);
  const operations = () => aws.requests.map(({ operation }) => operation);
  return { store, dynamo, operations, clock };
}

describe('a circuit', () => {
  it('opens after five failures in a row, refuses for 30 s, then lets two probes through and closes', async () => {
    const { breakers, clock, log, metrics } = breakerBench();
    const breaker = breakers.of(NAME);
    await fail(breaker, 5, 'RPC_CONNECTION: HTTP 503');
    expect(await breaker.admit()).toEqual({ admitted: false, retryAfterMs: 30_000 });
    clock.advance(30_000);
    const [first, second] = [await breaker.admit(), await breaker.admit()];
    expect([first.admitted, second.admitted]).toEqual([true, true]);
    expect(await breaker.admit()).toMatchObject({ admitted: false });
    if (first.admitted) await breaker.succeeded(first.permit);
    if (second.admitted) await breaker.succeeded(second.permit);
    expect(await breaker.standing()).toMatchObject({ standing: 'pass' });
    expect(log.of('CIRCUIT_OPENED')).toMatchObject([
      { circuit: NAME, from: 'closed', cause: 'RPC_CONNECTION: HTTP 503' },
    ]);
    expect(log.of('CIRCUIT_CHANGED')).toMatchObject([{ to: 'half_open' }, { to: 'closed' }]);
    expect(metrics.counts()).toEqual({ CircuitOpened: 1 });
  });

  it('opens again on any failure of a probe', async () => {
    const { breakers, clock, metrics } = breakerBench();
    const breaker = breakers.of(NAME);
    await fail(breaker, 5);
    clock.advance(30_000);
    await succeed(breaker);
    await fail(breaker);
    expect(await breaker.standing()).toEqual({ standing: 'refuse', retryAfterMs: 30_000 });
    expect(metrics.counts()).toEqual({ CircuitOpened: 2 });
  });

  it('does not open while calls succeed in between, however many fail', async () => {
    const { breakers } = breakerBench();
    const breaker = breakers.of(NAME);
    for (let round = 0; round < 10; round += 1) {
      await fail(breaker, 4);
      await succeed(breaker);
    }
    expect(await breaker.standing()).toMatchObject({ standing: 'pass' });
  });

  it('tells no one what it was told beyond a few safe words', async () => {
    const { breakers, deps, log } = breakerBench();
    await fail(breakers.of(NAME), 5, `fetch https://user:hush@rpc.example/v2/hush failed\n${'x'.repeat(500)}`);
    const stored = JSON.stringify(await deps.store.read(NAME));
    expect(stored).not.toMatch(/hush|rpc\.example/);
    expect(stored.length).toBeLessThan(600);
    expect(log.everything()).not.toContain('hush');
  });

  it('is the same one for the same name', () => {
    const { breakers } = breakerBench();
    expect(breakers.of(NAME)).toBe(breakers.of(NAME));
    expect(breakers.of(NAME)).not.toBe(breakers.of('rpc:1:backup'));
  });
});

describe('what it costs', () => {
  it('is one read, and nothing for every call that succeeds while it is believed to be closed', async () => {
    const { store, operations, clock } = dynamoStore();
    const breaker = breakerBench({ store, clock: clock.now }).breakers.of(NAME);
    for (let count = 0; count < 100; count += 1) await succeed(breaker);
    expect(operations()).toEqual(['GetItem']);
    clock.advance(CLOSED_TTL_MS);
    await succeed(breaker);
    expect(operations()).toEqual(['GetItem', 'GetItem']);
  });

  it('is one read for calls that begin at the same time', async () => {
    const { store, operations, clock } = dynamoStore();
    const breaker = breakerBench({ store, clock: clock.now }).breakers.of(NAME);
    await Promise.all([breaker.admit(), breaker.admit(), breaker.standing()]);
    expect(operations()).toEqual(['GetItem']);
  });

  it('is one write for a failure, and none for failures of calls that an open circuit no longer counts', async () => {
    const { store, operations, clock } = dynamoStore();
    const breaker = breakerBench({ store, clock: clock.now }).breakers.of(NAME);
    const admission = await breaker.admit();
    await fail(breaker, 5);
    expect(operations()).toEqual(['GetItem', ...Array.from({ length: 5 }, () => 'PutItem')]);
    if (admission.admitted) await breaker.failed(admission.permit, 'late');
    expect(operations()).toHaveLength(6);
  });
});

describe('processes that share a store', () => {
  it('count failures together, and all know of an open circuit within seconds', async () => {
    const store = createLocalBreakerStore();
    const one = breakerBench({ store });
    const processes = [one.breakers, ...Array.from({ length: 2 }, () => createBreakers(one.deps))];
    for (let count = 0; count < 5; count += 1) await fail(processes[count % 3]?.of(NAME) ?? one.breakers.of(NAME));
    one.clock.advance(CLOSED_TTL_MS);
    for (const breakers of processes) expect(await breakers.of(NAME).standing()).toMatchObject({ standing: 'probe' });
    expect(one.metrics.counts()).toEqual({ CircuitOpened: 1 });
  });

  it('lose no failure when twenty fail at the very same time', async () => {
    const store = createLocalBreakerStore();
    const { deps, metrics, clock } = breakerBench({ store });
    const all = Array.from({ length: 20 }, () => createBreakers(deps).of(NAME));
    const admissions = await Promise.all(all.map((breaker) => breaker.admit()));
    await Promise.all(
      all.map(async (breaker, index) => {
        const admission = admissions[index];
        if (admission?.admitted === true) await breaker.failed(admission.permit, 'down');
      }),
    );
    expect((await store.read(NAME))?.state).toMatchObject({ status: 'open', generation: 1 });
    expect(metrics.counts()).toEqual({ CircuitOpened: 1 });
    // Of all that come when its time is over, no more than two are let through.
    clock.advance(30_000);
    const late = await Promise.all(Array.from({ length: 20 }, () => createBreakers(deps).of(NAME).admit()));
    expect(late.filter(({ admitted }) => admitted)).toHaveLength(2);
  });

  it('give the place of a probe to another when its process is gone', async () => {
    const { breakers, deps, clock } = breakerBench();
    await fail(breakers.of(NAME), 5);
    clock.advance(30_000);
    await breakers.of(NAME).admit();
    await breakers.of(NAME).admit();
    const other = createBreakers(deps).of(NAME);
    expect((await other.admit()).admitted).toBe(false);
    clock.advance(15_000);
    expect((await other.admit()).admitted).toBe(true);
  });

  it('learn of a reset, and forget what happened before it', async () => {
    const { store, dynamo, clock } = dynamoStore();
    const breaker = breakerBench({ store, clock: clock.now }).breakers.of(NAME);
    await fail(breaker, 4);
    const before = await store.read(NAME);
    if (before === undefined) throw new Error('Nothing is stored');
    const state = { ...before.state, failures: 0, generation: before.state.generation + 1 };
    await store.save({ ...before, state, version: before.version + 1, audit_seq: 1, audit_hash: 'h' }, before);
    await fail(breaker);
    expect(await store.read(NAME)).toMatchObject({ state: { status: 'closed', failures: 0 }, audit_seq: 1 });
    await fail(breaker);
    expect(await store.read(NAME)).toMatchObject({ state: { failures: 1 }, audit_seq: 1, audit_hash: 'h' });
    expect(dynamo.items('ephemeral')[0]).not.toHaveProperty('expires_at');
  });
});

describe('when the store fails', () => {
  const broken: BreakerStore = {
    read: () => Promise.reject(new Error('no table')),
    save: () => Promise.reject(new Error('no table')),
  };

  it('everything is let through, and that is said', async () => {
    const { breakers, log, metrics } = breakerBench({ store: broken });
    await fail(breakers.of(NAME), 20);
    expect(await breakers.of(NAME).standing()).toMatchObject({ standing: 'pass' });
    expect(log.of('BREAKER_STORE_UNAVAILABLE')).toMatchObject([{ circuit: NAME }]);
    expect(metrics.counts()).toEqual({ BreakerStoreUnavailable: 1 });
  });

  it('it is not asked again at once, and an open circuit is known again when it is back', async () => {
    const good = createLocalBreakerStore();
    let store: BreakerStore = good;
    const { breakers, clock } = breakerBench({
      store: { read: (name) => store.read(name), save: (after, before) => store.save(after, before) },
    });
    const breaker = breakers.of(NAME);
    await fail(breaker, 5);
    store = broken;
    clock.advance(OTHER_TTL_MS);
    expect(await breaker.standing()).toMatchObject({ standing: 'pass' });
    store = good;
    expect(await breaker.standing()).toMatchObject({ standing: 'pass' });
    clock.advance(OTHER_TTL_MS);
    expect(await breaker.standing()).toMatchObject({ standing: 'refuse' });
  });

  it('because it is full or slow, too', async () => {
    const aws = createScriptedAws(() => dynamoError('ProvisionedThroughputExceededException'));
    const store = createBreakerStore(scriptedDocumentClient(aws), 'ephemeral', () => 0);
    const { breakers, metrics } = breakerBench({ store });
    expect(await breakers.of(NAME).admit()).toMatchObject({ admitted: true });
    expect(metrics.counts()).toEqual({ BreakerStoreUnavailable: 1 });
  });
});

describe('a call through a breaker', () => {
  const counts = (error: unknown) => error instanceof HavenError && error.code === 'RPC_CONNECTION';
  const down = () => Promise.reject(new HavenError('RPC_CONNECTION', 'down'));

  it('is not made when the circuit is open, and says when to come back', async () => {
    const breaker = breakerBench().breakers.of('price:feed');
    for (let count = 0; count < 5; count += 1)
      await caughtLater(HavenError, () => throughBreaker(breaker, down, counts));
    const error = await caughtLater(HavenError, () =>
      throughBreaker(breaker, () => Promise.reject(new Error()), counts),
    );
    expect([error.code, error.retryAfterSeconds]).toEqual(['CIRCUIT_OPEN', 30]);
  });

  it('counts only the errors that its caller names', async () => {
    const breaker = breakerBench().breakers.of('price:feed');
    const refused = () => Promise.reject(new HavenError('INVALID_PARAMETER', 'no'));
    for (let count = 0; count < 20; count += 1)
      await caughtLater(HavenError, () => throughBreaker(breaker, refused, counts));
    expect(await throughBreaker(breaker, async () => 7, counts)).toBe(7);
  });
});

describe('the store in DynamoDB', () => {
  it('lists breakers by name, in pages', async () => {
    const { store } = dynamoStore();
    for (const name of ['rpc:1:a', 'rpc:1:b', 'ses:mail']) await fail(breakerBench({ store }).breakers.of(name));
    const first = await store.list(undefined, 2);
    expect(first.rows.map(({ id }) => id)).toEqual(['ses:mail', 'rpc:1:b']);
    const second = await store.list(first.lastId, 2);
    expect(second.rows.map(({ id }) => id)).toEqual(['rpc:1:a']);
  });

  it('lets what nothing happens to expire', async () => {
    const { store, dynamo } = dynamoStore();
    await fail(breakerBench({ store }).breakers.of(NAME));
    expect(dynamo.items('ephemeral')[0]).toHaveProperty('expires_at');
  });
});

describe('a name', () => {
  it.each(['rpc:1:endpoint-1', 'ses:mail', 'webhook:whe_01ab', 'price:feed.eth-usd'])('may be %s', (name) => {
    expect(breakerNameSchema.safeParse(name).success).toBe(true);
  });
  it.each([
    'https://rpc.example/key',
    'rpc',
    'rpc:',
    'RPC:1:a',
    'rpc:1:a b',
    'rpc:1:user@host',
    'rpc:1:a/b',
    `rpc:${'a'.repeat(120)}`,
  ])('may not be %s', (name) => {
    expect(breakerNameSchema.safeParse(name).success).toBe(false);
  });
});
