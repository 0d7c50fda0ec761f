import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '#shared/incidents/incident.ts';
import { readLine } from '#shared/incidents/read-line.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { LogFields } from '#shared/platform/log/logger.ts';
import type { LogMessage } from '#shared/platform/log/messages.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { logLine } from '#test/support/fakes/incident-bench.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';

/** What is read of a line that Haven writes. */
function read(message: LogMessage, fields: LogFields = {}, functionName = 'token-api') {
  const { log, lines } = createRecordingLog();
  log.write(message, fields);
  const [line] = lines;
  return line && readLine(functionName, logLine(line));
}

/** What is read of a text. */
const readText = (message: string) => readLine('lane-worker', { id: '1', timestamp: TEST_NOW_MS, message });

const FAILED = {
  request_id: 'r-1',
  error_id: 'e-1',
  method: 'POST',
  resource: '/api/v1/token/mint',
  principal: 'key_1',
};

describe('a failed request', () => {
  const cause = new HavenError('DATABASE_ERROR', 'The table did not answer', { cause: new Error('socket hang up') });

  it('has the code that its caller was told, who asked, where, and the stacks of its causes', () => {
    const incident = read('REQUEST_FAILED', { ...FAILED, error: 'DATABASE_ERROR', cause });
    expect(incident).toMatchObject({
      kind: 'error',
      security: undefined,
      code: 'DATABASE_ERROR',
      function: 'token-api',
      message: 'Request failed: The table did not answer',
      requestId: 'r-1',
      errorId: 'e-1',
      principal: 'key_1',
      context: {},
    });
    expect(incident?.place).toBe('POST /api/v1/token/mint');
    expect(incident?.stack).toMatch(/DATABASE|did not answer[\s\S]*Caused by: Error: socket hang up/);
  });

  it('is equal to another at the same place, and not to one of another code, function or route', () => {
    const one = read('REQUEST_FAILED', { ...FAILED, error: 'INTERNAL', cause });
    const again = read('REQUEST_FAILED', {
      ...FAILED,
      request_id: 'r-2',
      principal: 'key_2',
      error: 'INTERNAL',
      cause,
    });
    const others = [
      read('REQUEST_FAILED', { ...FAILED, error: 'DATABASE_ERROR', cause }),
      read('REQUEST_FAILED', { ...FAILED, error: 'INTERNAL', cause }, 'users-api'),
      read('REQUEST_FAILED', { ...FAILED, resource: '/api/v1/token/burn', error: 'INTERNAL', cause }),
    ];
    const prints = [one, again, ...others].map((incident) => incident && fingerprintOf(incident));
    expect(prints[0]).toBe(prints[1]);
    expect(new Set(prints).size).toBe(4);
  });
});

