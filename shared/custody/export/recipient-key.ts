import * as z from 'zod';

/**
 * Public keys to which a key may be exported: RSA-OAEP-256 from 2,048 bits (NIST SP 800-57: enough until 2030; 3,072 are
 * better), or ECDH-ES on P-256, P-384, P-521 or X25519. Pure: what can be told from the key's own form. Whether it is
 * a point on its curve is told by sealing something to it.
 */

const CURVES: Readonly<Record<string, { readonly kty: 'EC' | 'OKP'; readonly bytes: number }>> = {
  'P-256': { kty: 'EC', bytes: 32 },
  'P-384': { kty: 'EC', bytes: 48 },
  'P-521': { kty: 'EC', bytes: 66 },
  X25519: { kty: 'OKP', bytes: 32 },
};

const MIN_RSA_BITS = 2_048;
/** What no client needs and a request should not be able to make Haven compute with. */
const MAX_RSA_BITS = 8_192;
/** 65537; a small exponent makes weak ciphertexts, and 1 makes none at all. */
const RSA_EXPONENT = 'AQAB';

const base64url = z
  .string()
  .max(2_048)
  .regex(/^[A-Za-z0-9_-]+$/, { error: 'INVALID_PARAMETER: must be base64url without padding' });

/** A public JWK as a client sends it. Members of a private key are unknown fields, and refused as those. */
const jwkSchema = z.strictObject({
  kty: z.enum(['RSA', 'EC', 'OKP'], { error: 'INVALID_PARAMETER: must be RSA, EC or OKP' }),
  crv: z
    .enum(['P-256', 'P-384', 'P-521', 'X25519'], { error: 'INVALID_PARAMETER: must be P-256, P-384, P-521 or X25519' })
    .optional(),
  x: base64url.optional(),
  y: base64url.optional(),
  n: base64url.optional(),
  e: base64url.optional(),
  alg: z.enum(['RSA-OAEP-256', 'ECDH-ES'], { error: 'INVALID_PARAMETER: must be RSA-OAEP-256 or ECDH-ES' }).optional(),
  use: z.literal('enc', { error: 'INVALID_PARAMETER: must be enc' }).optional(),
  key_ops: z.array(z.string().max(20)).max(8).optional(),
  ext: z.boolean().optional(),
  kid: z.string().max(200).optional(),
});

/** A public key that something can be sealed to: only its own members (RFC 7638), and the algorithm that it means. */
export const recipientKeySchema = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  crv: z.enum(['P-256', 'P-384', 'P-521', 'X25519']).optional(),
  x: z.string().optional(),
  y: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
});

/** A public key that something can be sealed to. */
export type RecipientKey = z.output<typeof recipientKeySchema>;

/** The field of a request that takes such a key. */
export const recipientKeyField = jwkSchema
  .superRefine((jwk, context) => {
    const problem = problemOf(jwk);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: `INVALID_PARAMETER: ${problem}` });
  })
  .describe(
    'The public key that the exported key is encrypted to, as a JWK (RFC 7517): RSA from 2,048 bits (3,072 are better), or P-256, P-384, P-521 or X25519. Keep its private half where you want the exported key to be.',
  )
  .meta({
    examples: [
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
        y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
      },
    ],
  });

/** The members that make a key, without what is only said about it. */
export function essentialMembers({ kty, crv, x, y, n, e }: z.output<typeof recipientKeyField>): RecipientKey {
  if (kty === 'RSA') return { kty, n, e };
  return kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x };
}

/** How something is sealed to a key: `alg` of the JWE; `enc` is always A256GCM. */
export function algorithmOf(key: Pick<RecipientKey, 'kty'>): 'RSA-OAEP-256' | 'ECDH-ES' {
  return key.kty === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES';
}

function problemOf(jwk: z.output<typeof jwkSchema>): string | undefined {
  if (jwk.alg !== undefined && jwk.alg !== algorithmOf(jwk))
    return `a key of this kind is used with ${algorithmOf(jwk)}`;
  return jwk.kty === 'RSA' ? rsaProblem(jwk) : curveProblem(jwk);
}

function rsaProblem({ n, e, crv, x, y }: z.output<typeof jwkSchema>): string | undefined {
  if (crv !== undefined || x !== undefined || y !== undefined) return 'an RSA key has n and e, and no curve';
  if (n === undefined || e === undefined) return 'an RSA key needs n and e';
  if (e !== RSA_EXPONENT) return 'the exponent of an RSA key must be AQAB';
  const modulus = bytesOf(n);
  if (modulus === undefined) return 'n must be base64url as RFC 7518 has it';
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
    return `an RSA key must have from ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits`;
  }
  return (modulus.at(-1) ?? 0) % 2 === 0 ? 'n must be odd' : undefined;
}

function curveProblem({ kty, crv, x, y, n, e }: z.output<typeof jwkSchema>): string | undefined {
  const curve = crv === undefined ? undefined : CURVES[crv];
  if (curve === undefined || curve.kty !== kty) return 'EC takes P-256, P-384 or P-521, OKP takes X25519';
  if (n !== undefined || e !== undefined || (kty === 'OKP' && y !== undefined)) return 'it has members of another kind';
  const coordinates = kty === 'EC' ? [x, y] : [x];
  const isWhole = coordinates.every((text) => text !== undefined && bytesOf(text)?.length === curve.bytes);
  return isWhole ? undefined : `its coordinates must have ${curve.bytes} bytes each`;
}

/** The bytes of a text in base64url that is the only way to write them. */
function bytesOf(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
