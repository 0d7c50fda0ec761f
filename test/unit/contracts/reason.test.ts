import { makeError } from 'ethers';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '#contracts/reason.ts';

describe('reasonOf', () => {
  it("leaves out the request that ethers puts into its errors' messages", () => {
    const error = makeError('missing response', 'SERVER_ERROR', {
      request: 'POST',
      info: { requestUrl: 'https://rpc.example/v2/sesame' },
    });
    expect(error.message).toContain('sesame');
    expect(reasonOf(error)).toBe('missing response');
  });

  it('gives the words of the node where ethers has none', () => {
    const error = makeError('could not coalesce error', 'UNKNOWN_ERROR', {
      error: { code: -32_003, message: 'nonce too low' },
      payload: { method: 'eth_sendRawTransaction' },
    });
    expect(reasonOf(error)).toBe('nonce too low');
  });

  it('gives only the code of a network error, whose message names the host', () => {
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND sesame.rpc.example'), { code: 'ENOTFOUND' });
    expect(reasonOf(error)).toBe('ENOTFOUND');
  });

  it('gives the message of any other error, and names what is none', () => {
    expect(reasonOf(new Error('Transaction 0x01 was mined but reverted'))).toBe(
      'Transaction 0x01 was mined but reverted',
    );
    expect(reasonOf('oops')).toBe('unknown reason');
  });
});