describe('the place of an error', () => {
  /** Where an error is placed whose stack has these frames. */
  const placeOf = (message: string, frames: readonly string[], name = 'Error') => {
    const error = new Error(message);
    error.stack = [`${name}: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n');
    return read('LANE_FAILED', { error }, 'lane-worker')?.place;
  };
  const OWN = 'async mint (/shared/token/mint.ts:12:3)';
  const FORGED = 'x\n    at forged (/shared/forged.ts:1:1)\n    at forgedToo (/functions/forged.ts:2:2)';

  it.each([
    ['of a function', [OWN], 'mint (shared/token/mint.ts)'],
    ['of none', ['file:///functions/token-api/main.ts:1:1'], 'functions/token-api/main.ts'],
    ['of the bundle', ['a (file:///var/task/chunk-ABCD2345.mjs:1:99)'], 'a (/var/task/chunk-ABCD2345.mjs)'],
    [
      'behind those of others',
      ['g (node:net:1:1)', 'f (/var/task/node_modules/x/shared/y.js:1:1)', 'h (/opt/z.js:1:1)', OWN],
      'mint (shared/token/mint.ts)',
    ],
    ['in none of the files', ['h (/opt/z.js:1:1)'], ''],
  ])("is the first frame that is Haven's own, without its line: one %s", (_name, frames, place) => {
    expect(placeOf('no fees', frames)).toBe(place);
  });

  it.each([FORGED, ` ${FORGED} `, `${FORGED}\n`, `\n${FORGED}`, '', 'r: r: ', 'Error: Error', `Error: ${FORGED}`])(
    'is nothing that its message says: %j',
    (message) => {
      expect(placeOf(message, [OWN])).toBe('mint (shared/token/mint.ts)');
      expect(placeOf(message, [OWN], 'TypeError [ERR_BAD]')).toBe('mint (shared/token/mint.ts)');
    },
  );

  it('is unknown where the stack does not begin with the message, or is cut before its frames', () => {
    const error = new Error('another');
    error.stack = `Error: ${FORGED}\n    at ${OWN}`;
    expect(read('LANE_FAILED', { error }, 'lane-worker')?.place).toBe('');
    expect(placeOf(`${FORGED} ${'long words '.repeat(500)}`, [OWN])).toBe('');
  });

  it('is that of a cause, if the error itself has none', () => {
    const inner = new Error(FORGED);
    inner.stack = `Error: ${FORGED}\n    at ${OWN}`;
    const error = new Error(FORGED, { cause: inner });
    error.stack = `Error: ${FORGED}\n    at f (/opt/z.js:1:1)`;
    expect(read('LANE_FAILED', { error }, 'lane-worker')).toMatchObject({
      place: 'mint (shared/token/mint.ts)',
      stack: expect.stringMatching(/\n {4}at f \(\/opt\/z\.js:1:1\)\nCaused by: Error: x[\s\S]*\n {4}at async mint/),
    });
  });
});

describe('a job that fails', () => {
  it('has the name of its message as code, and what it was about', () => {
    const error = new Error('no fees');
    expect(read('LANE_FAILED', { lane: '1:0xab', invocation_id: 'i-1', error }, 'lane-worker')).toMatchObject({
      code: 'LANE_FAILED',
      message: 'Lane run failed, the message will return: no fees',
      requestId: 'i-1',
      context: { lane: '1:0xab' },
      stack: expect.stringContaining('no fees'),
    });
  });

  it.each([
    ['timeout', undefined, 'FUNCTION_TIMED_OUT'],
    ['error', 'Runtime.ExitError', 'FUNCTION_DIED'],
    ['error', 'Runtime.OutOfMemory', 'FUNCTION_DIED'],
    ['error', 'Runtime.UnhandledPromiseRejection', 'FUNCTION_DIED'],
    ['error', 'Runtime.ImportModuleError', 'FUNCTION_DIED'],
  ])('is kept when Lambda ended it (%s, %s), though it wrote nothing itself', (status, errorType, code) => {
    const report = { type: 'platform.report', record: { requestId: 'i-1', status, errorType } };
    expect(readText(JSON.stringify(report))).toMatchObject({ kind: 'error', code, requestId: 'i-1' });
  });

  it.each([
    ['timeout', undefined, {}],
    ['error', 'Runtime.ImportModuleError', { error_type: 'Runtime.ImportModuleError' }],
    ['error', 'ZodError', { error_type: 'ZodError' }],
  ])('is kept when its function could not start (%s, %s)', (status, errorType, context) => {
    const record = { initializationType: 'on-demand', phase: 'init', status, errorType };
    expect(readText(JSON.stringify({ type: 'platform.initRuntimeDone', record }))).toMatchObject({
      ...{ kind: 'error', code: 'FUNCTION_NOT_STARTED', requestId: null, context },
    });
  });

  it('is not kept for a start that went well', () => {
    const record = { initializationType: 'on-demand', phase: 'init', status: 'success' };
    expect(readText(JSON.stringify({ type: 'platform.initRuntimeDone', record }))).toBeUndefined();
  });

  it.each([
    ['success', undefined],
    ['error', 'Unauthorized'],
  ])('is not kept for a report of Lambda that says %s, %s', (status, errorType) => {
    expect(
      readText(JSON.stringify({ type: 'platform.report', record: { requestId: 'i-1', status, errorType } })),
    ).toBeUndefined();
  });
});

describe('a security event', () => {
  it('has its kind as code; the address it came from is for patterns, and in nothing that is stored', () => {
    const incident = read('AUTHENTICATION_REFUSED', {
      request_id: 'r-1',
      source_address: '203.0.113.7',
      reason: 'wrong_secret',
      key_id: 'key_1',
    });
    expect(incident).toMatchObject({
      kind: 'security',
      security: 'authentication_failed',
      code: 'AUTHENTICATION_FAILED',
      principal: null,
      sourceAddress: '203.0.113.7',
      context: { reason: 'wrong_secret', key_id: 'key_1' },
    });
    const { sourceAddress: _, ...stored } = incident ?? {};
    expect(JSON.stringify(stored)).not.toContain('203.0.113.7');
  });

  it.each([
    ['AUTHENTICATION_REFUSED', null],
    ['AUTHENTICATION_LOCKED_OUT', null],
    ['LOCKOUT_STARTED', null],
    ['AUTHENTICATION_ADDRESS_REFUSED', 'key_1'],
  ] as const)('names who asked only if that was proved: %s by %s', (message, principal) => {
    expect(read(message, { key_id: 'key_1' })).toMatchObject({ principal, context: { key_id: 'key_1' } });
  });
});

it('numbers that a table cannot hold are text, wherever they stand', () => {
  const line =
    '{"kept_as":"error","log_name":"LANE_FAILED","a":9007199254740993,"b":{"c":[-1e200,1e999,1e-200,1.5,0]}}';
  expect(readText(line)?.context).toEqual({
    a: '9007199254740992',
    b: { c: ['-1e+200', 'Infinity', '1e-200', 1.5, 0] },
  });
});

describe('what is no line of that kind is left out', () => {
  it.each([
    'START RequestId: 1 kept_as',
    '{"kept_as":"error"',
    '{"kept_as":"error"}',
    '{"kept_as":"other","log_name":"X"}',
    '{"message":"kept_as timeout","log_name":"REQUEST_COMPLETED"}',
    '[]',
    'null',
    '{"type":"platform.report","record":"timeout"}',
  ])('%s', (text) => {
    expect(readText(text)).toBeUndefined();
  });
});

it('a line is rid of secrets once more, whoever wrote it, and never takes more than some kilobytes', () => {
  const key = '4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318';
  const incident = readText(
    JSON.stringify({
      kept_as: 'error',
      log_name: 'LANE_FAILED',
      message: 'failed',
      error: {
        name: 'Error',
        message: `with ${key}`,
        stack: `Error: ada@example.com\n    at f (x.ts:1:1)${'y'.repeat(9_000)}`,
      },
      api_secret: 'hvn_test_01JD8Q4X7M5N2V9C3R6T0W1YZA_aaaaaaaa',
      body: { email: 'ada@example.com' },
      note: `Bearer abcdefghijklmnop and ada@example.com`,
      many: Array.from({ length: 100 }, () => 'x'.repeat(500)),
    }),
  );
  const text = JSON.stringify(incident);
  for (const secret of [key, 'ada@example.com', 'aaaaaaaa', 'abcdefghijklmnop']) expect(text).not.toContain(secret);
  expect(text.length).toBeLessThan(8_000);
});
