import type { Bench } from './bench.ts';

/** A bench that can be asked for by name. */
interface BenchEntry {
  /** What it measures, in one line. */
  readonly about: string;
  /** Loads it: only then is what it needs loaded too. */
  readonly load: () => Promise<Bench>;
}

/** Every bench there is. */
export const BENCHES: Readonly<Record<string, BenchEntry>> = {
  lanes: {
    about:
      'one wallet sending 1, 10 and 100 transfers at once, beside ethers and viem; AWS calls, units and cost; bundles',
    load: async () => (await import('./lanes/lanes-bench.ts')).lanesBench,
  },
  export: {
    about: 'the export of a key: each step, sealing to each kind of key, AWS calls',
    load: async () => (await import('./export/export-bench.ts')).exportBench,
  },
  scale: {
    about: 'one wallet beside twenty, a batch of ten beside ten singles, and the cost of recovery after 100 kills',
    load: async () => (await import('./scale/scale-bench.ts')).scaleBench,
  },
  audit: {
    about: 'verifying an audit stream of 1,000 entries and more, and finding what to anchor among 2,000 streams',
    load: async () => (await import('./audit/audit-bench.ts')).auditBench,
  },
  keys: {
    about: '10,000 keys imported by a command that is killed three times, then all proven: rate, memory, KMS calls',
    load: async () => (await import('./keys/keys-bench.ts')).keysBench,
  },
  catalog: {
    about: 'the stock of a product among 10,000: p50, p95, p99, AWS calls',
    load: async () => (await import('./catalog/catalog-bench.ts')).catalogBench,
  },
  checkout: {
    about:
      'checkouts of one SKU by 1, 10 and 50 buyers at once, with 1 and 8 shards: p50, p95, p99; what guards add; what an order calls and costs',
    load: async () => (await import('./checkout/checkout-bench.ts')).checkoutBench,
  },
  payments: {
    about:
      'the payment scanner: blocks per second caught up, from block to order state, calls and units, cost per 1,000',
    load: async () => (await import('./payments/payments-bench.ts')).paymentsBench,
  },
  sweeps: {
    about: 'gas of bringing what orders were paid with to the treasury: coin and tokens, in one part and in five',
    load: async () => (await import('./sweeps/sweeps-bench.ts')).sweepsBench,
  },
  webhooks: {
    about:
      'webhooks to integrators: from the event to its delivery, deliveries a second, beside an endpoint that hangs; calls and cost',
    load: async () => (await import('./webhooks/webhooks-bench.ts')).webhooksBench,
  },
  alerts: {
    about: 'alerts: from event to delivery, deliveries a second, calls and cost of 1,000',
    load: async () => (await import('./alerts/alerts-bench.ts')).alertsBench,
  },
  monitors: {
    about:
      'from something going wrong to its being told by mail, in Slack and by signed webhook, by the monitor on its schedule',
    load: async () => (await import('./monitors/monitors-bench.ts')).monitorsBench,
  },
  custody: {
    about:
      'creating a wallet, with and without the pool, and signing in each tier of custody; KMS calls and their price',
    load: async () => (await import('./custody/custody-bench.ts')).custodyBench,
  },
};

/** How to ask for benches, and which there are: what a person needs who asked for none or a wrong one. */
export function benchUsage(): string {
  const rows = Object.entries(BENCHES).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`);
  return ['Usage: npm run bench -- <name>... [--rounds N] [--markdown]', '', ...rows].join('\n');
}
