import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '#shared/transactions/lane/decide.ts';
import { finalClaims } from '#shared/transactions/lane/final-claims.ts';
import { SEND_BATCH } from '#shared/transactions/lane/lane.ts';
import type { LaneAction, Settlement } from '#shared/transactions/lane/lane-action.ts';
import { ownNextNonce } from '#shared/transactions/lane/nonces.ts';
import { overdueOf } from '#shared/transactions/lane/overdue.ts';
import { MAX_ATTEMPTS, NOOP_RESERVE } from '#shared/transactions/lane/replacement.ts';
import {
  agreesOnOverdue,
  agreesOnUsed,
  LONE_WITNESS_FACTOR,
  type SecondOpinion,
} from '#shared/transactions/lane/second-opinion.ts';
import { type Situation, situation } from '#test/support/fakes/decision-situations.ts';
import { agreeingWith } from '#test/support/fakes/lane-situations.ts';
import { ACTION_ORDER } from '../../../docs/generate/lane-tables.ts';

const RUNS = { seed: 20_261_121, numRuns: 500 };

/** Whether the chain has used more than the lane gave, and nobody else says so. */
const isCountDoubtful = ({ snapshot, view }: Situation) =>
  view.latestCount > ownNextNonce(snapshot.lane) &&
  agreesOnUsed(view.second, view.latestCount, view.head.number) !== 'agrees';

const decided = ({ snapshot, view, chain, nowMs }: Situation) => decide(snapshot, view, chain, nowMs);
const settlementsOf = (actions: readonly LaneAction[]): readonly Settlement[] =>
  actions.flatMap((action) => (action.type === 'settle' ? action.settlements : []));
const idsOf = (actions: readonly LaneAction[], type: 'broadcast' | 'expire' | 'send') =>
  actions.flatMap((action) => (action.type === type ? action.transactions.map(({ id }) => id) : []));
const displacedOf = (actions: readonly LaneAction[]) =>
  actions.flatMap((action) => (action.type === 'displace' ? action.displacements : []));
const replacedOf = (actions: readonly LaneAction[]) =>
  actions.flatMap((action) => (action.type === 'replace' ? action.replacements : []));

function property(law: (situation: Situation, actions: readonly LaneAction[]) => void): void {
  fc.assert(
    fc.property(situation, (given) => law(given, decided(given))),
    RUNS,
  );
}

/** The same lane, when the chain has not used the nonce before its first, and has not for long. */
function withGap({ snapshot, view, ...rest }: Situation): Situation {
  const [first] = snapshot.inFlight;
  const latestCount = Math.max(0, (first?.nonce ?? 0) - 1);
  const since_block = view.head.number - 2 * rest.chain.required_confirmations;
  const gap = { nonce: latestCount, since_block, first_block: since_block };
  const seen = { ...view, latestCount, receipts: new Map() };
  return {
    ...rest,
    snapshot: { ...snapshot, lane: { ...snapshot.lane, gap } },
    view: { ...seen, second: agreeingWith(seen) },
  };
}

/** Judges decisions on situations with gaps and without. */
function gapProperty(law: (actions: readonly LaneAction[]) => void): void {
  fc.assert(
    fc.property(situation, fc.boolean(), (given, hasGap) => law(decided(hasGap ? withGap(given) : given))),
    RUNS,
  );
}

describe('a decision', () => {
  it('is the same for the same situation, and leaves it alone', () => {
    property((given, actions) => {
      const copy = structuredClone(given);
      expect(decided(given)).toEqual(actions);
      expect(given).toEqual(copy);
    });
  });

  it('names each kind of action once, in the order of the table in docs/lanes.md', () => {
    gapProperty((actions) => {
      const places = actions.map(({ type }) => ACTION_ORDER.indexOf(type));
      expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
    });
  });

  it('has each two neighbours of that table together in some situation, but never sends and fills gaps at once', () => {
    const together = new Set<string>();
    gapProperty((actions) => {
      const kinds = actions.map(({ type }) => type);
      for (const [index, kind] of kinds.entries()) {
        for (const later of kinds.slice(index + 1)) together.add(`${kind} ${later}`);
      }
    });
    const neighbours = ACTION_ORDER.slice(1).map((kind, index) => `${ACTION_ORDER[index]} ${kind}`);
    expect(neighbours.filter((pair) => !together.has(pair))).toEqual(['send fill']);
  });

  it('has no action that is about nothing', () => {
    property((_given, actions) => {
      for (const action of actions) {
        if ('transactions' in action) expect(action.transactions.length).toBeGreaterThan(0);
        if ('settlements' in action) expect(action.settlements.length).toBeGreaterThan(0);
      }
    });
  });
});

