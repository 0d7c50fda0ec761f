import type { LaneAction } from '#shared/transactions/lane/lane-action.ts';
import { type TransactionStatus, transactionStatusSchema } from '#shared/transactions/transaction.ts';
import { actionOf, type Transitions } from '#shared/transactions/transition.ts';
import { code, table } from './markdown.ts';

/** What docs/lanes.md says of a kind of action. */
interface ActionRow {
  /** When a lane's driver decides on it. */
  readonly when: string;
  /** What it does then. */
  readonly what: string;
}

/** Every kind of action, in the order in which `decide` has them; test/property holds it to that. */
const ACTIONS = {
  broadcast: {
    when: 'signed, and no node is known to have it: never handed over, no answer, or silent for ten blocks',
    what: 'the stored bytes again, never others',
  },
  settle: {
    when: 'a receipt of any of its hashes is in a canonical block, deeper than before, or gone from it',
    what: 'mined, deeper, final, or back',
  },
  displace: {
    when: "a stranger's transaction has its nonce, and is final by two endpoints",
    what: 'back into the queue for another nonce; or to its end, if it is no longer wanted',
  },
  hold: {
    when: 'a nonce is used by whom nobody can name, or endpoints contradict each other about it, or no other is there to ask; or what waited for an endpoint was looked at',
    what: 'says on the transaction that it waits for its lane, or for nothing any more',
  },
  expire: { when: 'queued, and `valid_until` has passed', what: 'expired' },
  replace: {
    when: 'unmined for too many blocks, outbid, given more speed, or no longer wanted',
    what: 'signed anew with the same nonce: at least a tenth more of both fees, or as a no-op',
  },
  remember: {
    when: "the chain has used fewer nonces than were counted; or a used nonce can't be explained",
    what: 'the nonce and the head that saw it, on the lane',
  },
  send: {
    when: 'something is queued, and there is room below the cap',
    what: 'quoted, simulated, held against policy and balance, signed, claimed in one write, and then broadcast',
  },
  fill: {
    when: 'a gap is proven below something in flight, and nothing queued can take it, or none of it can be sent now',
    what: "transactions that send nothing, to the lane's own address",
  },
  wait: { when: 'anything is in flight or in doubt', what: 'until the next block can tell more' },
} as const satisfies Record<LaneAction['type'], ActionRow>;

/** When each transition happens. */
const STATES = {
  queued: {
    signed: 'its nonce, its signed bytes and its state are stored in one write; broadcast comes after',
    failed:
      'its simulation reverts when nothing of the lane is unmined; its policy denies it; or its wallet was revoked',
    cancelled: 'someone cancelled it',
    expired: '`valid_until` passed',
  },
  signed: {
    submitted: 'a node took it, or says that it knows it',
    mined: 'it is in a block, though the answer to its broadcast never came',
    queued: "a stranger's transaction with its nonce is final, by two endpoints",
    cancelled: 'the same, and someone had cancelled it',
    expired: 'the same, and `valid_until` has passed',
    failed: 'the same, and nodes had refused it for good',
  },
  submitted: {
    mined: 'one of its versions is in a canonical block',
    queued: "a stranger's transaction with its nonce is final, by two endpoints",
    cancelled: 'the same, and someone had cancelled it',
    expired: 'the same, and `valid_until` has passed',
    failed: 'the same, and nodes had refused it for good',
  },
  mined: {
    submitted: 'its block left the chain',
    confirmed: 'deep enough, by two endpoints; a version that does what was asked for won',
    reverted: 'deep enough, by two endpoints, and it reverted',
    cancelled: 'deep enough; the no-op won, because someone had cancelled it',
    expired: 'deep enough; the no-op won, because `valid_until` had passed',
    failed: 'deep enough; the no-op won, because nodes had refused it for good, or the policy denies it',
  },
  confirmed: {},
  reverted: {},
  failed: {},
  cancelled: {},
  expired: {},
} as const satisfies { readonly [From in TransactionStatus]: Readonly<Record<Transitions[From], string>> };

/** Every kind of action, in the order in which a look has them. */
export const ACTION_ORDER: readonly string[] = Object.keys(ACTIONS);

/**
 * docs/lanes.md with its tables of actions and of transitions as the code has them; all else stays as it is written.
 *
 * @param page the document as it stands
 * @throws Error when the page has no place for a table
 */
export function buildLanes(page: string): string {
  const actions = Object.entries(ACTIONS).map(([action, { when, what }]) => [code(action), when, what]);
  const states = Object.entries(STATES).flatMap(([from, rows]) =>
    Object.entries(rows).map(([to, when]) => {
      const action = actionOf(transactionStatusSchema.parse(from), transactionStatusSchema.parse(to));
      return [code(from), code(to), when, code(action)];
    }),
  );
  return withTable(
    withTable(page, 'actions', table(['Action', 'When', 'What'], actions)),
    'transitions',
    table(['From', 'To', 'When', 'Audit entry'], states),
  );
}

/** Puts a table between the marks of its name. */
function withTable(page: string, name: string, text: string): string {
  const start = `<!-- ${name}: generated from docs/generate/lane-tables.ts -->`;
  const end = `<!-- end of ${name} -->`;
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`docs/lanes.md has no place for its ${name}: ${start} and ${end}`);
  return `${page.slice(0, from)}${start}\n\n${text}\n\n${page.slice(to)}`;
}
