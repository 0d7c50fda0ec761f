import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSourceReader } from '#contracts/sources.ts';

const ERC20 = '@openzeppelin/contracts/token/ERC20/ERC20.sol';

describe('createSourceReader', () => {
  it('keeps the hash of what it read, in the order of the paths', () => {
    const sources = createSourceReader();
    const token = sources.read('contracts/HavenToken.sol');
    const erc20 = sources.read(ERC20);
    const hash = (answer: object) => {
      const contents = 'contents' in answer ? String(answer.contents) : 'nothing';
      return createHash('sha256').update(contents).digest('hex');
    };
    expect(Object.entries(sources.hashes())).toEqual([
      [ERC20, hash(erc20)],
      ['contracts/HavenToken.sol', hash(token)],
    ]);
  });

  it.each([
    'contracts/../package.json',
    '@openzeppelin/../zod/package.json',
    '/etc/hostname',
    '../package.json',
    'node_modules/zod/package.json',
    '@openzeppelin-other/contracts/token.sol',
    'file:///etc/hostname',
    'contracts/',
    '@openzeppelin/contracts/NoSuchFile.sol',
    '',
  ])('reads nothing but contracts and OpenZeppelin: %j', (path) => {
    const sources = createSourceReader();
    expect(sources.read(path)).toEqual({ error: expect.any(String) });
    expect(sources.hashes()).toEqual({});
  });
});
