import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fund } from '#local/seed.ts';
import { addressOf, generatePrivateKey } from '#shared/custody/private-key.ts';
import type { Scope } from '#shared/platform/auth/scopes.ts';
import { openSealed, recipientKeys } from '#test/support/fakes/key-desk.ts';
import { KEY_ENCODINGS } from '#test/support/fakes/key-encodings.ts';
import { everywhere, files, type Haystack, placesOf, untilLogged } from '#test/support/haystacks.ts';
import { type KeysRun, runKeysCommand } from '#test/support/keys-command.ts';
import { clientWith, ended, type LocalHaven, localHaven } from '#test/support/local-haven.ts';
import { type RawRequest, sendRaw, servedRequestId } from '#test/support/raw-request.ts';

/** Keys that the test knows: they are imported, used, exported, and pasted where no key belongs. */
const CANARIES = Array.from({ length: 3 }, () => {
  const key = generatePrivateKey();
  return { hex: Buffer.from(key).toString('hex'), address: addressOf(key) };
});
/** A minute by itself, most of it computing. */
const SEARCH_MS = 400_000;
const RECIPIENT = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const REASON = { reason: 'tried by a test' };

let haven: LocalHaven;
/** Where the source is: the one place where the keys are in clear. */
let source: string;
/** What the commands leave: journals, reports, temporary files. */
let left: string;
const temporary = process.env['TMPDIR'];

beforeAll(() => {
  haven = localHaven();
  source = mkdtempSync(join(tmpdir(), 'haven-canary-source-'));
  left = mkdtempSync(join(tmpdir(), 'haven-canary-left-'));
  mkdirSync(join(left, 'tmp'));
  process.env['TMPDIR'] = join(left, 'tmp');
});
afterAll(() => {
  if (temporary === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = temporary;
  for (const folder of [source, left]) rmSync(folder, { recursive: true, force: true });
});

/** Runs a command, and keeps what it said among what is searched. */
const said: Haystack[] = [];
async function command(...args: string[]): Promise<KeysRun> {
  const run = await runKeysCommand(haven, [...args, '--stage', 'local']);
  said.push({ where: `command ${args[0]}`, text: `${run.stdout}\n${run.stderr}` });
  return run;
}

/** Imports the canaries, a row that is refused between them, and its like a second time. */
async function importCanaries(): Promise<void> {
  const path = join(source, 'keys.csv');
  const [first] = CANARIES;
  const rows = CANARIES.map(({ hex, address }, nth) => `0x${hex},${address},customer ${nth}`);
  writeFileSync(
    path,
    `private_key,address,name\n${rows.join('\n')}\n0x${first?.hex},${RECIPIENT},wrong\nnot${first?.hex},,\n`,
  );
  const args = ['--file', path, '--purpose', 'user', '--address-column', 'address', '--label-column', 'name'];
  const out = (name: string) => ['--journal', join(left, `${name}.journal`), '--report', join(left, `${name}.json`)];
  await command('import', ...args, ...out('dry'));
  await command('import', ...args, ...out('first'), '--write');
  await command('import', ...args, ...out('second'), '--write');
}

async function walletOf(address: string): Promise<string> {
  const { data } = await haven.client.listWallets({ query: { address } });
  const [wallet] = data;
  if (wallet === undefined) throw new Error(`${address} was not imported`);
  return wallet.id;
}

/** Has a wallet sign, and its key exported to somebody who may have it. */
async function useKey(walletId: string, address: string): Promise<string> {
  await fund(haven.info.rpcUrl, address, '1');
  const body = { wallet_id: walletId, chain_id: haven.info.chainId, to: RECIPIENT, value: '1' };
  await ended(haven, (await haven.client.createTransaction({ body })).id);
  const somebody = async (name: string, ...scopes: Scope[]) => {
    const { key } = await haven.client.createApiKey({ body: { name, scopes } });
    return clientWith(haven.info, key ?? '');
  };
  const [requester, approver] = [
    await somebody('requester', 'custody:export'),
    await somebody('approver', 'custody:approve'),
  ];
  const { publicJwk, privateJwk } = await recipientKeys('P-256');
  const { x = '', y = '' } = publicJwk;
  const public_key = { kty: 'EC' as const, crv: 'P-256' as const, x, y };
  const params = {
    id: (await requester.requestExport({ params: { id: walletId }, body: { ...REASON, public_key } })).id,
  };
  await approver.approveExport({ params });
  const { jwe } = await requester.retrieveExport({ params });
  const { payload } = await openSealed(jwe, privateJwk);
  return String(payload['private_key']);
}

/** Requests that have a key where none belongs. */
function misplaced(walletId: string, text: string): readonly RawRequest[] {
  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): RawRequest => ({
    ...{ method: 'POST', path, body },
    headers: { 'Idempotency-Key': crypto.randomUUID(), ...headers },
  });
  // A header takes no line breaks.
  const line = text.replaceAll('\n', ' ');
  const wallet = { purpose: 'user' };
  return [
    post('/admin/wallets', { ...wallet, label: text }),
    post('/admin/wallets', { ...wallet, tags: { note: line } }),
    post('/admin/wallets', { ...wallet, purpose: text }),
    post('/admin/wallets', { ...wallet, private_key: text }),
    post('/admin/wallets', { ...wallet, [text]: 1 }),
    post('/admin/wallets', `{"label":"${line}`),
    post(`/admin/wallets/${walletId}/pause`, { reason: text }),
    post(`/admin/wallets/${walletId}/exports`, {
      reason: text,
      public_key: { kty: 'EC', crv: 'P-256', x: text, y: text },
    }),
    post('/transactions', { wallet_id: text, chain_id: haven.info.chainId, to: text, value: text }),
    post('/admin/api-keys', { name: text, scopes: ['token:read'] }),
    { method: 'GET', path: `/admin/wallets/${encodeURIComponent(line)}` },
    { method: 'GET', path: `/admin/wallets?label=${encodeURIComponent(line)}` },
    { method: 'GET', path: '/admin/wallets', headers: { Authorization: `Bearer ${line}` }, apiKey: null },
    { method: 'GET', path: '/admin/wallets', headers: { 'X-Request-Id': line, 'X-Private-Key': line } },
  ];
}

