import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { appendEntry } from '#shared/audit/append-entry.ts';
import { auditHeadSchema, emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { type Clock, isoTime } from '#shared/platform/clock.ts';
import { readItem } from '#shared/platform/dynamo/read-item.ts';
import { requireVersion, unchangedSince } from '#shared/platform/dynamo/versions.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import type { IdempotentContext } from '#shared/platform/http/bound-route.ts';
import type { IdempotencyStore } from '#shared/platform/idempotency/idempotency-store.ts';

/** The audit stream of the token's settings. */
export const TOKEN_STREAM = 'token:HAVEN';

/** The key of the settings, for who reads them with other rows. */
export const TOKEN_SETTINGS_KEY = { pk: 'TOKEN#HAVEN', sk: 'SETTINGS' } as const;

const storedSchema = auditHeadSchema.extend({
  chain_id: z.number().int(),
  address: z.string(),
  minter_wallet_id: z.string(),
  /** As the contract answered when it was configured; a token's decimals never change. */
  decimals: z.number().int(),
  updated_at: z.string(),
  version: z.number().int(),
});

/** Where the HAVEN token is, and which wallet mints it. Set at run time, because both exist only after the deploy. */
export type TokenSettings = z.output<typeof storedSchema>;

/** The settings in their row. */
export function readTokenSettings(row: unknown): TokenSettings {
  return storedSchema.parse(row);
}

/** Reads the settings. */
export interface TokenSettingsReader {
  /** @throws TOKEN_NOT_CONFIGURED */
  get(): Promise<TokenSettings>;
}

/** The settings in the ledger table. */
export function createTokenSettingsReader(client: DynamoDBDocumentClient, table: string): TokenSettingsReader {
  return {
    async get() {
      const item = await readItem(client, table, TOKEN_SETTINGS_KEY);
      if (item === undefined) {
        throw new HavenError('TOKEN_NOT_CONFIGURED', 'No token is configured; PUT /admin/token names its contract');
      }
      return readTokenSettings(item);
    },
  };
}

/** The settings; undefined as long as no token is configured. */
export async function configuredToken(settings: TokenSettingsReader): Promise<TokenSettings | undefined> {
  return settings.get().catch((error: unknown) => {
    if (error instanceof HavenError && error.code === 'TOKEN_NOT_CONFIGURED') return undefined;
    throw error;
  });
}

/** The token under its name, for who names assets; undefined as long as none is configured. */
export async function namedToken(
  settings: TokenSettingsReader,
): Promise<{ readonly name: 'HAVEN'; readonly chain_id: number; readonly address: string } | undefined> {
  const found = await configuredToken(settings);
  return found === undefined ? undefined : { name: 'HAVEN', chain_id: found.chain_id, address: found.address };
}

/** What storing the settings needs. */
export interface SaveTokenSettingsDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tables: { readonly ledger: string; readonly audit: string };
  readonly reader: TokenSettingsReader;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
}

/**
 * Stores the settings with their audit entry.
 *
 * @param answer makes the body to replay from the settings stored
 * @throws VERSION_MISMATCH when If-Match names another version, WRITE_CONFLICT
 */
export async function saveTokenSettings(
  deps: SaveTokenSettingsDependencies,
  wanted: Pick<TokenSettings, 'chain_id' | 'address' | 'minter_wallet_id' | 'decimals'>,
  context: IdempotentContext,
  answer: (saved: TokenSettings) => unknown,
): Promise<TokenSettings> {
  const existing = await configuredToken(deps.reader);
  const version = existing?.version ?? 0;
  requireVersion(context, version, 'The configuration of the token');
  const at = isoTime(deps.clock());
  const { entry, head } = nextEntry(
    TOKEN_STREAM,
    existing ?? emptyHead(TOKEN_STREAM),
    {
      action: 'token.configured',
      actor: context.principal.id,
      severity: 'WARNING',
      request_id: context.requestId,
      detail: wanted,
    },
    at,
  );
  const saved: TokenSettings = { ...wanted, ...head, updated_at: at, version: version + 1 };
  const write = new WriteTransaction();
  deps.idempotency.record(write, context.idempotency, { status: 200, body: answer(saved) });
  write.put(
    deps.tables.ledger,
    { ...TOKEN_SETTINGS_KEY, ...saved },
    () => new HavenError('WRITE_CONFLICT', 'The token settings were changed meanwhile; try again'),
    unchangedSince(existing),
  );
  appendEntry(write, deps.tables.audit, entry);
  await write.commit(deps.client, context.deadline);
  return saved;
}
