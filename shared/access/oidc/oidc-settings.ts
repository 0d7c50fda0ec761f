import * as z from 'zod';
import { isAddressBlock } from '#shared/platform/auth/address-list.ts';
import { scopeSchema } from '#shared/platform/auth/scopes.ts';

/** Hosts at which an issuer may be reached without TLS: those of the machine itself, for the local stage. */
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Lambda's environment holds 4 KB in all (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). */
const MAX_SETTINGS_BYTES = 3_000;

/**
 * Whether something may be fetched from a URL that decides who gets in: over TLS, or from the machine itself; without
 * credentials, which would end up in errors.
 */
export function isTrustworthyUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname));
}

/**
 * The issuer whose JSON Web Tokens open the API beside API keys, and what its roles may do. Part of a stage, and of the
 * authorizer's environment.
 */
export const oidcSchema = z
  .strictObject({
    issuer: z
      .string()
      .max(500)
      .refine((text) => isTrustworthyUrl(text) && !text.includes('?'), {
        error: 'must be an https URL without query, fragment or credentials',
      })
      .describe(
        'The issuer exactly as its tokens name it (`iss`); its keys are found by `/.well-known/openid-configuration`.',
      ),
    audience: z
      .string()
      .min(1)
      .max(500)
      .describe('What a token must be for (`aud`): the client id, or the name of the API.'),
    roles_claim: z
      .string()
      .min(1)
      .max(200)
      .default('roles')
      .describe(
        'Where a token names roles: a claim such as `cognito:groups`, or a path such as `realm_access.roles`; a list, or words in one text.',
      ),
    roles: z
      .record(z.string().min(1).max(200), z.array(scopeSchema).min(1).max(32))
      .refine((roles) => Object.keys(roles).length > 0, { error: 'must name at least one role' })
      .describe('The scopes of each role, by its name. A token with none of them is refused (403).'),
    max_token_age_seconds: z
      .number()
      .int()
      .min(60)
      .max(86_400)
      .default(7_200)
      .describe('A token counts no longer than this after it was issued (`iat`), whatever its `exp` says.'),
    clock_tolerance_seconds: z
      .number()
      .int()
      .min(0)
      .max(60)
      .default(10)
      .describe("How far the issuer's clock may be from that of AWS."),
    addresses: z
      .array(z.string().refine(isAddressBlock, { error: 'must be an IP address or a CIDR block' }))
      .max(50)
      .default([])
      .describe('Addresses from which tokens are accepted; empty: any. `admin_cidrs` holds for them besides.'),
  })
  .refine((settings) => Buffer.byteLength(JSON.stringify(settings)) <= MAX_SETTINGS_BYTES, {
    error: `must not be longer than ${MAX_SETTINGS_BYTES} bytes: Lambda's environment holds no more`,
  });

/** The issuer of operators' tokens, and what its roles may do. */
export type OidcSettings = z.output<typeof oidcSchema>;
