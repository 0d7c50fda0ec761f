import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { stagePepper } from '#functions/stage-secrets.ts';
import { changed, createApiKeyStore, putApiKey } from '#shared/access/api-key-store.ts';
import { readBearer } from '#shared/access/api-key-token.ts';
import { draftApiKey, hashedKey } from '#shared/access/draft-api-key.ts';
import { FIRST_MAKER } from '#shared/platform/auth/kinship.ts';
import { awsClientOptions } from '#shared/platform/aws/client-options.ts';
import { isoTime, systemClock } from '#shared/platform/clock.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { createDocumentClient } from '#shared/platform/dynamo/document-client.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { newId } from '#shared/platform/ids.ts';
import { createLambdaLog } from '#shared/platform/log/logger.ts';
import { configSchema } from './config.ts';
import { createHandler } from './handler.ts';

/** CloudFormation waits for an hour; a table write takes milliseconds. */
const STORE_TIMEOUT_MS = 20_000;
const RESPOND_TIMEOUT_MS = 10_000;

const config = loadConfig(configSchema, process.env);
const secrets = new SecretsManagerClient(awsClientOptions());
const client = createDocumentClient();
const tables = { access: config.ACCESS_TABLE, audit: config.AUDIT_TABLE };
const store = createApiKeyStore(client, config.ACCESS_TABLE);
const readPepper = stagePepper(config.PEPPER_SECRET_ARN, systemClock);
const wanted = { name: 'first admin key', scopes: ['*' as const], allowed_addresses: [], expires_at: null };
const drafting = { readPepper, mode: config.KEY_MODE, clock: systemClock, newId };
const ACTOR = FIRST_MAKER;

/** The custom resource that puts the first admin key in place. */
export const handler = createHandler({
  secret: {
    async read() {
      const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: config.ADMIN_KEY_SECRET_ARN }));
      return readBearer(`Bearer ${SecretString}`) === undefined ? undefined : SecretString;
    },
    async write(token) {
      await secrets.send(new PutSecretValueCommand({ SecretId: config.ADMIN_KEY_SECRET_ARN, SecretString: token }));
    },
  },
  draft: () => draftApiKey(drafting, wanted, { id: ACTOR }),
  async keyOf(text) {
    const token = readBearer(`Bearer ${text}`);
    if (token === undefined) throw new Error('The admin key secret holds no API key');
    return hashedKey(drafting, wanted, { id: ACTOR }, token);
  },
  async storeIfAbsent(key, requestId) {
    if ((await store.find(key.id)) !== undefined) return;
    const detail = { name: key.name, scopes: key.scopes };
    const content = {
      action: 'api_key.issued',
      actor: ACTOR,
      severity: 'WARNING' as const,
      request_id: requestId,
      detail,
    };
    const write = new WriteTransaction();
    putApiKey(write, tables, changed(undefined, key, content, isoTime(systemClock())));
    await write.commit(client, Deadline.in(STORE_TIMEOUT_MS, systemClock));
  },
  async respond(url, answer) {
    const response = await fetch(url, {
      method: 'PUT',
      body: JSON.stringify(answer),
      headers: { 'Content-Type': '' },
      signal: AbortSignal.timeout(RESPOND_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`CloudFormation refused the answer with HTTP ${response.status}`);
  },
  log: createLambdaLog(ACTOR),
});