/** What a request is answered; undefined: it can't even be sent. */
async function answerTo(request: RawRequest): Promise<(Haystack & { readonly requestId?: string }) | undefined> {
  const answer = await sendRaw(haven.info, request).catch(() => undefined);
  if (answer === undefined) return undefined;
  const where = `answer ${answer.status} to ${request.method} ${request.path.slice(0, 30)}`;
  const requestId = servedRequestId(answer);
  const text = `${answer.text}\n${JSON.stringify([...answer.headers])}`;
  return { where, text, ...(requestId === undefined ? {} : { requestId }) };
}

describe('canary keys', () => {
  it('that are imported, used, exported, and pasted where no key belongs are found in clear nowhere', {
    timeout: SEARCH_MS,
  }, async () => {
    const sinceMs = Date.now();
    await importCanaries();
    const ids = await Promise.all(CANARIES.map(({ address }) => walletOf(address)));
    await command('verify', '--all', '--report', join(left, 'verify.json'));
    const [id = ''] = ids;
    const [canary] = CANARIES;
    // What was exported is the very key: its wallet has been in every place that is searched.
    expect(await useKey(id, canary?.address ?? '')).toBe(`0x${canary?.hex}`);

    const answers: Haystack[] = [];
    const served: string[] = [];
    for (const encode of Object.values(KEY_ENCODINGS)) {
      const given = await Promise.all(misplaced(id, encode(canary?.hex ?? '')).map(answerTo));
      for (const answer of given.filter((one) => one !== undefined)) {
        answers.push(answer);
        if (answer.requestId !== undefined) served.push(answer.requestId);
      }
    }
    expect(answers.length).toBeGreaterThan(100);
    expect(served.length).toBeGreaterThan(100);
    await untilLogged(haven.info, served, sinceMs);
    const haystacks = [...(await everywhere(haven.info)), ...files(haven.instance.directory), ...files(left), ...said];
    expect(haystacks.length).toBeGreaterThan(40);
    const keys = CANARIES.map(({ hex }) => hex);
    expect(placesOf(keys, [...haystacks, ...answers])).toEqual([]);
  });

  it('would be found wherever they are, however they are written', async () => {
    const [canary] = CANARIES;
    const hex = canary?.hex ?? '';
    const raw = Buffer.from(hex, 'hex');
    writeFileSync(join(left, 'raw.bin'), Buffer.concat([Buffer.from('before'), raw, Buffer.from('after')]));
    expect(placesOf([hex], files(left))).toEqual(['file raw.bin']);
    const bytes = [...raw];
    const written = [
      ...Object.values(KEY_ENCODINGS).map((encode) => encode(hex)),
      bytes.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', '),
      [...hex].join('.'),
      BigInt(`0x${hex}`).toLocaleString('en'),
      hex.slice(0, 32),
    ];
    for (const text of written)
      expect(placesOf([hex], [{ where: 'here', text: `before ${text} after` }]), text).toEqual(['here']);
    expect(placesOf([hex], [{ where: 'here', text: JSON.stringify(CANARIES[1]) }])).toEqual([]);
  });
});
