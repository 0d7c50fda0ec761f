import { describe, expect, it } from 'vitest';
import { parseVerifyArguments } from '#local/audit-verify/arguments.ts';
import { createProgress } from '#local/audit-verify/progress.ts';
import { readAnchors } from '#local/audit-verify/read-anchors.ts';
import { LocalFailure } from '#local/failure.ts';
import { digestKey } from '#shared/audit/anchors/digest.ts';
import { createTestAnchorKey } from '#test/support/fakes/anchor-bucket.ts';
import { createAnchorDesk, DAY_MS } from '#test/support/fakes/anchor-desk.ts';
import { caught } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';

describe('the arguments of npm run audit:verify', () => {
  it('are the local stage and no files, unless said otherwise', () => {
    const none = { stage: 'local', publicKeyFile: undefined, reportFile: undefined, restart: false };
    expect(parseVerifyArguments([])).toEqual(none);
    const all = ['--stage', 'production', '--public-key', 'a.pem', '--report', 'r.json', '--restart'];
    expect(parseVerifyArguments(all)).toEqual({
      stage: 'production',
      publicKeyFile: 'a.pem',
      reportFile: 'r.json',
      restart: true,
    });
  });

  it.each([[['--stag', 'local']], [['--stage', '../x']], [['local']]])(
    'are refused when they make no sense: %j',
    (args) => {
      expect(caught(LocalFailure, () => parseVerifyArguments(args)).fix).toContain('npm run audit:verify');
    },
  );
});

it('progress is shown each second and at the end, with the rate of this run alone', () => {
  const clock = createFakeClock();
  const lines: string[] = [];
  const progress = createProgress(100, 20, clock.now, (line) => lines.push(line));
  clock.advance(500);
  progress(30);
  clock.advance(500);
  progress(40);
  progress(41);
  clock.advance(100);
  progress(100);
  expect(lines).toEqual([
    '  40 of 100 streams (40 %), 20 a second, 3 s left',
    '  100 of 100 streams (100 %), 73 a second, 0 s left',
  ]);
});

describe('reading all anchors', () => {
  async function twoDays() {
    const desk = createAnchorDesk();
    for (let day = 0; day < 2; day += 1) {
      await desk.append('wal_1');
      await desk.append(`tx_${day}`);
      desk.clock.advance(DAY_MS);
      await desk.anchor();
    }
    const versions = new Map([...desk.bucket.objects.keys()].map((key) => [key, 1]));
    const read = (publicKey = desk.key.publicKey) => readAnchors(desk.bucket, versions, 'test', publicKey);
    return { desk, versions, read };
  }

  it('gives every head of every stream', async () => {
    const { desk, read } = await twoDays();
    const { count, broken, heads } = await read();
    expect([count, broken]).toEqual([2, null]);
    expect([...heads.keys()].sort()).toEqual(['tx_0', 'tx_1', 'wal_1']);
    expect(heads.get('wal_1')?.map(({ seq, anchor }) => [seq, anchor])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(heads.get('wal_1')?.at(-1)?.hash).toBe(desk.headOf('wal_1').audit_hash);
  });

  it('names one that is there twice, a part too, and believes nothing after it', async () => {
    const { versions, read } = await twoDays();
    versions.set(digestKey(2), 2);
    expect(await read()).toMatchObject({ count: 1, broken: { number: 2, reason: 'replaced' } });
    const part = [...versions.keys()].find((key) => key.startsWith('parts/')) ?? '';
    versions.set(part, 2);
    expect((await read()).broken).toMatchObject({ reason: 'replaced' });
  });

  it('names one that is gone, and one that another key signed', async () => {
    const { desk, read } = await twoDays();
    expect((await read(createTestAnchorKey().publicKey)).broken).toEqual({ number: 1, reason: 'unsigned' });
    desk.bucket.objects.delete(digestKey(1));
    expect((await read()).broken).toEqual({ number: 1, reason: 'missing' });
  });
});
