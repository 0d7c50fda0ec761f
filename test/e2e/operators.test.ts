import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { securityStream } from '#shared/access/lockout.ts';
import { oidcPrincipalId } from '#shared/access/oidc/oidc-principal.ts';
import { auditEntrySchema } from '#shared/audit/audit-entry.ts';
import { inProcess, stageAudit } from '#test/support/in-process.ts';
import { clientWith, eventually, localHaven } from '#test/support/local-haven.ts';
import { type OidcIssuer, type SigningKey, signingKey, signToken, startOidcIssuer } from '#test/support/oidc-issuer.ts';
import { sendRaw } from '#test/support/raw-request.ts';

const haven = localHaven();
let issuer: OidcIssuer;
let key: SigningKey;
beforeAll(async () => {
  issuer = await startOidcIssuer(Number(new URL(haven.info.oidcIssuer).port));
  key = await signingKey(randomUUID());
  issuer.publish(key);
});
afterAll(() => issuer.close());

/** Long enough for a first answer by a process that just begins, and well within the 25 seconds for which the gateway keeps it. */
const ENDS_IN_SECONDS = 12;

/** A token of the local issuer, for ten minutes. */
function token(roles: readonly string[], change: object = {}): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return signToken(key, {
    iss: haven.info.oidcIssuer,
    aud: 'haven-local',
    sub: randomUUID(),
    iat: nowSeconds,
    exp: nowSeconds + 600,
    realm_access: { roles: [...roles] },
    ...change,
  });
}

const list = (bearer: string, headers: Record<string, string> = {}) =>
  sendRaw(haven.info, { method: 'GET', path: '/admin/wallets?limit=1', apiKey: bearer, headers });

describe('an operator with a token', () => {
  it('may do what its roles stand for, and is told which scope is missing', async () => {
    const auditor = await token(['haven-auditor']);
    expect((await list(auditor)).status).toBe(200);
    await expect(clientWith(haven.info, auditor).createWallet({ body: { purpose: 'user' } })).rejects.toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
  });

  it('is the actor of what it does, and issues keys in its own name', async () => {
    const subject = randomUUID();
    const id = oidcPrincipalId(haven.info.oidcIssuer, subject);
    const admin = clientWith(haven.info, await token(['haven-admin'], { sub: subject }));
    const wallet = await admin.createWallet({ body: { purpose: 'user' } });
    const stored = await stageAudit(await inProcess(haven)).stored(wallet.id);
    expect(auditEntrySchema.parse(stored[0]).actor).toBe(id);
    const issued = await admin.createApiKey({ body: { name: 'by an operator', scopes: ['audit:read'] } });
    expect(issued.created_by).toBe(id);
  });

  it('has its sessions and accesses on a stream of its own, which verifies', async () => {
    const subject = randomUUID();
    const id = oidcPrincipalId(haven.info.oidcIssuer, subject);
    const [first, second] = [
      await token(['haven-auditor'], { sub: subject, sid: 'one' }),
      await token(['haven-auditor'], { sub: subject, sid: 'two' }),
    ];
    for (const bearer of [first, first, second]) expect((await list(bearer)).status).toBe(200);
    expect(await haven.client.verifyAudit({ body: { principal_id: id } })).toMatchObject({
      verified: true,
      entries: 5,
    });
    const entries = (await stageAudit(await inProcess(haven)).stored(`access:${id}`)).map((entry) =>
      auditEntrySchema.parse(entry),
    );
    expect(entries.map(({ action }) => action)).toEqual([
      'session.started',
      'access.granted',
      'access.granted',
      'session.started',
      'access.granted',
    ]);
  });

  it('is refused: 403 without a role, 401 with a token for others, of others, or none', async () => {
    expect(await list(await token(['janitor']))).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
    const stranger = await signingKey(key.kid);
    const claims = { iss: haven.info.oidcIssuer, aud: 'haven-local', sub: 'x', iat: 1, exp: 9_999_999_999 };
    for (const bearer of [
      await token(['haven-admin'], { aud: 'another' }),
      await token(['haven-admin'], { iss: 'https://evil.example' }),
      await token(['haven-admin'], { exp: 1 }),
      await signToken(stranger, claims),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`,
    ]) {
      expect(await list(bearer)).toMatchObject({ status: 401, body: { error: 'UNAUTHENTICATED' } });
    }
  });

  it('is refused at the end of the token, although the gateway keeps its answers for longer', async () => {
    const endSeconds = Math.floor(Date.now() / 1_000) + ENDS_IN_SECONDS;
    // The stage's tolerance of ten seconds counts besides.
    const bearer = await token(['haven-auditor'], { exp: endSeconds - 10 });
    expect((await list(bearer)).status).toBe(200);
    await eventually('401', async () => ((await list(bearer)).status === 401 ? true : undefined), 30_000);
    expect(Date.now()).toBeGreaterThanOrEqual(endSeconds * 1_000);
  });
});

describe('who guesses the secret of a key', () => {
  it('is locked out of it at that address for a while, its owner elsewhere is not, and one entry tells of it', async () => {
    const { key: right } = await haven.client.createApiKey({ body: { name: 'guessed', scopes: ['custody:read'] } });
    if (right === null) throw new Error('A new key was issued without its token');
    const address = `198.51.100.${1 + Math.floor(Math.random() * 250)}`;
    const from = (sourceAddress: string) => ({ 'X-Forwarded-For': sourceAddress });
    const guess = () => list(`${right.slice(0, -8)}${randomUUID().slice(0, 8)}`, from(address));
    const lockouts = async () => (await stageAudit(await inProcess(haven)).stored(securityStream(address))).length;
    const before = await lockouts();
    const isLocked = async () => {
      expect((await guess()).status).toBe(401);
      return (await lockouts()) > before ? true : undefined;
    };
    await eventually('the lockout', isLocked, 30_000);
    expect((await list(right, from(address))).status).toBe(401);
    expect((await list(right, from('203.0.113.200'))).status).toBe(200);
    for (let count = 0; count < 5; count += 1) await guess();
    expect(await lockouts()).toBe(before + 1);
    expect(await haven.client.verifyAudit({ body: { locked_out_at: address } })).toMatchObject({ verified: true });
    await eventually(
      'the end',
      async () => ((await list(right, from(address))).status === 200 ? true : undefined),
      20_000,
    );
  });
});
