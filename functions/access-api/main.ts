import { apiFunction, auditAccess } from '#functions/api-runtime.ts';
import { stagePager, stagePepper } from '#functions/stage-secrets.ts';
import { createApiKeyStore } from '#shared/access/api-key-store.ts';
import { newId } from '#shared/platform/ids.ts';
import { configSchema } from './config.ts';
import { bindRoutes } from './handler.ts';

/** The access API. */
export const handler = apiFunction(
  'access-api',
  configSchema,
  (config, runtime) =>
    bindRoutes({
      ...runtime,
      tables: { access: config.ACCESS_TABLE, audit: config.AUDIT_TABLE },
      store: createApiKeyStore(runtime.client, config.ACCESS_TABLE),
      readPepper: stagePepper(config.PEPPER_SECRET_ARN, runtime.clock),
      pager: stagePager(config.SIGNING_SECRET_ARN, runtime.clock),
      mode: config.KEY_MODE,
      operatorAddresses: config.OPERATOR_ADDRESSES,
      newId,
    }),
  auditAccess,
);
