import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '#shared/platform/errors/catalogue.ts';
import { buildErrors } from '../../../../docs/generate/errors.ts';

const document = buildErrors();

describe('docs/errors.md', () => {
  it.each(Object.entries(errorCatalogue))('tells %s once, below its class', (code, entry) => {
    const sections = document.split(/^## /m).slice(1);
    const ofClass = sections.filter((section) => section.startsWith(`${entry.class}\n`));
    expect(ofClass).toHaveLength(1);
    const rows = (ofClass[0] ?? '').split('\n').filter((line) => line.startsWith(`| \`${code}\` `));
    expect(rows).toHaveLength(1);
    const cells = (rows[0] ?? '').split('|').map((cell) => cell.trim());
    expect(cells.slice(2, 5)).toEqual([`${entry.status}`, entry.title, entry.userMessage]);
  });
});
