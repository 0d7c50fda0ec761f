import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#shared/platform/breaker/breaker-config.ts';
import {
  type BreakerEvent,
  type BreakerState,
  INITIAL_STATE,
  MAX_HISTORY,
  retryAfterMs,
  standingOf,
  step,
} from '#shared/platform/breaker/breaker-state.ts';

const NOW = 1_000_000;
const probe = (id: string, leftMs: number) => ({ id, until_ms: NOW + leftMs });

/** Every kind of state that the rules tell apart. */
const STATES = {
  'closed, no failure': { ...INITIAL_STATE, generation: 4 },
  'closed, four failures': { ...INITIAL_STATE, generation: 4, failures: 4, last_failure_at_ms: NOW - 1_000 },
  'closed, four old failures': { ...INITIAL_STATE, generation: 4, failures: 4, last_failure_at_ms: NOW - 60_001 },
  open: { ...INITIAL_STATE, status: 'open', generation: 4, open_until_ms: NOW + 1 },
  'open, its time over': { ...INITIAL_STATE, status: 'open', generation: 4, open_until_ms: NOW },
  'half open, free': { ...INITIAL_STATE, status: 'half_open', generation: 4, probes: [probe('a', 5)] },
  'half open, full': { ...INITIAL_STATE, status: 'half_open', generation: 4, probes: [probe('a', 5), probe('b', 9)] },
  'half open, one dead': {
    ...INITIAL_STATE,
    status: 'half_open',
    generation: 4,
    probes: [probe('a', 5), probe('b', 0)],
  },
  'half open, one to go': {
    ...INITIAL_STATE,
    status: 'half_open',
    generation: 4,
    successes: 1,
    probes: [probe('a', 5)],
  },
} as const satisfies Record<string, BreakerState>;

const failure = (generation: number, afterSuccess = false): BreakerEvent => ({
  type: 'failure',
  permit: { generation, probeId: undefined },
  afterSuccess,
  cause: 'down',
});
const success = (generation: number, probeId?: string): BreakerEvent => ({
  type: 'success',
  permit: { generation, probeId },
});

const EVENTS = {
  lease: { type: 'lease', probeId: 'x' },
  failure: failure(4),
  'failure after a success': failure(4, true),
  'old failure': failure(3),
  success: success(4),
  'success of probe a': success(4, 'a'),
  'success of an old probe': success(3, 'a'),
  reset: { type: 'reset', cause: 'by hand' },
} as const satisfies Record<string, BreakerEvent>;

/** What comes of each event in each state, in short; '-' is: nothing changes. */
const TABLE: Readonly<Record<keyof typeof STATES, Readonly<Record<keyof typeof EVENTS, string>>>> = {
  'closed, no failure': row('-', 'closed 1', 'closed 1', '-', '-', '-', '-', 'closed 0'),
  'closed, four failures': row('-', 'open', 'closed 1', '-', '-', '-', '-', 'closed 0'),
  'closed, four old failures': row('-', 'closed 1', 'closed 1', '-', '-', '-', '-', 'closed 0'),
  open: row('-', '-', '-', '-', '-', '-', '-', 'closed 0'),
  'open, its time over': row('half_open x', '-', '-', '-', '-', '-', '-', 'closed 0'),
  'half open, free': row('half_open ax', 'open', 'open', '-', '-', 'half_open +1', '-', 'closed 0'),
  'half open, full': row('-', 'open', 'open', '-', '-', 'half_open b+1', '-', 'closed 0'),
  'half open, one dead': row('half_open ax', 'open', 'open', '-', '-', 'half_open b+1', '-', 'closed 0'),
  'half open, one to go': row('half_open ax+1', 'open', 'open', '-', '-', 'closed 0', '-', 'closed 0'),
};

function row(
  lease: string,
  failed: string,
  afterSuccess: string,
  oldFailure: string,
  succeeded: string,
  probed: string,
  oldProbe: string,
  reset: string,
): Record<keyof typeof EVENTS, string> {
  return {
    lease,
    failure: failed,
    'failure after a success': afterSuccess,
    'old failure': oldFailure,
    success: succeeded,
    'success of probe a': probed,
    'success of an old probe': oldProbe,
    reset,
  };
}

function short(state: BreakerState): string {
  if (state.status === 'closed') return `closed ${state.failures}`;
  if (state.status === 'open') return 'open';
  return `half_open ${state.probes.map(({ id }) => id).join('')}${state.successes > 0 ? `+${state.successes}` : ''}`;
}

const CASES = Object.entries(STATES).flatMap(([stateName, state]) =>
  Object.entries(EVENTS).map(([eventName, event]) => [stateName, eventName, state, event] as const),
);

describe('a circuit breaker', () => {
  it.each(CASES)('%s + %s: as the table says', (stateName, eventName, state, event) => {
    const rows: Readonly<Record<string, Readonly<Record<string, string>>>> = TABLE;
    const next = step(state, event, DEFAULT_POLICY, NOW);
    expect(next === state ? '-' : short(next)).toBe(rows[stateName]?.[eventName]);
    const moved = next.status !== state.status || event.type === 'reset';
    expect(next.generation).toBe(state.generation + (moved ? 1 : 0));
    expect(next.history.length).toBe(moved ? 1 : 0);
  });

  it('opens for its time, and says when to come back', () => {
    const open = step(STATES['closed, four failures'], failure(4), DEFAULT_POLICY, NOW);
    expect(open).toMatchObject({
      open_until_ms: NOW + 30_000,
      history: [{ from: 'closed', to: 'open', cause: 'down' }],
    });
    expect(retryAfterMs(open, NOW + 1_000)).toBe(29_000);
    expect(standingOf(open, DEFAULT_POLICY, NOW + 29_999)).toBe('refuse');
    expect(standingOf(open, DEFAULT_POLICY, NOW + 30_000)).toBe('probe');
  });

  it('half open and full refuses, until a probe that said nothing has lost its place', () => {
    const full = STATES['half open, full'];
    expect(standingOf(full, DEFAULT_POLICY, NOW)).toBe('refuse');
    expect(retryAfterMs(full, NOW)).toBe(5);
    expect(standingOf(full, DEFAULT_POLICY, NOW + 5)).toBe('probe');
    expect(retryAfterMs(STATES['closed, no failure'], NOW)).toBe(0);
  });

  it('keeps its latest changes only', () => {
    let state: BreakerState = INITIAL_STATE;
    for (let n = 0; n < MAX_HISTORY + 5; n += 1) {
      state = step(state, { type: 'reset', cause: `reset ${n}` }, DEFAULT_POLICY, NOW + n);
    }
    expect(state.history).toHaveLength(MAX_HISTORY);
    expect(state.history[0]?.cause).toBe(`reset ${MAX_HISTORY + 4}`);
  });
});
