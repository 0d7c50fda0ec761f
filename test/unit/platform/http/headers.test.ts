import { describe, expect, it } from 'vitest';
import { headerOf } from '#shared/platform/http/headers.ts';

describe('headerOf', () => {
  it.each(['Idempotency-Key', 'idempotency-key', 'IDEMPOTENCY-KEY'])('finds a header sent as %s', (sent) => {
    expect(headerOf({ Accept: '*/*', [sent]: 'k1' }, 'Idempotency-Key')).toBe('k1');
  });

  it('finds none where there is none', () => {
    expect(headerOf({}, 'If-Match')).toBeUndefined();
    expect(headerOf({ 'If-Match': undefined }, 'If-Match')).toBeUndefined();
    expect(headerOf({ 'X-If-Match': '"v1"' }, 'If-Match')).toBeUndefined();
  });
});
