import type { Dialect } from './model-node.ts';
import type { PoolLimits } from './model-pool.ts';
import type { OtherTrouble } from './other-endpoint.ts';

/** What a transaction of a plan is like. */
export type IntentKind =
  | 'plain'
  /** Fails in simulation, always. */
  | 'refused'
  /** Is mined as reverted. */
  | 'reverts late'
  /** May not be signed three seconds after it was accepted. */
  | 'expiring'
  /** Fails in simulation until the one before it in the plan is mined or pooled. */
  | 'dependent';

/** A transaction that will be accepted. */
export interface PlannedIntent {
  readonly kind: IntentKind;
  /** Milliseconds after the start. */
  readonly atMs: number;
}

/** Something that happens to the driver or the chain. */
export type Act =
  /** The process dies at an access to a port. */
  | { readonly kind: 'kill'; readonly when: 'before' | 'after' }
  /** An access to a port fails. */
  | { readonly kind: 'fail'; readonly when: 'before' | 'after' }
  /** The node answers one batch with refusals: too many requests. */
  | { readonly kind: 'refuse' }
  /** The next look at the head of the chain is answered by a node that lags by that many changes. */
  | { readonly kind: 'stale head'; readonly by: number }
  /** The next read of the chain, whichever it is, is answered by a node that lags by that many changes. */
  | { readonly kind: 'stale read'; readonly by: number }
  /** The next looks for receipts are answered by a node that lags by that many changes. */
  | { readonly kind: 'stale receipts'; readonly by: number; readonly reads: number }
  /** So are receipts and blocks, both by the same node; only the head comes from one that is up to date. */
  | { readonly kind: 'split nodes'; readonly by: number; readonly reads: number }
  /** The next simulation is answered by a node that lags by that many changes and has no pool. */
  | { readonly kind: 'stale simulation'; readonly by: number }
  | {
      readonly kind: 'reorganise';
      readonly depth: number;
      /** Whether the new blocks leave the pool alone. */
      readonly empty: boolean;
      /** Whether the nodes forget what was in the blocks that are gone. */
      readonly forgets: boolean;
    }
  /** The next answers come from blocks that nobody else has: what Haven signed is in them, or what nobody did. */
  | {
      readonly kind: 'lie';
      readonly by: 'ours' | 'strangers';
      readonly depth: number;
      readonly blocks: number;
      readonly answers: number;
    }
  /** The node refuses the next signed bytes that it is handed, in words that mean for ever. */
  | { readonly kind: 'refuse for good'; readonly sends: number }
  /** The next answers to signed bytes get lost: the node has them, and nobody knows. */
  | { readonly kind: 'lose answers'; readonly answers: number }
  /** Nodes forget their pool. */
  | { readonly kind: 'forget' }
  /** The next blocks are empty. */
  | { readonly kind: 'stall'; readonly blocks: number }
  /** Fees are above the cap for some blocks. */
  | { readonly kind: 'spike'; readonly blocks: number }
  /** Another driver starts beside those that run. */
  | { readonly kind: 'second driver' }
  /** The wallet is paused for a while. */
  | { readonly kind: 'pause'; readonly forMs: number }
  /** The wallet is revoked, for good. */
  | { readonly kind: 'revoke' }
  /** The key's owner sends with the next nonce that the chain wants, and pays what it takes. */
  | { readonly kind: 'stranger' }
  /** Somebody cancels one of the open transactions. */
  | { readonly kind: 'cancel'; readonly nth: number }
  /** Somebody gives one of the open transactions more speed. */
  | { readonly kind: 'accelerate'; readonly nth: number }
  /** For a while something is the matter with the other endpoint. */
  | (OtherTrouble & { readonly forMs: number })
  /** An access takes that long. */
  | { readonly kind: 'slow'; readonly ms: number };

/** An act and when it comes. */
export interface PlannedAct {
  /** Accesses to ports since the act before it. */
  readonly after: number;
  readonly act: Act;
}

/** Everything that a run of the model depends on: the same plan runs the same way. */
export interface LanePlan {
  readonly cap: number;
  readonly requiredConfirmations: number;
  /** Whether there is another endpoint: one that tells the truth, and may lag, unless an act has it otherwise. */
  readonly hasOther: boolean;
  readonly dialect: Dialect;
  /** Nonces that the account used before. */
  readonly startCount: number;
  /** Transactions that fit a block. */
  readonly perBlock: number;
  /** How far the drivers' clocks are ahead of all others; negative: behind. */
  readonly skewMs: number;
  /** When the account gets its money: milliseconds after the start. */
  readonly fundedAtMs: number;
  readonly intents: readonly PlannedIntent[];
  readonly acts: readonly PlannedAct[];
  /** Which of several waiting accesses comes next; read round and round. */
  readonly choices: readonly number[];
  /** What the node keeps of the account's transactions: geth lets go of more, others refuse it; Anvil keeps all. */
  readonly limits: PoolLimits;
}
