import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createLog, type LogSink } from '#shared/platform/log/logger.ts';
import { TEST_PRIVATE_KEY } from '#test/support/fakes/key-encodings.ts';

interface Line {
  readonly level: string;
  readonly text: string;
  readonly fields: Record<string, unknown>;
}

function listening(): { readonly sink: LogSink; readonly lines: Line[] } {
  const lines: Line[] = [];
  return { lines, sink: (level, text, fields) => lines.push({ level, text, fields }) };
}

describe('createLog', () => {
  it("writes a message's constant text at its level with its code", () => {
    const { sink, lines } = listening();
    createLog(sink).write('LANE_HELD', { lane: '1#0xabc' });
    expect(lines).toEqual([
      {
        level: 'warn',
        text: 'Lane waits',
        fields: { lane: '1#0xabc', log_code: 'HVN-LANE-009', log_name: 'LANE_HELD' },
      },
    ]);
  });

  it('never lets a field take the place of the code', () => {
    const { sink, lines } = listening();
    createLog(sink).write('LANE_HELD', { log_code: 'forged' });
    expect(lines[0]?.fields['log_code']).toBe('HVN-LANE-009');
  });

  it("carries the fields of `with` on every line of the new log and on none of the old log's", () => {
    const { sink, lines } = listening();
    const log = createLog(sink, { stage: 'local' });
    const child = log.with({ request_id: 'r1' });
    child.write('REQUEST_COMPLETED', { status: 200 });
    log.write('REQUEST_COMPLETED');
    expect(lines.map(({ fields }) => fields)).toEqual([
      { stage: 'local', request_id: 'r1', status: 200, log_code: 'HVN-HTTP-001', log_name: 'REQUEST_COMPLETED' },
      { stage: 'local', log_code: 'HVN-HTTP-001', log_name: 'REQUEST_COMPLETED' },
    ]);
  });

  it("lets a line's own field win over a carried one", () => {
    const { sink, lines } = listening();
    createLog(sink).with({ lane: 'a' }).write('LANE_RUN', { lane: 'b' });
    expect(lines[0]?.fields['lane']).toBe('b');
  });

  it('redacts carried fields and fields of the line alike', () => {
    const { sink, lines } = listening();
    createLog(sink)
      .with({ carried: TEST_PRIVATE_KEY })
      .write('LANE_RUN', { own: { nested: [TEST_PRIVATE_KEY] } });
    expect(lines[0]?.fields).toEqual({
      carried: '[redacted]',
      own: { nested: ['[redacted]'] },
      log_code: 'HVN-LANE-003',
      log_name: 'LANE_RUN',
    });
  });
});

describe('createLambdaLog', () => {
  const script = `
    const { createLambdaLog } = await import('#shared/platform/log/logger.ts');
    createLambdaLog('lane-worker').with({ lane: 'l1' })
      .write('LANE_FAILED', { error: new Error('key ${TEST_PRIVATE_KEY}'), secret: 'hush' });`;

  it('writes one redacted JSON line that names the function and the code', () => {
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
    const output = `${child.stdout}${child.stderr}`;
    const lines = output.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'ERROR',
      message: 'Lane run failed, the message will return',
      service: 'lane-worker',
      log_code: 'HVN-LANE-004',
      log_name: 'LANE_FAILED',
      lane: 'l1',
      secret: '[redacted]',
      error: { name: 'Error', message: 'key [redacted]' },
    });
    expect(output).not.toContain(TEST_PRIVATE_KEY.slice(0, 12));
    expect(output).not.toContain('hush');
  });
});
