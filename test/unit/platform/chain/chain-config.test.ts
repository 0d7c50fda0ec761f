import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type ChainConfig, ChainRegistry, chainSchema, chainsSetting } from '#shared/platform/chain/chain-config.ts';
import { loadConfig } from '#shared/platform/config/load-config.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import { caught } from '#test/support/fakes/caught.ts';

const LOCAL = {
  chain_id: 31_337,
  name: 'Local',
  native_asset: 'ETH',
  block_time_ms: 1_000,
  required_confirmations: 2,
  in_flight_cap: 16,
  max_gas_per_transaction: 16_777_216,
  fee_model: 'eip1559' as const,
  rpc_max_head_lag_blocks: 5,
  rpc_broadcast_endpoints: 2,
  max_fee_per_gas_wei: '100000000000',
};

const load = (chains: unknown) =>
  loadConfig(z.object(chainsSetting), { CHAINS: typeof chains === 'string' ? chains : JSON.stringify(chains) });

describe('the configuration of a chain', () => {
  it('is read from JSON', () => {
    expect(load([LOCAL])).toEqual({ CHAINS: [LOCAL] });
  });

  it('lets 16 transactions of a wallet be in flight unless told otherwise', () => {
    const { in_flight_cap: _, ...rest } = LOCAL;
    expect(chainSchema.parse(rest).in_flight_cap).toBe(16);
  });

  it.each([
    ['chain_id', 0],
    ['chain_id', '31337'],
    ['chain_id', 1.5],
    ['name', ''],
    ['native_asset', 'TWELVE-CHARS'],
    ['block_time_ms', 99],
    ['block_time_ms', 600_001],
    ['required_confirmations', 0],
    ['required_confirmations', 1_001],
    ['in_flight_cap', 0],
    ['in_flight_cap', 65],
    ['max_fee_per_gas_wei', 100],
    ['max_fee_per_gas_wei', '0'],
    ['max_fee_per_gas_wei', '-1'],
    ['max_fee_per_gas_wei', '1e9'],
    ['max_fee_per_gas_wei', '0x1'],
    ['max_fee_per_gas_wei', '1'.repeat(29)],
  ])('stops the function when %s is %j, and names it', (name, value) => {
    const error = caught(HavenError, () => load([LOCAL, { ...LOCAL, chain_id: 1, [name]: value }]));
    expect(error.code).toBe('CONFIGURATION');
    expect(error.message).toContain(`CHAINS.1.${name}`);
  });

  it.each([
    ['a setting that does not exist', [{ ...LOCAL, rpc_url: 'https://a.example' }]],
    ['no chain', []],
    ['what is no list', LOCAL],
    ['what is no JSON', '[{]'],
    ['the same chain twice: only one of the two could count', [LOCAL, { ...LOCAL, name: 'Other' }]],
  ])('stops the function with %s', (_name, chains) => {
    expect(caught(HavenError, () => load(chains)).message).toContain('CHAINS');
  });
});

describe('ChainRegistry', () => {
  const other: ChainConfig = { ...LOCAL, chain_id: 1, name: 'Other' };
  const registry = new ChainRegistry([LOCAL, other]);

  it('finds chains by id', () => {
    expect(registry.get(31_337)).toEqual(LOCAL);
    expect(registry.get(1)).toEqual(other);
    expect(registry.all()).toEqual([LOCAL, other]);
  });

  it('says which chains there are when one is not', () => {
    expect(caught(HavenError, () => registry.get(5, 'body.chain_id'))).toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { fields: [{ field: 'body.chain_id', message: 'is not configured' }], known_chain_ids: [31_337, 1] },
    });
  });

  it('blames the configuration when no client named the chain', () => {
    expect(caught(HavenError, () => registry.get(5)).code).toBe('CONFIGURATION');
  });
});
