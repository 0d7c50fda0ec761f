import { describe, expect, it } from 'vitest';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';
import { Deadline } from '#shared/platform/deadline.ts';
import { HavenError } from '#shared/platform/errors/haven-error.ts';
import {
  MINTER_ROLE,
  NoHavenToken,
  readTokenBalance,
  readTokenFacts,
  tokenInterface,
} from '#shared/token/token-contract.ts';
import { caughtLater } from '#test/support/fakes/caught.ts';
import { createFakeClock } from '#test/support/fakes/fake-clock.ts';
import * as fake from '#test/support/fakes/fake-token.ts';
import { TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';

const DEADLINE = Deadline.in(1_000, createFakeClock().now);
const facts = (answers: fake.TokenAnswers, minter = TEST_WALLET.address) =>
  readTokenFacts(fake.createTokenClient(answers).client, fake.TOKEN_ADDRESS, minter, DEADLINE);
const refused =
  (message: string, code = -32_000, data?: unknown) =>
  () =>
    new RpcResponseError(message, code, data);

describe('the interface', () => {
  it.each([
    ['mint', '0x40c10f19'],
    ['transfer', '0xa9059cbb'],
    ['balanceOf', '0x70a08231'],
    ['hasRole', '0x91d14854'],
  ])('has %s under the selector that contracts know: %s', (name, selector) => {
    expect(tokenInterface.getFunction(name)?.selector).toBe(selector);
  });

  it('names the role of minters as the contract does', () => {
    expect(MINTER_ROLE).toBe(fake.MINTER_ROLE);
  });
});

describe('what a token says about itself', () => {
  it('is read at one block, in two requests', async () => {
    const { client, asked } = fake.createTokenClient();
    expect(await readTokenFacts(client, fake.TOKEN_ADDRESS, TEST_WALLET.address, DEADLINE)).toEqual({
      name: 'Haven',
      symbol: 'HAVEN',
      decimals: 18,
      totalSupply: 5n * 10n ** 18n,
      paused: false,
      minterMayMint: true,
      blockNumber: 42,
    });
    expect(asked).toHaveLength(2);
    expect(asked[1]?.every(({ params: [, block] }) => block === '0x2a')).toBe(true);
  });

  it('has large numbers whole', async () => {
    const supply = 2n ** 256n - 1n;
    expect((await facts({ ...fake.WORKING_TOKEN, totalSupply: () => supply })).totalSupply).toBe(supply);
  });

  it('has whether that very wallet may mint', async () => {
    expect((await facts(fake.WORKING_TOKEN, TEST_RECIPIENT)).minterMayMint).toBe(false);
  });
});

describe('a contract that is no HavenToken', () => {
  it.each([
    ['does not have a method', { ...fake.WORKING_TOKEN, paused: () => undefined }, 'paused'],
    ['reverts', { ...fake.WORKING_TOKEN, hasRole: refused('execution reverted', 3, '0x') }, 'hasRole'],
    ['answers with something else', { ...fake.WORKING_TOKEN, decimals: () => '0x1234' }, 'decimals'],
    ['is not there', {}, 'name'],
  ])('is NoHavenToken, saying what it does instead, when it %s', async (_name, answers, method) => {
    const error = await caughtLater(NoHavenToken, () => facts(answers));
    expect([error.code, error.instead.includes(method)]).toEqual(['CONTRACT_REVERT', true]);
  });
});

describe('a node that refuses', () => {
  it.each([
    ['too many requests', 429, 'Your app has exceeded its compute units per second capacity.'],
    ['it lags behind the one that named the block', -32_000, 'header not found'],
    ['a fault of its own', -32_603, 'Internal error'],
  ])('is RPC_CONNECTION, for the contract has not been asked: %s', async (_name, code, message) => {
    const error = await caughtLater(HavenError, () => facts({ ...fake.WORKING_TOKEN, name: refused(message, code) }));
    expect(error.code).toBe('RPC_CONNECTION');
  });
});

describe('a balance', () => {
  it('is read with its block', async () => {
    const { client } = fake.createTokenClient();
    expect(await readTokenBalance(client, fake.TOKEN_ADDRESS, TEST_WALLET.address, DEADLINE)).toEqual({
      balance: 7n,
      blockNumber: 42,
    });
  });

  it('is none where there is no token', async () => {
    const { client } = fake.createTokenClient();
    await expect(readTokenBalance(client, TEST_RECIPIENT, TEST_WALLET.address, DEADLINE)).rejects.toThrow(NoHavenToken);
  });
});
