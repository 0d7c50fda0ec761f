import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readStreamHead } from '#local/audit-verify/stream-heads.ts';
import { emptyHead } from '#shared/audit/audit-entry.ts';
import { indexAttributesOf } from '#shared/audit/index-attributes.ts';
import { verifyAuditRoute } from '#shared/audit/routes.ts';
import { walletKey } from '#shared/custody/ledger-keys.ts';
import { AUDIT_CONTENT, auditStream } from '#test/support/fakes/audit-stream.ts';
import { bindAllRoutes } from '#test/support/fakes/function-routes.ts';
import { storedWallet, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { STREAM_KINDS } from '#test/support/fakes/stream-kinds.ts';
import { createTestApi, problemOf } from '#test/support/fakes/test-api.ts';

const ENTRIES = [AUDIT_CONTENT, { ...AUDIT_CONTENT, actor: 'key_2' }];

function verifier() {
  const { functions, desk } = bindAllRoutes();
  desk.dynamo.put('ledger', { ...walletKey(TEST_WALLET.id), ...storedWallet() });
  const { send } = createTestApi(functions['custody-api'] ?? []);
  const verify = (body: unknown) => send({ method: 'POST', path: '/admin/audit/verify', body, scopes: 'audit:read' });
  return { verify, dynamo: desk.dynamo, client: desk.deps.client };
}

describe('POST /admin/audit/verify', () => {
  it('is tried with every stream that a request can name', () => {
    const names = Object.keys(verifyAuditRoute.body.shape).filter((name) => name !== 'cursor');
    expect(Object.keys(STREAM_KINDS).toSorted()).toEqual(names.toSorted());
  });

  it('can name every stream of the data model', () => {
    const model = readFileSync(
      fileURLToPath(import.meta.resolve('#functions/catalogue.ts')).replace(
        'functions/catalogue.ts',
        'docs/data-model.md',
      ),
      'utf8',
    );
    const row = /^\| Entry \| the stream: ([^|]+)\|/m.exec(model)?.[1] ?? '';
    const kindOf = (stream: string) =>
      stream
        .replace(/(alr|chn|key|tx|usr|red|ord|wal|whe)_.*$/, '$1_')
        .replace(/^(lane|breaker|queue|security|product):.*$/, '$1:');
    const documented = [...row.matchAll(/`([^`]+)`/g)].map(([, stream = '']) => kindOf(stream));
    const tried = Object.values(STREAM_KINDS).map(({ stream }) => kindOf(stream));
    expect(documented.toSorted()).toEqual(tried.toSorted());
  });

  describe.each(Object.entries(STREAM_KINDS))('with %s', (name, { value, stream, row, missing }) => {
    function stored(entryCount: number) {
      const test = verifier();
      const made = auditStream(stream, ENTRIES);
      for (const entry of made.entries.slice(0, entryCount)) {
        const { stream: pk, ...rest } = entry;
        test.dynamo.put('audit', { pk, ...rest, ...indexAttributesOf(entry) });
      }
      const { table = 'ledger', item } = row(made.head);
      test.dynamo.put(table, item);
      return { ...test, head: made.head };
    }

    it('verifies a stream that is whole', async () => {
      const response = await stored(2).verify({ [name]: value });
      expect(JSON.parse(response.body)).toMatchObject({ stream, verified: true, entries: 2, first_break: null });
    });

    it('sees that the stream was cut off', async () => {
      const response = await stored(1).verify({ [name]: value });
      expect(JSON.parse(response.body)).toMatchObject({
        verified: false,
        first_break: { seq: 2, reason: 'truncated' },
      });
    });

    it('has its head where npm run audit:verify looks for it', async () => {
      const { client, head } = stored(2);
      const tables = {
        ...{ ledger: 'ledger', access: 'access', shop: 'shop', ephemeral: 'ephemeral' },
        ...{ logs: 'logs', notify: 'notify' },
      };
      expect(await readStreamHead(client, tables, stream)).toEqual(head);
      expect(await readStreamHead(verifier().client, tables, stream)).toEqual(emptyHead(stream));
      expect(await readStreamHead(client, tables, 'unheard_of')).toBeUndefined();
    });

    it('says when there is no such thing, or that nothing has happened to it', async () => {
      const response = await verifier().verify({ [name]: value });
      if (missing === undefined) expect(JSON.parse(response.body)).toMatchObject({ verified: true, entries: 0 });
      else expect(problemOf(response).error).toBe(missing);
    });
  });
});
