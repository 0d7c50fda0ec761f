import type { Stage } from './stage.ts';

/**
 * The environment of a function that knows the chains, without their price feeds: all variables of a function have 4 KB together
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), and few functions ask for prices.
 */
export function chainSettings({ chains }: Stage): Readonly<Record<string, string>> {
  return { CHAINS: JSON.stringify(chains.map(({ price_feeds: _, ...chain }) => chain)) };
}

/** The environment of a function that asks for prices. */
export function pricedChainSettings({ chains }: Stage): Readonly<Record<string, string>> {
  return { CHAINS: JSON.stringify(chains) };
}
