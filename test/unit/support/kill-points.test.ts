import { describe, expect, it } from 'vitest';
import { awsName, rpcName } from '#test/support/crash/access-name.ts';
import {
  distinctKillPoints,
  killPoints,
  onePointByState,
  sidesKilledAt,
  standInFor,
  withAccesses,
} from '#test/support/crash/kill-points.ts';

const read = (blocksBefore: number, isBeside = false) => ({ name: 'Query', blocksBefore, isBeside });
const write = (blocksBefore: number) => ({ name: 'TransactWriteItems LANE', blocksBefore, isBeside: false });
/** Two reads at once, a write, a block, and a read. */
const RECORDING = { accesses: [read(0), read(0, true), write(0), read(1)] };

describe('the points that a worker is killed at', () => {
  it('are both sides of every access', () => {
    expect(killPoints(RECORDING)).toHaveLength(8);
    expect(sidesKilledAt(RECORDING, killPoints(RECORDING))).toBe(8);
  });

  it('are the same from outside only where neither an open request nor a block lies between them', () => {
    const same = killPoints(RECORDING).filter((point) => standInFor(RECORDING, point) !== point);
    expect(same).toEqual([{ index: 2, side: 'before' }]);
    expect(standInFor(RECORDING, { index: 2, side: 'before' })).toEqual({ index: 1, side: 'after' });
    expect(distinctKillPoints(RECORDING)).toHaveLength(7);
  });

  it('cover every side when each that is not the same as another is killed at, and one less when one is left out', () => {
    const points = distinctKillPoints(RECORDING);
    expect(sidesKilledAt(RECORDING, points)).toBe(8);
    expect(sidesKilledAt(RECORDING, points.slice(0, -1))).toBe(7);
  });

  it('are one for each state that they leave, and both sides of what is named', () => {
    expect(onePointByState(RECORDING, 1)).toHaveLength(3);
    const named = withAccesses(RECORDING, [{ index: 0, side: 'after' }], ['Query', 'nothing of this name']);
    expect(named).toEqual([
      { index: 0, side: 'after' },
      { index: 0, side: 'before' },
    ]);
  });
});

describe('the name of an access', () => {
  it('of a write says which kinds of rows are in it, and which of them say of doubts and of waiting', () => {
    const TransactItems = [
      { Put: { Item: { pk: { S: 'LANE#1#0xa' }, sk: { S: 'LANE' }, alone: { M: {} }, disputed_by: { NULL: true } } } },
      { Put: { Item: { pk: { S: 'TX#tx_1' }, sk: { S: 'TX' }, waiting_for: { S: 'lane' } } } },
      { Delete: { Key: { pk: { S: 'LANE#1#0xa' }, sk: { S: 'QUEUE#tx_1' } } } },
      { Delete: { Key: { pk: { S: 'LANE#1#0xa' }, sk: { S: 'QUEUE#tx_2' } } } },
      { Put: { Item: { pk: { S: 'tx_1' }, sk: { N: '1' } } } },
    ];
    expect(awsName('TransactWriteItems', { TransactItems })).toBe(
      'TransactWriteItems LANE(alone) TX(waiting_for) QUEUE ENTRY',
    );
    expect(awsName('Query', {})).toBe('Query');
  });

  it('of a request to the chain says which methods, and at which endpoint behind the first', () => {
    const body = '[{"method":"eth_chainId"},{"method":"eth_call"},{"method":"eth_call"}]';
    expect(rpcName(body, 0)).toBe('eth_chainId eth_call');
    expect(rpcName(body, 1)).toBe('endpoint 2: eth_chainId eth_call');
  });
});
