import { AbiCoder } from 'ethers/abi';
import { describe, expect, it } from 'vitest';
import { revertReason } from '#shared/platform/chain/revert-reason.ts';
import { RpcResponseError } from '#shared/platform/chain/rpc-errors.ts';

const coder = AbiCoder.defaultAbiCoder();
const errorString = (text: string) => `0x08c379a0${coder.encode(['string'], [text]).slice(2)}`;
const panic = (code: number) => `0x4e487b71${coder.encode(['uint256'], [code]).slice(2)}`;

const reasonOf = (data: unknown, message = 'execution reverted') =>
  revertReason(new RpcResponseError(message, 3, data));

describe('revertReason', () => {
  it.each([
    [
      "the contract's own text",
      errorString('ERC20: transfer amount exceeds balance'),
      'execution reverted: ERC20: transfer amount exceeds balance',
    ],
    ['an empty text', errorString(''), 'execution reverted: '],
    ['a panic by its code', panic(0x11), 'execution reverted: panic code 17'],
    ['a custom error by its selector', '0xe450d38c0000', 'execution reverted: error 0xe450d38c'],
    ['a custom error without arguments', '0xe450d38c', 'execution reverted: error 0xe450d38c'],
    ['a selector in upper case', '0xE450D38C', 'execution reverted: error 0xe450d38c'],
    ['data inside an object, as some nodes send it', { data: errorString('paused') }, 'execution reverted: paused'],
    ['data inside two objects', { code: 3, data: { data: panic(1) } }, 'execution reverted: panic code 1'],
    ['no data: the words of the node', undefined, 'execution reverted'],
    ['null', null, 'execution reverted'],
    ['empty data', '0x', 'execution reverted'],
    ['data that is no hex', 'Reverted 0x08c379a0', 'execution reverted'],
    ['data that is a number', 7, 'execution reverted'],
    ['an object without data', { txHash: '0x1' }, 'execution reverted'],
    ['a well-known selector with nothing behind it', '0x08c379a0', 'execution reverted: error 0x08c379a0'],
    [
      'a well-known selector with garbage behind it',
      `0x08c379a0${'f'.repeat(64)}`,
      'execution reverted: error 0x08c379a0',
    ],
    ['a well-known selector with half a byte behind it', '0x08c379a0f', 'execution reverted: error 0x08c379a0'],
    ['a panic that is cut', '0x4e487b7100', 'execution reverted: error 0x4e487b71'],
  ])('says %s', (_name, data, reason) => {
    expect(reasonOf(data)).toBe(reason);
  });

  it("keeps the node's words when there is nothing better", () => {
    expect(reasonOf(undefined, 'gas required exceeds allowance (0)')).toBe('gas required exceeds allowance (0)');
  });

  it('is at most 200 characters, however long the contract or the node speaks', () => {
    expect(reasonOf(errorString('x'.repeat(10_000)))).toHaveLength(200);
    expect(reasonOf(undefined, 'x'.repeat(10_000))).toHaveLength(200);
  });

  it.each([
    ['line feeds', 'a\nb\r\nc', 'a?b??c'],
    ['escape sequences of a terminal', '\u001b[31mred', '?[31mred'],
    ['letters beyond ASCII', 'é\u202egpj', '??gpj'],
    ['NUL', 'a\0b', 'a?b'],
  ])('shows a contract that says %s in plain characters', (_name, said, shown) => {
    expect(reasonOf(errorString(said))).toBe(`execution reverted: ${shown}`);
    expect(reasonOf(undefined, said)).toBe(shown);
  });

  it('does not break on data that is nested without end', () => {
    let nested: unknown = errorString('deep');
    for (let depth = 0; depth < 50_000; depth += 1) nested = { data: nested };
    expect(reasonOf(nested)).toMatch(/^execution reverted/);
  });
});
