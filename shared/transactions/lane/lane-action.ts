import type { Receipt } from '#shared/platform/chain/receipt.ts';
import type { Transaction, WaitingFor } from '../transaction.ts';
import type { LaneState } from './lane.ts';
import type { LanePatch } from './lane-change.ts';
import type { NonceUse } from './nonce-use.ts';
import type { Replacement } from './replacement.ts';

/** What the driver knows of a lane: from one consistent read. */
export interface LaneSnapshot {
  readonly lane: LaneState;
  /** Signed and not final, by nonce. */
  readonly inFlight: readonly Transaction[];
  /** The oldest queued ones. */
  readonly queued: readonly Transaction[];
}

/** What became of a transaction on chain. */
export type Settlement =
  | {
      readonly kind: 'mined';
      readonly transaction: Transaction;
      readonly receipt: Receipt;
      readonly confirmations: number;
    }
  | {
      readonly kind: 'progress';
      readonly transaction: Transaction;
      readonly receipt: Receipt;
      readonly confirmations: number;
      /** `lane`: it is deep enough, and another endpoint contradicts, or can't be asked. */
      readonly waitingFor: 'lane' | null;
    }
  | { readonly kind: 'reorged'; readonly transaction: Transaction }
  | {
      readonly kind: 'final';
      readonly transaction: Transaction;
      readonly receipt: Receipt;
      readonly confirmations: number;
    };

/** A transaction whose nonce a stranger has for good. */
export interface Displacement {
  readonly transaction: Transaction;
  readonly use: NonceUse;
}

/** One thing to do, in the order in which the list has them: recover, confirm, send. */
export type LaneAction =
  | { readonly type: 'broadcast'; readonly transactions: readonly Transaction[] }
  | { readonly type: 'settle'; readonly settlements: readonly Settlement[] }
  | { readonly type: 'displace'; readonly displacements: readonly Displacement[] }
  /** Facts about the lane that a later look needs. */
  | {
      readonly type: 'remember';
      readonly patch: LanePatch;
      /** Nonces that strangers used and that nothing of the lane had. */
      readonly uses?: LaneState['foreign'];
    }
  /** What it waits for, on what can't go on; null: for nothing any more. */
  | { readonly type: 'hold'; readonly transactions: readonly Transaction[]; readonly waitingFor: WaitingFor | null }
  | { readonly type: 'expire'; readonly transactions: readonly Transaction[] }
  | {
      readonly type: 'replace';
      readonly replacements: readonly Replacement[];
      /** Those of them that are to be handed over again when they can't be replaced. */
      readonly unheard: readonly Transaction[];
      readonly unmined: readonly Transaction[];
    }
  | {
      readonly type: 'send';
      readonly transactions: readonly Transaction[];
      /** The nonces they get, in their order. */
      readonly nonces: readonly number[];
      /** In flight and in no block of the view: their cost is still to come, and simulations depend on them. */
      readonly unmined: readonly Transaction[];
      /** Proven gaps below what is in flight: they must be filled if none of these can be sent. */
      readonly blocking: readonly number[];
    }
  /** Use up free nonces below one that is in flight, by transactions that send nothing. */
  | { readonly type: 'fill'; readonly nonces: readonly number[] }
  | { readonly type: 'wait'; readonly forMs: number };

/** A part of a decision. */
export interface Part {
  readonly actions: readonly LaneAction[];
  /** What waits for the lane. */
  readonly holds?: readonly Transaction[];
  /** What is to be remembered of the lane. */
  readonly patch?: LanePatch;
  /** Nonces that strangers used and that nothing of the lane had. */
  readonly uses?: LaneState['foreign'];
  readonly waitMs?: number;
}
