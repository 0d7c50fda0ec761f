import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLine } from '#shared/incidents/read-line.ts';
import { createIncidentBench, logLine } from '#test/support/fakes/incident-bench.ts';
import { KEY_ENCODINGS, survives, textOf } from '#test/support/fakes/key-encodings.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';

const RUNS = { seed: 20_261_123, numRuns: 200 };

/** Uniform 32-byte keys: a generator that favours zeros would make keys that any text contains. */
const privateKey = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((seed) => createHash('sha256').update(seed).digest('hex'));
const encoding = fc.constantFrom(...Object.entries(KEY_ENCODINGS).map(([name, encode]) => ({ name, encode })));
const place = fc.constantFrom('message', 'cause', 'field', 'nested', 'name', 'reason');

/** What is written with a canary in one place of what a line can carry. */
function fieldsWith(canary: string, where: string) {
  const inner = new Error(where === 'cause' ? `inner ${canary}` : 'inner');
  const cause = new Error(where === 'message' ? `outer ${canary}` : 'outer', { cause: inner });
  return {
    ...{ request_id: 'r-1', method: 'GET', resource: '/x', principal: 'key_1', error: 'INTERNAL', cause },
    ...(where === 'field' ? { note: canary } : {}),
    ...(where === 'nested' ? { facts: { list: [{ deep: canary }] } } : {}),
    ...(where === 'name' ? { [canary]: 'x' } : {}),
    ...(where === 'reason' ? { reason: canary } : {}),
  };
}

describe('what is kept of errors and security events', () => {
  it('has nothing of a private key in any encoding, wherever an error carried it', async () => {
    const sample = fc.tuple(
      privateKey,
      encoding,
      place,
      fc.constantFrom('REQUEST_FAILED' as const, 'LANE_FAILED' as const),
    );
    await fc.assert(
      fc.asyncProperty(sample, async ([key, { encode }, where, message]) => {
        const canary = encode(key);
        const { log, lines } = createRecordingLog();
        log.write(message, fieldsWith(canary, where));
        const { keep, dynamo, log: own } = createIncidentBench();
        await keep(
          'token-api',
          lines.map((line) => logLine(line)),
        );
        const stored = textOf([dynamo.items('logs'), dynamo.items('ephemeral'), own.lines]);
        expect(dynamo.items('logs')).toHaveLength(1);
        expect(survives(canary, stored)).toBe(false);
      }),
      RUNS,
    );
  });

  it('nor of one in a line that did not come through the log', () => {
    const sample = fc.tuple(privateKey, encoding, fc.constantFrom('note', 'error', 'reason', 'cause'));
    fc.assert(
      fc.property(sample, ([key, { encode }, name]) => {
        const canary = encode(key);
        const line = { kept_as: 'error', log_name: 'LANE_FAILED', message: 'failed', [name]: { message: canary } };
        const incident = readLine('lane-worker', { id: '1', timestamp: 1, message: JSON.stringify(line) });
        expect(incident).toBeDefined();
        expect(survives(canary, textOf(incident))).toBe(false);
      }),
      RUNS,
    );
  });
});
