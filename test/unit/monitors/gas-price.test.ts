import { describe, expect, it } from 'vitest';
import type { RaisedCondition } from '#shared/monitors/condition.ts';
import { type GasBaseline, judgeGasPrice, MIN_SAMPLES, withSample } from '#shared/monitors/gas-baseline.ts';
import { thresholdsSchema } from '#shared/monitors/thresholds.ts';
import { TEST_NOW_MS } from '#test/support/fakes/fake-clock.ts';

const MINUTE_MS = 60_000;
/** What was found, as text: key, severity, category. */
const brief = (raised: readonly RaisedCondition[]) =>
  raised.map(({ key, severity, category }) => `${key} ${severity} ${category}`);
const THRESHOLDS = thresholdsSchema.parse({});

describe('the gas price', () => {
  const GWEI = 1_000_000_000n;
  const chain = { chain_id: 1, name: 'Ethereum', max_fee_per_gas_wei: (500n * GWEI).toString() };
  const usual = (...gwei: readonly number[]): GasBaseline => ({
    samples: gwei.map((price, index) => ({
      at_ms: TEST_NOW_MS - (gwei.length - index) * MINUTE_MS,
      wei: (BigInt(price) * GWEI).toString(),
    })),
    version: 1,
  });
  const tens = usual(...Array.from({ length: MIN_SAMPLES }, () => 10));
  it.each([
    ['below the threshold is no spike', 19n * GWEI, tens, []],
    ['at the threshold is a spike', 20n * GWEI, tens, ['gas_price:1 WARNING gas_price_spike']],
    ['above what Haven offers is a grave one', 501n * GWEI, tens, ['gas_price:1 ERROR gas_price_spike']],
    ['of which too little is known is none', 100n * GWEI, usual(10, 10, 10), []],
    ['of which nothing is known is none', 100n * GWEI, undefined, []],
    [
      'that is next to nothing is none',
      900_000n,
      { samples: tens.samples.map(({ at_ms }) => ({ at_ms, wei: '7' })), version: 1 },
      [],
    ],
    [
      'is held against the median, whatever single samples say',
      20n * GWEI,
      usual(1, 1, 10, 10, 10, 10, 10, 10, 900, 900, 900),
      ['gas_price:1 WARNING gas_price_spike'],
    ],
    [
      'is not held against what is older than an hour',
      20n * GWEI,
      { samples: tens.samples.map(({ at_ms, wei }) => ({ at_ms: at_ms - 60 * MINUTE_MS, wei })), version: 1 },
      [],
    ],
  ] as const)('%s', (_name, price, before, raised) => {
    expect(brief(judgeGasPrice(chain, price, before, THRESHOLDS, TEST_NOW_MS))).toEqual(raised);
  });

  it('that lasts for more than half an hour is the new baseline', () => {
    let baseline: GasBaseline | undefined;
    const spikes = Array.from({ length: 120 }, (_, minute) => {
      const nowMs = TEST_NOW_MS + minute * MINUTE_MS;
      const price = (minute < 60 ? 10n : 30n) * GWEI;
      const isSpike = judgeGasPrice(chain, price, baseline, THRESHOLDS, nowMs).length > 0;
      baseline = withSample(baseline, price, nowMs) ?? baseline;
      return isSpike ? [minute] : [];
    }).flat();
    expect([spikes[0], spikes.at(-1)]).toEqual([60, 89]);
    expect(baseline?.samples).toHaveLength(60);
  });

  it.each([1, 2, 4, 5, 6, 7, 10, 12, 15])('is judged where it is looked at each %s minutes', (every) => {
    let baseline: GasBaseline | undefined;
    let raised = 0;
    for (let look = 0; look < 80; look += 1) {
      const nowMs = TEST_NOW_MS + look * every * MINUTE_MS;
      const price = (look < 70 ? 10n : 100n) * GWEI;
      const thresholds = { ...THRESHOLDS, monitor_interval_minutes: every };
      const found = judgeGasPrice(chain, price, baseline, thresholds, nowMs).length;
      if (look < 70) expect(found).toBe(0);
      raised += found;
      baseline = withSample(baseline, price, nowMs) ?? baseline;
    }
    expect(raised).toBeGreaterThan(0);
  });

  it('above what Haven offers is a grave matter for as long as it lasts, and where nothing is known of what is usual', () => {
    let baseline: GasBaseline | undefined;
    for (let minute = 0; minute < 150; minute += 1) {
      const nowMs = TEST_NOW_MS + minute * MINUTE_MS;
      const price = (minute < 120 ? 501n : 500n) * GWEI;
      const found = brief(judgeGasPrice(chain, price, baseline, THRESHOLDS, nowMs));
      expect(found).toEqual(minute < 120 ? ['gas_price:1 ERROR gas_price_spike'] : []);
      baseline = withSample(baseline, price, nowMs) ?? baseline;
    }
    expect(judgeGasPrice(chain, 501n * GWEI, undefined, THRESHOLDS, TEST_NOW_MS)[0]).toMatchObject({
      summary: expect.stringMatching(/usual: not known/),
      details: { baseline_wei: null },
    });
  });

  it('is sampled once by runs that are repeated', () => {
    expect(withSample(usual(10), 10n, TEST_NOW_MS - MINUTE_MS + 1_000)).toBeUndefined();
  });
});
