import { describe, expect, it } from 'vitest';
import { markOf, readMark, SECURITY_KINDS } from '#shared/platform/log/kept-lines.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';

const refusal = (error: string, principal?: string) =>
  markOf('REQUEST_REFUSED', 'INFO', { error, ...(principal === undefined ? {} : { principal }) });

describe('a line is kept', () => {
  it.each([
    ['AUTHENTICATION_REFUSED', 'WARN', 'security:authentication_failed'],
    ['AUTHENTICATION_LOCKED_OUT', 'WARN', 'security:locked_out'],
    ['LOCKOUT_STARTED', 'ERROR', 'security:locked_out'],
    ['AUTHENTICATION_ADDRESS_REFUSED', 'WARN', 'security:access_denied'],
    ['AUTHENTICATION_NO_ROLE', 'WARN', 'security:access_denied'],
    ['CART_TAMPERED', 'ERROR', 'security:cart_tampered'],
    ['PAYMENT_WEBHOOK_UNSIGNED', 'WARN', 'security:webhook_unsigned'],
    ['POLICY_DENIED', 'WARN', 'security:policy_denied'],
    ['REQUEST_FAILED', 'ERROR', 'error'],
    ['LANE_FAILED', 'ERROR', 'error'],
    ['JOB_FAILED', 'ERROR', 'error'],
    ['REQUEST_COMPLETED', 'INFO', undefined],
    ['AUTHENTICATED', 'INFO', undefined],
    ['toString', 'INFO', undefined],
  ])('%s of level %s as %s', (message, level, mark) => {
    expect(markOf(message, level, {})).toBe(mark);
  });

  it.each([
    ['FORBIDDEN', 'security:forbidden'],
    ['POLICY_VIOLATION', 'security:policy_denied'],
    ['RATE_LIMITED', 'security:rate_limited'],
    ['UNAUTHENTICATED', 'security:authentication_failed'],
    ['WALLET_NOT_FOUND', 'security:unknown_id'],
    ['INVALID_PARAMETER', undefined],
    // These two have messages of their own: what happens once is one event.
    ['CART_TAMPERED', undefined],
    ['INVALID_SIGNATURE', undefined],
    ['constructor', undefined],
  ])('when a request is refused with %s as %s', (error, mark) => {
    expect(refusal(error, 'key_1')).toBe(mark);
  });

  it('of an id that is not there only when somebody known asks for it', () => {
    expect(refusal('WALLET_NOT_FOUND')).toBeUndefined();
  });

  it('with its mark as a field, which fields of the caller cannot take away or forge', () => {
    const { log, lines } = createRecordingLog();
    log.write('LANE_FAILED', { kept_as: 'nothing' });
    log.write('REQUEST_COMPLETED', { kept_as: 'security:forbidden' });
    expect(lines[0]?.fields['kept_as']).toBe('error');
    expect(lines[1]?.fields['kept_as']).toBeUndefined();
  });
});

it('every kind can be read back, and nothing else', () => {
  for (const kind of SECURITY_KINDS) expect(readMark(`security:${kind}`)).toEqual({ kind: 'security', security: kind });
  expect(readMark('error')).toEqual({ kind: 'error' });
  for (const other of ['security:other', 'security', 1, undefined]) expect(readMark(other)).toBeUndefined();
});
