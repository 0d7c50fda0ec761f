import { createHandler } from '#functions/authorizer/handler.ts';
import type { ApiKey } from '#shared/access/api-key.ts';
import { formatToken } from '#shared/access/api-key-token.ts';
import type { VerifyToken } from '#shared/access/oidc/verify-token.ts';
import { storedApiKey, TEST_KEY_ULID, TEST_PEPPER, TEST_SECRET } from './api-keys.ts';
import { createLockoutDesk, TEST_LOCKOUT_POLICY } from './lockout-desk.ts';
import { createRecordingLog } from './recording-log.ts';
import { createRecordingMetrics } from './recording-metrics.ts';

/** The API that the authorizer guards. */
export const TEST_API_ARN = 'arn:aws:execute-api:eu-central-1:000000000000:abc123';
const METHOD_ARN = `${TEST_API_ARN}/prod/POST/api/v1/admin/wallets`;

/** How a key of the test's ULID is written, with its own secret unless said otherwise. */
export const tokenOf = (secret = TEST_SECRET, ulid = TEST_KEY_ULID) => formatToken({ mode: 'test', ulid, secret });

/** What a test varies of the desk. */
interface AuthorizerOptions {
  /** The one key that there is. */
  readonly key?: ApiKey | undefined;
  /** How a part fails. */
  readonly findWithKey?: () => Promise<never>;
  readonly countFailure?: () => Promise<never>;
  readonly readPepper?: () => Promise<string>;
  readonly noteUse?: () => Promise<void>;
  readonly verifyToken?: VerifyToken;
}

/** The authorizer with one key, on tables in memory that count its failures. */
export function createAuthorizerDesk({
  key = storedApiKey(),
  readPepper,
  noteUse,
  verifyToken,
  ...faults
}: AuthorizerOptions = {}) {
  const noted: string[][] = [];
  const log = createRecordingLog();
  const metrics = createRecordingMetrics();
  const desk = createLockoutDesk([key]);
  const handler = createHandler({
    keys: {
      async noteUse(...call) {
        noted.push(call);
        await noteUse?.();
      },
    },
    lockouts: { ...desk.store(), ...faults },
    policy: TEST_LOCKOUT_POLICY,
    readPepper: readPepper ?? (async () => TEST_PEPPER),
    verifyToken,
    clock: desk.clock.now,
    log: log.log,
    metrics: metrics.metrics,
  });
  const ask = (authorization: string | undefined, sourceIp = '203.0.113.7', header = 'Authorization') =>
    handler({
      type: 'REQUEST',
      methodArn: METHOD_ARN,
      headers: authorization === undefined ? null : { [header]: authorization },
      requestContext: { requestId: 'request-1', identity: { sourceIp } },
    });
  return { ask, handler, noted, log, metrics, desk };
}
