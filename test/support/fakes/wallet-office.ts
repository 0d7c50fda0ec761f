import { appendEntry } from '#shared/audit/append-entry.ts';
import { emptyHead, nextEntry } from '#shared/audit/audit-entry.ts';
import { createAuditStore } from '#shared/audit/audit-store.ts';
import type { Wallet } from '#shared/custody/wallet.ts';
import { putWallet } from '#shared/custody/wallet-store.ts';
import { isoTime } from '#shared/platform/clock.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { WriteTransaction } from '#shared/platform/dynamo/write-transaction.ts';
import type { TestRequest } from './api-request.ts';
import { createFakeClock } from './fake-clock.ts';
import { bindAllRoutes } from './function-routes.ts';
import { storedWallet } from './ledger-transactions.ts';
import { plainItem } from './memory-dynamo.ts';
import { createTestApi } from './test-api.ts';

/** The id of the office's wallet; another than that of the tests' own wallet, which is there already. */
export const OFFICE_WALLET_ID = 'wal_01JD8Q4X7M5N2V9C3R6T0W1YZW';

/** The policy administration before tables in memory, with one wallet stored as creating it stores it. */
export async function createWalletOffice(wallet: Partial<Wallet> = {}) {
  const { functions, desk } = bindAllRoutes();
  const stored = storedWallet({
    id: OFFICE_WALLET_ID,
    address: '0x0000000000000000000000000000000000000aaa',
    label: 'main',
    tags: { region: 'eu', team: 'a' },
    ...wallet,
  });
  const write = new WriteTransaction();
  const created = {
    action: 'wallet.created',
    actor: 'key_maker',
    severity: 'INFO',
    request_id: 'request-1',
    detail: {},
  } as const;
  const { entry, head } = nextEntry(stored.id, emptyHead(stored.id), created, isoTime(createFakeClock().now()));
  putWallet(write, 'ledger', stored, head);
  appendEntry(write, 'audit', entry);
  await write.commit(desk.deps.client, Deadline.in(1_000, createFakeClock().now));
  const api = createTestApi(functions['policy-admin'] ?? []);
  const patch = async (body: unknown, extra: Partial<TestRequest> = {}) => {
    const request = { method: 'PATCH', path: '/admin/wallets/{id}', params: { id: stored.id }, scopes: '*', body };
    const answer = await api.send({ ...request, ...extra });
    return { ...answer, json: JSON.parse(answer.body) };
  };
  const rows = () => desk.dynamo.items('ledger').map(plainItem);
  return {
    desk,
    stored,
    patch,
    /** One of the wallet's own rows. */
    row: (sk: string) => rows().find((item) => item['pk'] === `${sk}#${stored.id}` && item['sk'] === sk),
    /** The partitions of the index of tags that the wallet is in. */
    tagPlaces: () =>
      rows()
        .filter((item) => String(item['pk']).startsWith('WALLET_TAG#') && item['sk'] === stored.id)
        .map((item) => String(item['pk']))
        .toSorted(),
    entries: () => createAuditStore(desk.deps.client, 'audit').stored(stored.id),
  };
}
