import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runHavenCommand } from '#test/support/haven-command.ts';
import { eventually, fundedWallet, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

let haven: LocalHaven;
beforeAll(() => {
  haven = localHaven();
});

const run = (...args: readonly string[]) =>
  runHavenCommand(args, { HAVEN_API_URL: haven.info.apiUrl, HAVEN_API_KEY: haven.info.adminApiKey });

/** A lane whose kick was lost is found by the schedule, which looks each minute. */
const WAIT_SECONDS = 120;
/** How a Haven stands is kept for five seconds; a machine is not busy for so long that each look takes a second. */
const READY_WITHIN_MS = 60_000;

const RECIPIENT = '0x00000000000000000000000000000000c11c11c1';

describe('the haven command', () => {
  it('sends a transaction, and waits until it is confirmed', async () => {
    const { id } = await fundedWallet(haven);
    const { chainId } = haven.info;
    const sent = await run(
      'tx',
      'create',
      '--wallet-id',
      id,
      '--chain-id',
      `${chainId}`,
      '--to',
      RECIPIENT,
      '--value',
      '1',
      '--json',
    );
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    const transaction = z.object({ id: z.string(), status: z.literal('queued') }).parse(JSON.parse(sent.stdout));
    const waited = await run('transactions', 'wait', transaction.id, '--timeout-seconds', `${WAIT_SECONDS}`);
    expect(waited.code).toBe(0);
    expect(waited.stdout).toMatch(/^status +confirmed$/m);
    expect(waited.stderr).toContain('confirmed');
    const verified = await run('audit', 'verify', '--transaction-id', transaction.id);
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringMatching(/^verified +true$/m)]);
  });

  it('gives the same answer for the same key, and shows a wallet in a table and by its id', async () => {
    const key = randomUUID();
    const tag = randomUUID().slice(0, 8);
    const args = ['wallets', 'create', '--purpose', 'user', '--tags', `{"cli":"${tag}"}`, '--idempotency-key', key];
    const [one, again] = [await run(...args), await run(...args)];
    expect([one.code, again]).toEqual([0, one]);
    const listed = await run('wallet', 'list', '--tag', `cli:${tag}`, '--all');
    const [head = '', ...rows] = listed.stdout.trim().split('\n');
    expect(head).toMatch(/^ID +ADDRESS +/);
    expect(rows).toHaveLength(1);
  });

  it('shows orders, alerts of circuits and readiness', async () => {
    expect(await run('orders', 'list', '--limit', '1')).toMatchObject({ code: 0 });
    expect(await run('breakers', 'list', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"data"'),
    });
    // What takes a second to answer is said to be degraded, and rightly so: on a busy machine that may be anything.
    const shown = await eventually(
      'a Haven that answers quickly',
      async () => {
        const asked = await run('ready');
        return /^status +degraded$/m.test(asked.stdout) ? undefined : asked;
      },
      READY_WITHIN_MS,
    );
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/^status +ready$/m) });
  });

  it('shows a list that always comes whole in a table, too', async () => {
    const { code, stdout } = await run('queues', 'list');
    const [head = '', ...rows] = stdout.trim().split('\n');
    expect([code, head]).toEqual([0, expect.stringMatching(/^NAME +QUEUE_NAME +KIND +/)]);
    expect(rows.filter((row) => row.startsWith('alarm-events-dlq '))).toHaveLength(1);
  });

  it('ends with 1 and says what is wrong when the API refuses', async () => {
    const refused = await run('wallets', 'get', 'wal_00000000000000000000000000');
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('WALLET_NOT_FOUND') });
    const bad = await run('wallets', 'create', '--purpose', 'pocket');
    expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining('purpose') });
  });

  it('ends with 64 and sends nothing when it is not understood', async () => {
    expect(await run('wallets', 'eat')).toMatchObject({ code: 64, stderr: expect.stringContaining('wallets eat') });
    expect(await run('wallets', 'create', '--purpos', 'user')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('--purpos'),
    });
    expect(await runHavenCommand(['ready'], {})).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('HAVEN_API_URL'),
    });
  });

  it('fails not, though whoever asked reads nothing of the answer', async () => {
    const env = { HAVEN_API_URL: haven.info.apiUrl, HAVEN_API_KEY: haven.info.adminApiKey };
    expect(await runHavenCommand(['queues', 'list'], env, false)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('ends with 77 without a key, and shows none in any failure', async () => {
    const nobody = await runHavenCommand(['wallets', 'list'], { HAVEN_API_URL: haven.info.apiUrl });
    expect(nobody.code).toBe(77);
    const wrong = 'hvn_canary_that_nobody_may_see';
    const env = { HAVEN_API_URL: haven.info.apiUrl, HAVEN_API_KEY: wrong };
    const refused = await runHavenCommand(['wallets', 'list'], env);
    expect([refused.code, `${refused.stdout}${refused.stderr}`.includes(wrong)]).toEqual([77, false]);
  });

  it('ends with 2 when no answer comes, and tells the key with which the request is safe to send again', async () => {
    const silent = createServer((request) => request.socket.destroy());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = z.custom<AddressInfo>((value) => typeof value === 'object').parse(silent.address());
    const env = { HAVEN_API_URL: `http://127.0.0.1:${address.port}`, HAVEN_API_KEY: 'hvn_any' };
    const unanswered = await runHavenCommand(['wallets', 'create', '--purpose', 'user'], env);
    silent.close();
    expect(unanswered).toMatchObject({ code: 2, stderr: expect.stringMatching(/--idempotency-key [0-9a-f-]{36}/) });
  });
});
