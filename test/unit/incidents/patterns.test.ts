import { describe, expect, it } from 'vitest';
import { PATTERNS } from '#shared/incidents/patterns.ts';
import { newId } from '#shared/platform/ids.ts';
import type { LogFields } from '#shared/platform/log/logger.ts';
import type { LogMessage } from '#shared/platform/log/messages.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';
import { createIncidentBench, logLine } from '#test/support/fakes/incident-bench.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';

type Fields = (at: number) => LogFields;

/** What makes each pattern: lines that Haven writes, each different in what counts. */
const MADE_BY: Readonly<Record<string, readonly [message: LogMessage, fields: Fields, about: string]>> = {
  credential_stuffing: [
    'AUTHENTICATION_REFUSED',
    () => ({ source_address: '203.0.113.7', reason: 'wrong_secret', key_id: newId('key') }),
    '203.0.113.7',
  ],
  distributed_guessing: [
    'AUTHENTICATION_REFUSED',
    (at) => ({ source_address: `203.0.113.${at}`, reason: 'wrong_secret', key_id: 'key_1' }),
    'key_1',
  ],
  key_enumeration: [
    'AUTHENTICATION_REFUSED',
    () => ({ source_address: '203.0.113.7', reason: 'unknown', key_id: newId('key') }),
    '203.0.113.7',
  ],
  id_enumeration: [
    'REQUEST_REFUSED',
    () => ({ error: 'WALLET_NOT_FOUND', principal: 'key_1', subject: newId('wal') }),
    'key_1',
  ],
  scope_probing: [
    'REQUEST_REFUSED',
    (at) => ({ error: 'FORBIDDEN', principal: 'key_1', method: 'GET', resource: `/api/v1/things-${at}` }),
    'key_1',
  ],
  policy_denials: [
    'REQUEST_REFUSED',
    () => ({ error: 'POLICY_VIOLATION', principal: 'key_1', subject: 'wal_1' }),
    'wal_1',
  ],
  cart_tampering_burst: ['CART_TAMPERED', () => ({ cart_id: newId('crt') }), 'shop'],
  rate_abuse: ['REQUEST_REFUSED', () => ({ error: 'RATE_LIMITED', source_address: '203.0.113.7' }), '203.0.113.7'],
  webhook_forgery: ['PAYMENT_WEBHOOK_UNSIGNED', () => ({ processor: 'kryptoexpress' }), 'kryptoexpress'],
};

function linesOf(name: string, count: number, everyMs = 1_000) {
  const { log, lines } = createRecordingLog();
  const [message, fields] = MADE_BY[name] ?? [];
  if (message === undefined || fields === undefined) throw new Error(`Nothing makes ${name}`);
  for (let at = 0; at < count; at += 1) log.write(message, fields(at));
  return lines.map((line, at) => logLine(line, TEST_NOW_MS + at * everyMs));
}

describe.each(PATTERNS)('$name', ({ name, threshold, severity, category, windowMs }) => {
  const about = MADE_BY[name]?.[2];

  it('is told once it has all that it takes, and not before', async () => {
    const { keep, alerts } = createIncidentBench();
    const lines = linesOf(name, threshold, 10);
    await keep('authorizer', lines.slice(0, -1));
    expect(alerts()).toEqual([]);
    await keep('storefront-api', lines.slice(-1));
    expect(alerts()).toMatchObject([{ severity, category, details: { pattern: name, at_least: threshold } }]);
    expect(Object.values(alerts()[0]?.details ?? {})).toContain(about);
  });

  it('is told once for a window, however long it goes on; with one dedupe key, so that channels hear of it by cool-down', async () => {
    const { keep, alerts, log, metrics } = createIncidentBench();
    const lines = linesOf(name, threshold * 3, 10);
    for (let start = 0; start < lines.length; start += threshold) {
      await keep('authorizer', lines.slice(start, start + threshold));
    }
    expect(alerts()).toHaveLength(1);
    expect(metrics.counts()).toMatchObject({ AlertRecorded: 1 });
    expect(log.of('PATTERN_FOUND')).toMatchObject([{ pattern: name }]);
  });

  it('is not told for what takes longer than two windows', async () => {
    const { keep, alerts } = createIncidentBench();
    for (const line of linesOf(name, threshold, (2 * windowMs) / (threshold - 1) + 1)) await keep('authorizer', [line]);
    expect(alerts()).toEqual([]);
  });

  it('is not made by one line that is delivered again and again', async () => {
    const { keep, alerts } = createIncidentBench();
    const [line] = linesOf(name, 1);
    if (line === undefined) throw new Error('No line');
    for (let time = 0; time < threshold * 2; time += 1) await keep('authorizer', [line]);
    expect(alerts()).toEqual([]);
  });
});

it('one client that repeats one mistake is no attack', async () => {
  const { keep, alerts } = createIncidentBench();
  const { log, lines } = createRecordingLog();
  for (let time = 0; time < 200; time += 1) {
    log.write('AUTHENTICATION_REFUSED', { source_address: '203.0.113.7', reason: 'wrong_secret', key_id: 'key_1' });
    log.write('AUTHENTICATION_REFUSED', { source_address: '203.0.113.7', reason: 'expired', key_id: 'key_2' });
    log.write('REQUEST_REFUSED', { error: 'WALLET_NOT_FOUND', principal: 'key_1', subject: 'wal_1' });
    log.write('REQUEST_REFUSED', { error: 'FORBIDDEN', principal: 'key_1', method: 'GET', resource: '/x' });
  }
  await keep(
    'authorizer',
    lines.map((line) => logLine(line)),
  );
  expect(alerts()).toEqual([]);
});

it('addresses of one IPv6 network are one', async () => {
  const { keep, alerts } = createIncidentBench();
  const { log, lines } = createRecordingLog();
  for (let host = 1; host <= 10; host += 1) {
    const source_address = `2001:db8:1:2::${host}`;
    log.write('AUTHENTICATION_REFUSED', { source_address, reason: 'unknown', key_id: newId('key') });
  }
  await keep(
    'authorizer',
    lines.map((line) => logLine(line)),
  );
  expect(alerts()).toMatchObject([{ details: { source_address: '2001:db8:1:2::/64' } }]);
});

it("a policy_violation of a lane that denies before it signs counts with the API's", async () => {
  const { keep, alerts } = createIncidentBench();
  const { log, lines } = createRecordingLog();
  log.write('POLICY_DENIED', { subject: 'wal_1', transaction_id: 'tx_1', rule: 'max_value_per_day' });
  for (let time = 0; time < 2; time += 1) {
    log.write('REQUEST_REFUSED', { error: 'POLICY_VIOLATION', principal: 'key_1', subject: 'wal_1' });
  }
  for (const line of lines) await keep('lane-worker', [logLine(line)]);
  expect(alerts()).toMatchObject([{ category: 'policy_violation', details: { wallet_id: 'wal_1' } }]);
});
