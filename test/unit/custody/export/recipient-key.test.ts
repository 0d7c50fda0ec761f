import { describe, expect, it } from 'vitest';
import { createKeyDesk, recipientKeys } from '#test/support/fakes/key-desk.ts';

/** Points of small order on Curve25519: 0 and 1, whose shared secret is always zero. */
const SMALL_ORDER = ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'];

async function answerTo(publicKey: unknown) {
  const desk = await createKeyDesk();
  const answer = await desk.requestExport(publicKey);
  return {
    ...answer,
    stored: desk.items('approvals').length,
    rows: desk.items('approvals'),
    text: JSON.stringify(answer.json),
  };
}

describe('a public key to export to', () => {
  it.each(['P-256', 'X25519', 2_048] as const)('may not bring its private half: %s', async (kind) => {
    const { privateJwk } = await recipientKeys(kind);
    const { status, text, stored } = await answerTo(privateJwk);
    expect([status, stored]).toEqual([400, 0]);
    expect(text).toContain('UNKNOWN_FIELD');
    expect(text).not.toContain(String(privateJwk.d));
  });

  it('may say what it is for, and only what makes it is kept', async () => {
    const { publicJwk } = await recipientKeys();
    const said = { ...publicJwk, use: 'enc', alg: 'ECDH-ES', kid: 'mine', key_ops: [], ext: true };
    const { status, rows } = await answerTo(said);
    expect(status).toBe(201);
    expect(rows[0]?.['public_key']).toEqual(publicJwk);
  });

  const refused: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['an RSA key of 1,024 bits', async () => (await recipientKeys(1_024)).publicJwk],
    ['an RSA key with the exponent 1', async () => ({ ...(await recipientKeys(2_048)).publicJwk, e: 'AQ' })],
    ['an RSA key with the exponent 3', async () => ({ ...(await recipientKeys(2_048)).publicJwk, e: 'Aw' })],
    ['an even modulus', async () => ({ kty: 'RSA', e: 'AQAB', n: Buffer.alloc(256, 0xfe).toString('base64url') })],
    [
      'a modulus that only looks long',
      async () => ({
        kty: 'RSA',
        e: 'AQAB',
        n: Buffer.concat([Buffer.alloc(200), Buffer.alloc(56, 0xff)]).toString('base64url'),
      }),
    ],
    [
      'a modulus of 16,384 bits',
      async () => ({ kty: 'RSA', e: 'AQAB', n: Buffer.alloc(2_048, 0xff).toString('base64url') }),
    ],
    ['an unknown algorithm', async () => ({ ...(await recipientKeys()).publicJwk, alg: 'RSA1_5' })],
    ["another kind's algorithm", async () => ({ ...(await recipientKeys()).publicJwk, alg: 'RSA-OAEP-256' })],
    ['a key for signing', async () => ({ ...(await recipientKeys()).publicJwk, use: 'sig' })],
    ['a symmetric key', async () => ({ kty: 'oct', k: 'AAAA' })],
    ['Ed25519', async () => ({ kty: 'OKP', crv: 'Ed25519', x: SMALL_ORDER[0] })],
    ['a curve of another kind', async () => ({ ...(await recipientKeys()).publicJwk, crv: 'X25519' })],
    ['a curve that it is not of', async () => ({ ...(await recipientKeys()).publicJwk, crv: 'P-384' })],
    [
      'a point that is not on its curve',
      async () => ({ ...(await recipientKeys()).publicJwk, y: Buffer.alloc(32, 7).toString('base64url') }),
    ],
    ['no coordinate', async () => ({ kty: 'EC', crv: 'P-256' })],
    ['padding', async () => ({ kty: 'OKP', crv: 'X25519', x: `${SMALL_ORDER[0]}=` })],
    ...SMALL_ORDER.map(
      (x) => [`the point of small order ${x}`, async () => ({ kty: 'OKP', crv: 'X25519', x })] as const,
    ),
    ['nothing', async () => ({})],
    ['a text', async () => 'ssh-rsa AAAA'],
  ];
  it.each(refused)('is refused: %s', async (_what, make) => {
    const { status, stored, json } = await answerTo(await make());
    expect([status, stored]).toEqual([400, 0]);
    expect(['INVALID_PARAMETER', 'UNKNOWN_FIELD']).toContain(json['error']);
  });
});
