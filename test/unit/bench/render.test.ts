import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../bench/machine.ts';
import { renderMarkdown, renderText } from '../../../bench/render.ts';

const machine: Machine = {
  at: '2026-01-02T03:04:05.000Z',
  node: '24.0.0',
  platform: 'linux-x64',
  cpu: 'A CPU',
  cores: 2,
  memoryGiB: 8,
  loadAverage: [0.1, 0.2, 0.3],
};
const table = { title: 'Times', text: 'In ms.', columns: ['Who', 'p95'], rows: [['a|b', '1']] };

describe('a report', () => {
  it('says when and on what it was measured, and never what the machine is called', () => {
    const text = renderMarkdown(machine, []);
    expect(text).toBe(
      '## Measured on 2026-01-02\n\nNode 24.0.0 on linux-x64, 2 cores of A CPU, 8 GiB; load average at the start 0.1, 0.2, 0.3.',
    );
  });

  it('has each table below its title and what it means', () => {
    expect(renderMarkdown(machine, [table])).toContain(
      '### Times\n\nIn ms.\n\n| Who  | p95 |\n| ---- | --- |\n| a\\|b | 1   |',
    );
    expect(renderText(machine, [table])).toContain('■ Times\nIn ms.\n\n| Who  | p95 |');
  });
});
