import type { StageContext } from '../../stage-context.ts';
import { allowRead } from '../secrets-stack.ts';
import { type ApiParts, commonFacts, type FunctionFacts } from './function-facts.ts';

/** The functions of the API that serve its operation and its API keys. None has a key of a wallet. */
export function accessFunctionFacts(stage: StageContext, parts: ApiParts) {
  const { data, queues, secrets } = parts;
  const { chains, ledger, audit, idempotency, accessHeads } = commonFacts(stage, parts);
  return {
    'ops-api': {
      name: 'ops-api',
      description:
        'Health, readiness, the API document, circuit breakers, errors, queues by who may touch them. No keys, nothing of wallets.',
      permissions: [
        data.ephemeral.allow('BatchGetItem'),
        data.ephemeral.allowIndexQuery('gsi1'),
        accessHeads,
        data.audit.allowRows(['access:*', 'breaker:*', 'queue:*'], 'PutItem'),
        data.audit.allowRows(['breaker:*', 'queue:*'], 'Query'),
        data.logs.allowRows(['INCIDENT#*'], 'BatchGetItem', 'GetItem'),
        ...(['gsi1', 'gsi3', 'gsi4'] as const).map((index) => data.logs.allowIndexRows(index, ['INCIDENTS#*'])),
        idempotency,
        allowRead(secrets.rpc, secrets.signing),
        queues.allowAsk(),
      ],
      environment: {
        ...chains,
        ...ledger,
        ...audit,
        LOGS_TABLE: data.logs.tableName,
        RPC_SECRET_ARN: secrets.rpc.secretArn,
        SIGNING_SECRET_ARN: secrets.signing.secretArn,
        STAGE: stage.config.name,
      },
      errorImpact: 'Health checks fail.',
    },
    'access-api': {
      name: 'access-api',
      description: 'Issues, changes, rotates and revokes API keys. No wallet keys.',
      permissions: [
        data.access.allow('GetItem', 'BatchGetItem', 'PutItem'),
        data.access.allowIndexQuery('gsi1'),
        accessHeads,
        data.audit.allowRows(['access:*', 'key_*'], 'PutItem'),
        idempotency,
        allowRead(secrets.pepper, secrets.signing),
      ],
      environment: {
        ...ledger,
        ...audit,
        ACCESS_TABLE: data.access.tableName,
        PEPPER_SECRET_ARN: secrets.pepper.secretArn,
        SIGNING_SECRET_ARN: secrets.signing.secretArn,
        KEY_MODE: stage.config.key_mode,
        OPERATOR_ADDRESSES: JSON.stringify(stage.config.oidc?.addresses ?? []),
      },
      errorImpact: 'API keys cannot be issued or revoked.',
    },
  } satisfies Record<string, FunctionFacts>;
}