describe('a transaction', () => {
  it('is in no two actions that contradict each other: each write expects the state that was read', () => {
    property((_given, actions) => {
      const written = [
        ...idsOf(actions, 'broadcast'),
        ...settlementsOf(actions).map(({ transaction }) => transaction.id),
        ...displacedOf(actions).map(({ transaction }) => transaction.id),
        ...replacedOf(actions).map(({ transaction }) => transaction.id),
      ];
      expect(new Set(written).size).toBe(written.length);
      const left = [...idsOf(actions, 'expire'), ...idsOf(actions, 'send')];
      expect(new Set(left).size).toBe(left.length);
    });
  });

  it('loses its nonce only to a final transaction of a stranger, and when nothing of its own was found', () => {
    property(({ view }, actions) => {
      const found = new Set(settlementsOf(actions).map(({ transaction }) => transaction.id));
      for (const { transaction, use } of displacedOf(actions)) {
        expect(found.has(transaction.id)).toBe(false);
        expect(transaction.attempts.some(({ hash }) => hash === use.hash)).toBe(false);
        const depth = view.head.number - use.blockNumber + 1;
        const factor = view.second.kind === 'only' ? LONE_WITNESS_FACTOR : 1;
        expect(depth).toBeGreaterThanOrEqual(factor * transaction.required_confirmations);
      }
    });
  });

  it('is final, or loses its nonce, only when another endpoint agrees, or there is none that could', () => {
    property(({ view: { second } }, actions) => {
      const isAgreed = second.kind === 'given' && second.look.receipts.size + second.look.transactions.size > 0;
      const final = settlementsOf(actions).filter(({ kind }) => kind === 'final');
      if (!isAgreed && second.kind !== 'only') expect(displacedOf(actions)).toEqual([]);
      const mayBe = second.kind === 'only' || (second.kind === 'unusable' && second.mayGoAlone);
      if (!isAgreed && !mayBe) expect(final).toEqual([]);
    });
  });

  it('needs a second opinion in exactly those situations in which it makes a difference', () => {
    property(({ snapshot, view, chain, nowMs }) => {
      const by = (second: SecondOpinion) => decide(snapshot, { ...view, second }, chain, nowMs);
      if (finalClaims(snapshot, view, chain, nowMs) !== undefined) return;
      expect(by({ kind: 'unasked' })).toEqual(by(agreeingWith(view)));
    });
  });

  it('is final only at its required depth, in the canonical block in which it was seen before', () => {
    property(({ view }, actions) => {
      for (const settlement of settlementsOf(actions)) {
        if (settlement.kind !== 'final') continue;
        const { transaction, receipt, confirmations } = settlement;
        expect(transaction.status).toBe('mined');
        expect(confirmations).toBeGreaterThanOrEqual(transaction.required_confirmations);
        expect(confirmations).toBe(view.head.number - receipt.blockNumber + 1);
        expect(receipt.blockHash).toBe(transaction.block_hash);
        expect(view.canonicalHashes.get(receipt.blockNumber)).toBe(receipt.blockHash);
      }
    });
  });

  it('is settled only by a receipt of one of its own hashes in a canonical block', () => {
    property(({ view }, actions) => {
      for (const settlement of settlementsOf(actions)) {
        if (settlement.kind === 'reorged') continue;
        const { transaction, receipt } = settlement;
        expect(transaction.attempts.map(({ hash }) => hash)).toContain(receipt.transactionHash);
        expect(view.canonicalHashes.get(receipt.blockNumber)).toBe(receipt.blockHash);
      }
    });
  });

  it('is handed to the node again only while it is not mined', () => {
    property(({ snapshot }, actions) => {
      const ids = new Set(idsOf(actions, 'broadcast'));
      const statuses = snapshot.inFlight.filter(({ id }) => ids.has(id)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 'mined')).toEqual([]);
    });
  });
});

