import { describe, expect, it } from 'vitest';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { TEST_REQUEST_ID } from '#test/support/fakes/api-request.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { problemOf } from '#test/support/fakes/test-api.ts';
import { SHOW, thingApi } from '#test/support/fakes/thing-api.ts';

const answering = thingApi();

describe('an expected failure', () => {
  it('is answered with its own code, details and Retry-After', async () => {
    const api = thingApi(async () => {
      throw new HavenError('CIRCUIT_OPEN', 'The chain rests', { details: { chain_id: 1 }, retryAfterSeconds: 30 });
    });
    const response = await api.send(SHOW);
    expect(response.statusCode).toBe(503);
    expect(response.headers['Retry-After']).toBe('30');
    expect(response.headers['Content-Type']).toBe('application/problem+json');
    expect(problemOf(response)).toMatchObject({
      error: 'CIRCUIT_OPEN',
      request_id: TEST_REQUEST_ID,
      timestamp: new Date(TEST_NOW_MS).toISOString(),
      details: { chain_id: 1 },
    });
  });

  it('is logged as refused below 500 and as failed above, with the error_id of its answer', async () => {
    const refusing = thingApi(async () => {
      throw new HavenError('WALLET_NOT_FOUND', 'There is no wallet w');
    });
    const refused = problemOf(await refusing.send(SHOW));
    expect(refusing.log.of('REQUEST_REFUSED')).toMatchObject([
      { error_id: refused.error_id, error: 'WALLET_NOT_FOUND' },
    ]);
    expect(refusing.metrics.counts()).toEqual({ RequestRefused: 1 });

    const failing = thingApi(async () => {
      throw new HavenError('DATABASE_ERROR', 'no', { cause: new Error('socket hang up') });
    });
    const failed = problemOf(await failing.send(SHOW));
    expect(failing.log.of('REQUEST_FAILED')).toMatchObject([{ error_id: failed.error_id, error: 'DATABASE_ERROR' }]);
    expect(failing.log.everything()).toContain('socket hang up');
    expect(failing.metrics.counts()).toEqual({ RequestFailed: 1 });
  });
});

describe('an unexpected failure', () => {
  it.each([
    ['an error', new Error('hush')],
    ['a text', 'hush'],
    ['nothing', undefined],
  ])('that throws %s is answered as INTERNAL without a word of it', async (_name, thrown) => {
    const api = thingApi(async () => {
      throw thrown;
    });
    const response = await api.send(SHOW);
    expect(response.statusCode).toBe(500);
    expect(problemOf(response).error).toBe('INTERNAL');
    expect(`${response.body} ${JSON.stringify(response.headers)}`).not.toContain('hush');
    expect(api.metrics.counts()).toEqual({ RequestFailed: 1 });
  });

  it('gives each occurrence an id of its own', async () => {
    const api = thingApi(async () => {
      throw new Error('hush');
    });
    const ids = [problemOf(await api.send(SHOW)).error_id, problemOf(await api.send(SHOW)).error_id];
    expect(new Set(ids).size).toBe(2);
  });

  it('carries its stack and causes only where stacks are exposed', async () => {
    const fail = async () => {
      throw new Error('outer', { cause: new Error('inner') });
    };
    expect((await thingApi(fail, false).send(SHOW)).body).not.toMatch(/outer|inner|stack/);
    expect(problemOf(await thingApi(fail, true).send(SHOW)).details['stack']).toMatch(/outer[\s\S]*inner/);
  });

  it('is the only one to carry a stack: refusals never do', async () => {
    const api = thingApi(async () => {
      throw new HavenError('OUT_OF_STOCK', 'none left');
    }, true);
    expect(problemOf(await api.send(SHOW)).details).toEqual({});
  });

  it.each([null, {}, { httpMethod: 'GET' }, 'event', []])('is an event that is none: %j', async (event) => {
    const response = await answering.sendRaw(event);
    expect(response.statusCode).toBe(500);
    expect(problemOf(response)).toMatchObject({ error: 'INTERNAL', request_id: 'unknown' });
  });
});
