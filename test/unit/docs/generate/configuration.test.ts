import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { chainSchema } from '#shared/platform/chain/chain-config.ts';
import { jsonSetting } from '#shared/platform/config/json-setting.ts';
import { buildConfiguration } from '../../../../docs/generate/configuration.ts';
import { configurationSections } from '../../../../docs/generate/configuration-sections.ts';

/** The cells of the rows of a document's only table. */
function rowsOf(schema: z.ZodObject): string[][] {
  return buildConfiguration([{ title: 'T', introduction: 'I', nameColumn: 'N', schema }])
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('a setting', () => {
  it.each([
    ['a text', z.string().min(1).describe('What.'), 'What.', 'required', 'text, not empty'],
    ['a bounded text', z.string().min(2).max(5), '', 'required', 'text, 2 to 5 characters'],
    ['a pattern with a bar', z.string().regex(/^(a|b)$/), '', 'required', 'text, matching `^(a\\|b)$`'],
    ['a number with a default', z.coerce.number().int().min(1).max(9).default(3), '', '`3`', 'whole number, 1 to 9'],
    ['a number without bounds', z.number().int(), '', 'required', 'whole number'],
    ['a positive number', z.number().int().positive(), '', 'required', 'whole number, more than 0'],
    ['a choice', z.enum(['on', 'off']).default('off'), '', '`off`', '`on`, `off`'],
    ['one that may be absent', z.string().optional(), '', 'none', 'text'],
    ['a URL', z.url(), '', 'required', 'URL'],
    ['JSON', jsonSetting(z.array(z.string())).describe('As JSON.'), 'As JSON.', 'required', 'text'],
    ['a list', z.array(z.string()).min(1), '', 'required', 'list, at least 1 long'],
    ['a switch', z.enum(['true', 'false']).default('false').transform(Boolean), '', '`false`', '`true`, `false`'],
  ])('%s is told with meaning, default and format', (_, field, meaning, fallback, format) => {
    expect(rowsOf(z.object({ FIELD: field }))).toEqual([['`FIELD`', meaning, fallback, format]]);
  });

  it('inside of another has a row of its own', () => {
    const schema = z.object({ outer: z.object({ inner: z.boolean().describe('Whether.') }).describe('Both.') });
    expect(rowsOf(schema)).toEqual([
      ['`outer`', 'Both.', 'required', 'object'],
      ['`outer.inner`', 'Whether.', 'required', 'true or false'],
    ]);
  });
});

describe('docs/configuration.md', () => {
  it('has a section for every function that has settings', async () => {
    const directory = new URL('../../../../functions/', import.meta.url);
    const functions = readdirSync(directory).filter((name) => existsSync(new URL(`${name}/config.ts`, directory)));
    expect(functions).toContain('lane-worker');
    const titles = (await configurationSections()).map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(functions));
  });

  it('has a row for every setting, and says what each is for', async () => {
    const sections = await configurationSections();
    const document = buildConfiguration(sections);
    for (const { title, schema } of sections) {
      const section = document.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
      for (const name of Object.keys(schema.shape))
        expect(section).toMatch(new RegExp(`^\\| \`${name}\` +\\| \\S`, 'm'));
    }
  });

  it('tells the fields of a chain, which a variable holds as JSON', async () => {
    const schemas = (await configurationSections()).map(({ schema }) => schema);
    expect(schemas).toContain(chainSchema);
  });
});