describe('sending', () => {
  it('never takes the lane past its cap, nor more than one batch', () => {
    property(({ snapshot, chain }, actions) => {
      const kinds = new Map(settlementsOf(actions).map(({ transaction, kind }) => [transaction.id, kind]));
      const unmined = snapshot.inFlight.filter(({ id, status }) =>
        status === 'mined' ? kinds.get(id) === 'reorged' : !kinds.has(id),
      );
      const count = idsOf(actions, 'send').length;
      if (count > 0) expect(unmined.length + count).toBeLessThanOrEqual(chain.in_flight_cap);
      expect(count).toBeLessThanOrEqual(SEND_BATCH);
    });
  });

  it('takes the oldest that may still be sent, in their order', () => {
    property(({ snapshot, nowMs }, actions) => {
      const ids = idsOf(actions, 'send');
      const alive = snapshot.queued.filter(
        ({ valid_until }) => valid_until === null || Date.parse(valid_until) > nowMs,
      );
      expect(ids).toEqual(alive.slice(0, ids.length).map(({ id }) => id));
    });
  });

  it('begins at a nonce that nothing in flight has and the chain has not used', () => {
    property(({ snapshot, view }, actions) => {
      for (const action of actions) {
        if (action.type !== 'send') continue;
        const taken = new Set(snapshot.inFlight.map(({ nonce }) => nonce));
        expect(action.nonces).toHaveLength(action.transactions.length);
        for (const nonce of action.nonces) expect(nonce >= view.latestCount && !taken.has(nonce)).toBe(true);
      }
    });
  });

  it('leaves no gap: the first nonce is the next of the lane, or of the chain', () => {
    property(({ snapshot, view }, actions) => {
      for (const action of actions) {
        if (action.type === 'send') expect([snapshot.lane.next_nonce, view.latestCount]).toContain(action.nonces[0]);
      }
    });
  });

  it('happens whenever something may be sent and there is room', () => {
    property((given, actions) => {
      const { snapshot, view, nowMs, chain } = given;
      const alive = snapshot.queued.some(({ valid_until }) => valid_until === null || Date.parse(valid_until) > nowMs);
      // Unless the view is older than what the lane has seen.
      const isBehind = (snapshot.lane.next_nonce ?? 0) > view.latestCount;
      if (!isBehind && !isCountDoubtful(given) && alive && snapshot.inFlight.length < chain.in_flight_cap)
        expect(idsOf(actions, 'send')).not.toEqual([]);
    });
  });
});

describe('waiting', () => {
  it('is always there while something stays in flight or in doubt, and never without', () => {
    property((given, actions) => {
      const final = settlementsOf(actions).filter(({ kind }) => kind === 'final').length;
      const stays = given.snapshot.inFlight.length > final || isCountDoubtful(given);
      expect(actions.some(({ type }) => type === 'wait')).toBe(stays);
    });
  });

  it('is at once only for what can be settled at once, and otherwise no shorter than a look at the chain is worth', () => {
    property((_given, actions) => {
      const due = settlementsOf(actions).some(
        (one) => one.kind === 'mined' && one.confirmations >= one.transaction.required_confirmations,
      );
      for (const action of actions) {
        if (action.type === 'wait') expect(due ? action.forMs === 0 : action.forMs >= 250).toBe(true);
      }
    });
  });
});

describe('signing anew', () => {
  it('happens to what is signed and in no block only, and never past what all versions of one may be', () => {
    property(({ view }, actions) => {
      for (const { transaction, kind } of replacedOf(actions)) {
        expect(['signed', 'submitted']).toContain(transaction.status);
        expect(transaction.nonce ?? -1).toBeGreaterThanOrEqual(view.latestCount);
        expect(transaction.attempts.length).toBeLessThan(MAX_ATTEMPTS + (kind === 'noop' ? NOOP_RESERVE : 0));
      }
    });
  });

  it('does not happen, nor is it handed over again, while another endpoint has it in a block, or its nonce used', () => {
    property(({ snapshot, view, chain, nowMs }, actions) => {
      const again = new Set(
        idsOf(actions, 'broadcast').concat(replacedOf(actions).map(({ transaction: { id } }) => id)),
      );
      for (const transaction of snapshot.inFlight) {
        const overdue = overdueOf(transaction, view, chain, nowMs);
        if (overdue === undefined || agreesOnOverdue(view.second, overdue, view) !== 'disagrees') continue;
        expect(again.has(transaction.id)).toBe(false);
      }
    });
  });
});
