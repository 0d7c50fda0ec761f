import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorCatalogue, isErrorCode } from '#shared/platform/errors/catalogue.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { problemSchema, problemType, toHavenError, toProblem } from '#shared/platform/errors/problem.ts';

const CONTEXT = { errorId: 'e-1', requestId: 'r-1', timestamp: '2026-11-21T18:30:00.000Z' };
const codes: readonly ErrorCode[] = Object.keys(errorCatalogue).filter(isErrorCode);

describe('toProblem', () => {
  it.each(codes)('makes a valid problem document of %s from its catalogue entry', (code) => {
    const problem = toProblem(new HavenError(code, 'for developers'), CONTEXT);
    expect(problemSchema.parse(problem)).toEqual({
      type: `urn:haven:error:${code}`,
      title: errorCatalogue[code].title,
      status: errorCatalogue[code].status,
      error: code,
      message: 'for developers',
      user_message: errorCatalogue[code].userMessage,
      error_id: 'e-1',
      request_id: 'r-1',
      timestamp: '2026-11-21T18:30:00.000Z',
      details: {},
    });
  });

  it("shows an error's details and never its cause", () => {
    const error = new HavenError('RPC_CONNECTION', 'The endpoint could not be reached', {
      details: { chain_id: 1 },
      cause: new Error('connect https://user:pass@rpc.example'),
    });
    const problem = toProblem(error, CONTEXT);
    expect(problem.details).toEqual({ chain_id: 1 });
    expect(JSON.stringify(problem)).not.toContain('rpc.example');
  });

  it('names every code by a URN of its own', () => {
    expect(new Set(codes.map(problemType)).size).toBe(codes.length);
  });
});

describe('toHavenError', () => {
  it('passes an expected error on as it is', () => {
    const error = new HavenError('OUT_OF_STOCK', 'no more');
    expect(toHavenError(error)).toBe(error);
  });

  class LooksLikeOne extends Error {
    readonly code = 'OUT_OF_STOCK';
    readonly status = 200;
    readonly details = { leak: 'hush' };
  }

  it.each([
    ['an error', new Error('hush')],
    ['an error with a code, a status and details', new LooksLikeOne('hush')],
    ['a type error with a cause', new TypeError('hush', { cause: new Error('hush') })],
    ['a text', 'hush'],
    ['a number', 4711],
    ['an object', { error: 'hush', message: 'hush' }],
    ['null', null],
    ['undefined', undefined],
    ['a symbol', Symbol('hush')],
  ])('turns %s into INTERNAL without a word of it', (_name, thrown) => {
    const error = toHavenError(thrown);
    expect(error.code).toBe('INTERNAL');
    expect(error.status).toBe(500);
    expect(error.retryAfterSeconds).toBeUndefined();
    const problem = toProblem(error, CONTEXT);
    expect(JSON.stringify(problem)).not.toMatch(/hush|4711/);
    expect(problem.details).toEqual({});
  });

  it('keeps what was thrown as the cause, for the log', () => {
    const thrown = new Error('hush');
    expect(toHavenError(thrown).cause).toBe(thrown);
  });
});

describe('HavenError', () => {
  it('is an Error with its code, its status and no details unless given', () => {
    const error = new HavenError('RATE_LIMITED', 'slow down', { retryAfterSeconds: 3 });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'HavenError', status: 429, details: {}, retryAfterSeconds: 3 });
    expect('cause' in error).toBe(false);
  });
});
