import { describe, expect, it } from 'vitest';
import { seal, thumbprintOf } from '#shared/custody/export/seal.ts';

const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
} as const;

describe('sealing to a public key', () => {
  it('is refused when the key is another than the one whose thumbprint was approved', async () => {
    const plaintext = new TextEncoder().encode('{}');
    await expect(seal(KEY, 'another', plaintext)).rejects.toThrow('not that of its thumbprint');
    expect((await seal(KEY, await thumbprintOf(KEY), plaintext)).split('.')).toHaveLength(5);
  });
});
