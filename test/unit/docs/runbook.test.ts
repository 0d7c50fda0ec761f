import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FUNCTION_NAMES } from '#lib/bundle.ts';
import { ROOT } from '#local/instance.ts';
import { alertCategorySchema } from '#shared/alerts/alert.ts';
import { runbookLink } from '#shared/alerts/delivery/alert-facts.ts';
import { PRIVILEGES } from '#test/infra/support/privilege-table.ts';
import { testAlert } from '#test/support/fakes/alert-bench.ts';

const openApiSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

const runbook = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8');
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n')[0], section] as const),
);

describe('the runbook', () => {
  it.each(alertCategorySchema.options)(
    'says of alerts of %s what they mean, where to look, what to do and whom to call',
    (category) => {
      const parts = sections.get(category)?.match(/^\*\*(Meaning|First look|Fix|Escalation)\.\*\* \S/gm) ?? [];
      expect(parts.map((part) => part.replace(/^\*\*|\.\*\*.*$/g, ''))).toEqual([
        'Meaning',
        'First look',
        'Fix',
        'Escalation',
      ]);
    },
  );

  it('has no section of a category that there is not', () => {
    const others = [...sections.keys()].filter(
      (title) => !alertCategorySchema.options.some((category) => category === title),
    );
    expect(others).toEqual([
      'Webhooks that were given up',
      'Disabled webhook endpoints',
      'Rollback',
      'Restore',
      'Kill switch',
    ]);
  });

  it('names routes only that there are', () => {
    const { paths } = openApiSchema.parse(JSON.parse(readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8')));
    const known = new Set(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '<>')}`),
      ),
    );
    const named = [...runbook.matchAll(/`(GET|POST|PUT|DELETE|PATCH) (\/[^`?]*)(?:\?[^`]*)?`/g)].map(
      ([, method = '', path = '']) => `${method} ${path.replace(/<[^>]*>/g, '<>')}`,
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((route) => !known.has(route))).toEqual([]);
  });
});

it.each(alertCategorySchema.options)(
  'an alert about %s links to a section of the runbook that is there',
  (category) => {
    const link = runbookLink({ alert: testAlert({ category }), runbookUrl: 'https://docs.example/runbook.md' });
    const section = link.replace('https://docs.example/runbook.md#', '');
    expect(runbook.split('\n')).toContain(`## ${section}`);
  },
);

describe('the kill switch', () => {
  // Who may decrypt the key of a wallet can sign with it or give it out; who signs with wallets' own KMS keys may also decrypt.
  const usesKeys = FUNCTION_NAMES.filter((name) => PRIVILEGES[name]['wallet key']?.includes('kms:Decrypt'));
  const loop = /^for f in ([a-z -]+); do\n(.+)\ndone$/m;

  it.each(['docs/runbook.md', 'docs/operations.md'])(
    'of %s stops in one block every function that may use the keys of wallets, and no other',
    (path) => {
      const page = readFileSync(join(ROOT, path), 'utf8');
      const section = page.split(/^## /m).find((text) => text.startsWith('Kill switch\n')) ?? '';
      const [, names = '', command] = loop.exec(section) ?? [];
      expect(names.split(' ').toSorted()).toEqual(usesKeys);
      expect(command).toBe(
        '  aws lambda put-function-concurrency --function-name "haven-<stage>-$f" --reserved-concurrent-executions 0',
      );
    },
  );
});
