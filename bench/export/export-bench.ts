import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createRequestStore } from '#shared/custody/dual-control/request-store.ts';
import { EXPORT_KIND } from '#shared/custody/export/export.ts';
import { retrieveExport } from '#shared/custody/export/retrieve-export.ts';
import { proveSealable } from '#shared/custody/export/seal.ts';
import { createKeyReader } from '#shared/custody/key-store.ts';
import { decryptClient } from '#shared/custody/kms-client.ts';
import { createKmsKeyDecryptor } from '#shared/custody/kms-key-decryptor.ts';
import { createWalletStore } from '#shared/custody/wallet-store.ts';
import type { Scope } from '#shared/platform/auth/scopes.ts';
import { systemClock } from '#shared/platform/clock.ts';
import { newId } from '#shared/platform/ids.ts';
import { recipientKeys } from '#test/support/fakes/key-desk.ts';
import { type InProcess, inProcess } from '#test/support/in-process.ts';
import { clientWith, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import type { BenchContext, BenchReport, ReportTable } from '../bench.ts';
import { number } from '../lanes/times-tables.ts';
import { type Spread, spreadOf } from '../statistics.ts';

/** Enough for a 95th percentile; half a minute. */
const DEFAULT_ROUNDS = 30;
const KINDS = ['P-256', 'X25519', 2_048, 3_072] as const;

/** How long something took. */
interface Timed {
  readonly what: string;
  readonly ms: Spread | null;
}

/** Measures what the export of a key takes: each step through the deployed Haven, sealing alone, and its AWS calls. */
export async function exportBench({ rounds = DEFAULT_ROUNDS, say }: BenchContext): Promise<BenchReport> {
  const haven = localHaven();
  say(`${rounds} exports, step by step`);
  const steps = await timeSteps(haven, rounds);
  say('sealing to each kind of key');
  const sealing = await timeSealing(rounds);
  const calls = await countRetrieval(haven);
  return {
    tables: [timesTable(steps, sealing), callsTable(calls)],
    data: { rounds, steps, sealing, calls },
  };
}

async function timeSteps(haven: LocalHaven, rounds: number): Promise<readonly Timed[]> {
  const times = new Map<string, number[]>();
  const timed = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const answer = await run();
    times.set(what, [...(times.get(what) ?? []), performance.now() - began]);
    return answer;
  };
  const { approve, ask, retrieve } = await party(haven);
  // The first one starts the functions.
  for (let round = 0; round <= rounds; round += 1) {
    const params = await timed('Ask', ask).then(({ id }) => ({ id }));
    await timed('Approve', () => approve(params.id));
    await timed('Retrieve', () => retrieve(params.id));
  }
  return [...times].map(([what, all]) => ({ what, ms: spreadOf(all.slice(1)) }));
}

/** A wallet, who asks for its key, and who approves. */
async function party(haven: LocalHaven) {
  const somebody = async (name: string, ...scopes: Scope[]) => {
    const { key } = await haven.client.createApiKey({ body: { name, scopes } });
    return clientWith(haven.info, key ?? '');
  };
  // Neither may have made the other.
  const requester = await somebody('bench requester', 'custody:export');
  const approver = await somebody('bench approver', 'custody:approve');
  const wallet = await haven.client.createWallet({ body: { purpose: 'user' } });
  const { x = '', y = '' } = (await recipientKeys('P-256')).publicJwk;
  const public_key = { kty: 'EC' as const, crv: 'P-256' as const, x, y };
  return {
    ask: () => requester.requestExport({ params: { id: wallet.id }, body: { reason: 'measured', public_key } }),
    retrieve: (id: string) => requester.retrieveExport({ params: { id } }),
    approve: (id: string) => approver.approveExport({ params: { id } }),
  };
}

async function timeSealing(rounds: number): Promise<readonly Timed[]> {
  const found: Timed[] = [];
  for (const kind of KINDS) {
    const { kty, crv, x, y, n, e } = (await recipientKeys(kind)).publicJwk;
    const key = EXPORT_KIND.schema.parse({ ...BLANK, public_key: { kty, crv, x, y, n, e } }).public_key;
    const times: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const began = performance.now();
      await proveSealable(key, 'key');
      times.push(performance.now() - began);
    }
    const name = typeof kind === 'number' ? `RSA ${kind}` : kind;
    found.push({ what: `Seal to ${name}`, ms: spreadOf(times.slice(1)) });
  }
  return found;
}

/** An export that is none, for the schema's sake. */
const BLANK = {
  ...{ id: 'exp_0', wallet_id: 'wal_0', address: '0x', status: 'requested', reason: 'measured', version: 1 },
  ...{ requested_by: 'bench', requested_at: '', approve_by: '', thumbprint: '' },
};

/** The AWS calls of one retrieval, in functions that have run before; without the rate limit's. */
async function countRetrieval(haven: LocalHaven): Promise<Readonly<Record<string, number>>> {
  const parts = await inProcess(haven);
  const { approve, ask } = await party(haven);
  const asked = await ask();
  await approve(asked.id);
  parts.calls.reset();
  const context = { ...parts.context(), principal: { id: asked.requested_by, name: 'bench', scopes: [] } };
  await retrieveExport(retrieving(parts, parts.client), asked.id, context);
  return parts.calls.snapshot();
}

function retrieving({ tables, walletKeyArn, kms }: InProcess, client: DynamoDBDocumentClient) {
  const approvals = 'haven-local-approvals';
  return {
    client,
    tables: { ...tables, approvals },
    wallets: createWalletStore(client, tables.ledger),
    exports: createRequestStore(client, approvals, EXPORT_KIND),
    keys: createKeyReader(client, tables.keys),
    decryptor: createKmsKeyDecryptor(walletKeyArn, decryptClient(kms)),
    exportIsOn: true,
    clock: systemClock,
    newId,
    metrics: { count: () => undefined },
  };
}

function timesTable(steps: readonly Timed[], sealing: readonly Timed[]): ReportTable {
  return {
    title: 'Exporting a key',
    text: 'Each step through the deployed Haven, one after the other; and sealing alone, in this process, the import of the public key included.',
    columns: ['Step', 'Median, ms', 'p95, ms', 'Most, ms'],
    rows: [...steps, ...sealing].map(({ what, ms }) => [
      what,
      number(ms?.median, 1),
      number(ms?.p95, 1),
      number(ms?.max, 1),
    ]),
  };
}

function callsTable(calls: Readonly<Record<string, number>>): ReportTable {
  const counted = Object.entries(calls).map(([name, count]) => `${count} ${name.replace(/Command$/, '')}`);
  return {
    title: 'AWS calls of one export retrieved',
    text: 'Without the rate limit. KMS decrypts once: 1,000 exports are 1,000 KMS requests, USD 0.003 at its list price of USD 0.03 for 10,000.',
    columns: ['Calls'],
    rows: [[counted.sort().join(', ')]],
  };
}
