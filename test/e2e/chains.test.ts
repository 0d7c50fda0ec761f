import { beforeAll, describe, expect, it } from 'vitest';
import { setFeedAnswer, setFeedRound } from '#contracts/deploy-feed.ts';
import { FEED_ADDRESS, FEED_BEGINNING, FEED_DEPLOYER } from '#local/price-feed.ts';
import { eventually, type LocalHaven, localHaven } from '#test/support/local-haven.ts';

const CIRCUIT = 'price:31337:eth-usd';
/** Longer than the local feed's heartbeat of 30 days. */
const STALE_SECONDS = 31 * 24 * 60 * 60;
/** How long a process may go on by what it knew of a circuit, and the store needs besides. */
const KNOWN_MS = 20_000;

let haven: LocalHaven;
let sender: { readonly rpcUrl: string; readonly privateKey: string };
beforeAll(() => {
  haven = localHaven();
  sender = { rpcUrl: haven.info.rpcUrl, privateKey: FEED_DEPLOYER.privateKey };
});

async function look() {
  const { data } = await haven.client.listChains({});
  const [chain] = data;
  const feed = chain?.price_feeds.find(({ asset }) => asset === 'ETH');
  if (chain === undefined || feed === undefined) throw new Error('the local chain has no price of ETH');
  return { chain, feed };
}

async function resetCircuit(): Promise<void> {
  const params = { name: CIRCUIT };
  await haven.client.resetCircuitBreaker({ params, body: { reason: 'a test is over' } });
}

describe('GET /admin/chains on the deployed stack', () => {
  it('shows the local chain with its head, its endpoint by name, and its prices', async () => {
    const { chain, feed } = await look();
    expect(chain).toMatchObject({
      chain_id: haven.info.chainId,
      native_asset: 'ETH',
      head_error: null,
      endpoints: [{ name: 'endpoint-1', circuit: { name: 'rpc:31337:endpoint-1' } }],
    });
    expect(chain.head?.number).toBeGreaterThan(0);
    expect(chain.head?.age_seconds).toBeLessThan(60);
    expect(JSON.stringify(chain)).not.toContain(new URL(haven.info.rpcUrl).port);
    expect(feed).toMatchObject({ address: FEED_ADDRESS, usable: true, reason: null, price: '2500' });
    expect(chain.price_feeds[1]).toMatchObject({ asset: 'HAVEN', source: 'fixed', usable: true, price: '1' });
  });

  it('refuses a stale price and says why, opens its circuit for all, and takes a fresh one after a reset', async () => {
    const stale = BigInt(Math.floor(Date.now() / 1_000) - STALE_SECONDS);
    try {
      await setFeedRound(sender, FEED_ADDRESS, {
        ...{ roundId: 5n, answeredInRound: 5n, answer: FEED_BEGINNING.answer },
        ...{ startedAt: stale, updatedAt: stale },
      });
      const refused = await eventually(
        'a stale price',
        async () => {
          const { feed } = await look();
          // Others who asked for the price of this chain may have opened its circuit already.
          if (feed.reason === 'circuit_open') await resetCircuit();
          return feed.reason === 'stale' ? feed : undefined;
        },
        KNOWN_MS,
      );
      expect(refused).toMatchObject({
        usable: false,
        price: '2500',
        updated_at: new Date(Number(stale) * 1_000).toISOString(),
      });
      const open = await eventually(
        'the open circuit',
        async () => {
          // As often as it takes: a process of which an answer was good before counts its first failure from one again.
          expect((await look()).feed.usable).toBe(false);
          const circuit = await haven.client.getCircuitBreaker({ params: { name: CIRCUIT } });
          return circuit.status === 'open' ? circuit : undefined;
        },
        KNOWN_MS,
      );
      expect(open.cause).toContain('PRICE_UNAVAILABLE');
      // The next look may be another process's, which has not heard of it yet.
      const unasked = await eventually(
        'a feed that is not asked',
        async () => {
          const { feed } = await look();
          return feed.reason === 'circuit_open' ? feed : undefined;
        },
        KNOWN_MS,
      );
      expect(unasked).toMatchObject({ usable: false, price: null, circuit: { name: CIRCUIT, status: 'open' } });
    } finally {
      await setFeedAnswer(sender, FEED_ADDRESS, FEED_BEGINNING.answer);
      await resetCircuit();
    }
    const fresh = await eventually(
      'a usable price',
      async () => {
        const { feed } = await look();
        return feed.usable ? feed : undefined;
      },
      KNOWN_MS,
    );
    expect(fresh).toMatchObject({ price: '2500', reason: null, circuit: { status: 'closed' } });
  });
});
