import { describe, expect, it } from 'vitest';
import { summaryOf } from '../../../bin/keys/verify-command.ts';

describe('what keys:verify says in the end', () => {
  it('tells wallets that it could prove nothing of by why', () => {
    expect(summaryOf({ verified: 7, in_kms: 2, key_destroyed: 1 }, 0)).toBe(
      '7 verified, 0 not, 2 skipped (the key is in KMS, which gives it to nobody), 1 skipped (the key was destroyed)',
    );
  });

  it('never counts a destroyed key as proven', () => {
    expect(summaryOf({ key_destroyed: 1 }, 0)).toMatch(/^0 verified, 0 not, /);
  });
});
