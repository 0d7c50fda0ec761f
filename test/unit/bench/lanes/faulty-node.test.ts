import { describe, expect, it, onTestFinished } from 'vitest';
import { answering, type RpcServer, rpcServer } from '#test/support/fakes/rpc-server.ts';
import { startFaultyNode } from '../../../../bench/lanes/faulty-node.ts';

const REQUESTS = 60;

async function sendAll(
  url: string,
  faultPercent: number,
  seed: number,
  begin = true,
): Promise<{ node: RpcServer; answers: boolean[] }> {
  const node = await rpcServer(answering({ eth_chainId: '0x1' }));
  const faulty = await startFaultyNode(url === '' ? node.url : url, faultPercent, seed);
  onTestFinished(() => faulty.close());
  if (begin) faulty.beginFaults();
  const answers: boolean[] = [];
  for (let count = 0; count < REQUESTS; count += 1) {
    const body = JSON.stringify([{ jsonrpc: '2.0', id: 0, method: 'eth_chainId', params: [] }]);
    answers.push(
      await fetch(faulty.url, { method: 'POST', body })
        .then((answer) => answer.ok)
        .catch(() => false),
    );
  }
  return { node, answers };
}

describe('a node that fails now and then', () => {
  it('answers everything until its faults begin', async () => {
    const { node, answers } = await sendAll('', 100, 1, false);
    expect([answers.filter(Boolean).length, node.batches.length]).toEqual([REQUESTS, REQUESTS]);
  });

  it('drops some requests before the node has them, and some after', async () => {
    const { node, answers } = await sendAll('', 50, 1);
    const answered = answers.filter(Boolean).length;
    expect(answered).toBeLessThan(node.batches.length);
    expect(node.batches.length).toBeLessThan(REQUESTS);
    expect(answered).toBeGreaterThan(0);
  });

  it('drops the same ones for the same seed', async () => {
    const [first, second, other] = await Promise.all([7, 7, 8].map((seed) => sendAll('', 50, seed)));
    expect(first?.answers).toEqual(second?.answers);
    expect(first?.answers).not.toEqual(other?.answers);
  });
});
