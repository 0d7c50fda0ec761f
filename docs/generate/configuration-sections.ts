import { readdir } from 'node:fs/promises';
import * as z from 'zod';
import { stageSchema } from '#lib/stage.ts';
import { chainSchema } from '#shared/platform/chain/chain-config.ts';
import { chainlinkFeedSchema, fixedFeedSchema } from '#shared/platform/chain/price-feed-config.ts';
import type { ConfigurationSection } from './configuration.ts';

const FUNCTIONS = new URL('../../functions/', import.meta.url);

/** What a function's config.ts exports. */
const configModuleSchema = z.object({ configSchema: z.instanceof(z.ZodObject) });

/** Settings that don't belong to one function; the tables of functions follow them. */
const SHARED_SECTIONS: readonly ConfigurationSection[] = [
  {
    title: 'Stage',
    introduction: 'Each file of `lib/stages` describes a stage; the deployment makes everything else from it.',
    nameColumn: 'Setting',
    schema: stageSchema,
  },
  {
    title: 'Chains',
    introduction: "Each entry of a stage's `chains`, and of the JSON list in the variable `CHAINS`.",
    nameColumn: 'Field',
    schema: chainSchema,
  },
  {
    title: 'Price feeds on chain',
    introduction:
      "An entry of a chain's `price_feeds` whose `kind` is `chainlink`. It needs a `reference`, or `min_price` and `max_price`; [prices.md](prices.md) says why.",
    nameColumn: 'Field',
    schema: chainlinkFeedSchema,
  },
  {
    title: 'Fixed prices',
    introduction: "An entry of a chain's `price_feeds` whose `kind` is `fixed`.",
    nameColumn: 'Field',
    schema: fixedFeedSchema,
  },
];

/** Every section of docs/configuration.md: the shared ones, then one for each function that has a config.ts. */
export async function configurationSections(): Promise<readonly ConfigurationSection[]> {
  return [...SHARED_SECTIONS, ...(await functionSections())];
}

async function functionSections(): Promise<ConfigurationSection[]> {
  const files = await readdir(FUNCTIONS, { recursive: true });
  const names = files.flatMap((file) => /^([\w-]+)[\\/]config\.ts$/.exec(file)?.[1] ?? []).sort();
  return Promise.all(
    names.map(async (name) => {
      const module: unknown = await import(new URL(`${name}/config.ts`, FUNCTIONS).href);
      const { configSchema } = configModuleSchema.parse(module);
      return {
        title: name,
        introduction: `Environment of the function \`${name}\`.`,
        nameColumn: 'Variable',
        schema: configSchema,
      };
    }),
  );
}
