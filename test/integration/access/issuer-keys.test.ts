import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fetchKeySet, IssuerUnavailable } from '#shared/access/oidc/issuer-documents.ts';
import {
  createIssuerKeys,
  FAILURE_COOLDOWN_MS,
  ISSUER_TIMEOUT_MS,
  KEYS_FRESH_MS,
  KEYS_STALE_MS,
  REFETCH_COOLDOWN_MS,
} from '#shared/access/oidc/issuer-keys.ts';
import { createTokenVerifier } from '#shared/access/oidc/verify-token.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import { goodClaims, oidcSettings } from '#test/support/fakes/oidc.ts';
import { createRecordingLog } from '#test/support/fakes/recording-log.ts';
import {
  type IssuerFault,
  type OidcIssuer,
  type SigningKey,
  signingKey,
  signToken,
  startOidcIssuer,
} from '#test/support/oidc-issuer.ts';

let issuer: OidcIssuer;
let first: SigningKey;
let second: SigningKey;
beforeAll(async () => {
  [first, second] = await Promise.all([signingKey('first'), signingKey('second', 'RS256')]);
});
beforeEach(async () => {
  issuer = await startOidcIssuer();
  issuer.publish(first);
});
afterEach(() => issuer.close());

/** One instance of the authorizer: its judge of tokens, on a clock of its own. */
function instance() {
  const clock = createFakeClock();
  const log = createRecordingLog();
  const keys = createIssuerKeys({
    fetchKeySet: (deadline) => fetchKeySet(issuer.url, deadline),
    clock: clock.now,
    log: log.log,
  });
  // Tokens live for a day here: it is their keys that grow old.
  const settings = oidcSettings({ issuer: issuer.url, max_token_age_seconds: 86_400 });
  const verify = createTokenVerifier(settings, keys, clock.now);
  const ask = async (by: SigningKey) => {
    const claims = goodClaims({ iss: issuer.url, exp: goodClaims().iat + 86_400 });
    const verdict = await verify(await signToken(by, claims), '203.0.113.7');
    return verdict.kind === 'refused' ? verdict.reason : verdict.kind;
  };
  return { ask, clock, log };
}

describe('keys of an issuer', () => {
  it('are fetched once, by discovery, however many ask at once', async () => {
    const { ask } = instance();
    expect(await Promise.all(Array.from({ length: 10 }, () => ask(first)))).toEqual(Array(10).fill('accepted'));
    expect(issuer.paths).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('that are new are picked up with the first token they sign', async () => {
    const { ask, clock } = instance();
    await ask(first);
    issuer.publish(first, second);
    clock.advance(REFETCH_COOLDOWN_MS);
    expect(await ask(second)).toBe('accepted');
    expect(issuer.paths).toHaveLength(4);
  });

  it('that are unknown make for no more than one look in a while', async () => {
    const { ask, clock } = instance();
    await ask(first);
    for (let count = 0; count < 5; count += 1) expect(await ask(second)).toBe('unknown_key');
    expect(issuer.paths).toHaveLength(2);
    clock.advance(REFETCH_COOLDOWN_MS);
    for (let count = 0; count < 5; count += 1) expect(await ask(second)).toBe('unknown_key');
    expect(issuer.paths).toHaveLength(4);
  });

  it('that are withdrawn stop counting when they are no longer fresh', async () => {
    const { ask, clock } = instance();
    await ask(first);
    issuer.publish(second);
    clock.advance(KEYS_FRESH_MS - 1);
    expect(await ask(first)).toBe('accepted');
    clock.advance(1);
    expect(await ask(first)).toBe('unknown_key');
  });

  it('count on while the issuer is down, for a time', async () => {
    const { ask, clock, log } = instance();
    await ask(first);
    issuer.fail({ kind: 'down' });
    clock.advance(KEYS_FRESH_MS);
    expect(await ask(first)).toBe('accepted');
    expect(await ask(first)).toBe('accepted');
    // The second one did not ask: the issuer had failed a moment before.
    expect(log.of('ISSUER_KEYS_NOT_READ')).toHaveLength(1);
    expect(await ask(second)).toBe('unknown_key');
    clock.advance(KEYS_STALE_MS - KEYS_FRESH_MS);
    await expect(ask(first)).rejects.toThrow(IssuerUnavailable);
  });

  it('are asked for again soon after a failure', async () => {
    const { ask, clock } = instance();
    issuer.fail({ kind: 'down' });
    await expect(ask(first)).rejects.toThrow(IssuerUnavailable);
    issuer.fail(undefined);
    await expect(ask(first)).rejects.toThrow(IssuerUnavailable);
    clock.advance(FAILURE_COOLDOWN_MS);
    expect(await ask(first)).toBe('accepted');
  });

  it.each<Exclude<IssuerFault['kind'], 'redirect'>>([
    'down',
    'huge',
    'not_json',
    'no_keys',
    'other_issuer',
    'insecure_keys',
  ])('can not be told when the issuer is %s, and that is no refusal of the token', async (kind) => {
    const { ask } = instance();
    issuer.fail({ kind });
    await expect(ask(first)).rejects.toThrow(IssuerUnavailable);
  });

  it('can not be told when the issuer is slow, within the time that there is', async () => {
    const { ask } = instance();
    issuer.fail({ kind: 'slow' });
    const began = performance.now();
    await expect(ask(first)).rejects.toThrow(IssuerUnavailable);
    expect(performance.now() - began).toBeLessThan(ISSUER_TIMEOUT_MS + 1_000);
  });

  it('are not looked for where a redirect leads', async () => {
    const elsewhere = await startOidcIssuer();
    elsewhere.publish(second);
    issuer.fail({ kind: 'redirect', to: elsewhere.url });
    await expect(instance().ask(second)).rejects.toThrow(IssuerUnavailable);
    expect(elsewhere.paths).toEqual([]);
    await elsewhere.close();
  });
});
