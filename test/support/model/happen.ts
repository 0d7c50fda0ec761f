import { isoTime } from '#shared/platform/clock.ts';
import { type ChangeRequest, requestCancel, requestSpeed } from '#shared/transactions/change-request.ts';
import type { Arrivals } from './arrivals.ts';
import type { Lags } from './lags.ts';
import type { LaneLedger } from './lane-ledger.ts';
import type { Act, LanePlan } from './lane-plan.ts';
import type { Lies } from './lies.ts';
import type { ModelChain } from './model-chain.ts';
import type { ModelNode } from './model-node.ts';
import type { ModelTime } from './model-time.ts';
import type { OtherEndpoint } from './other-endpoint.ts';
import type { StepLaws } from './step-laws.ts';

/** What acts of a plan happen to. */
export interface Stage {
  readonly plan: LanePlan;
  readonly chain: ModelChain;
  readonly node: ModelNode;
  readonly ledger: LaneLedger;
  readonly time: ModelTime;
  readonly lags: Lags;
  readonly lies: Lies;
  readonly other: OtherEndpoint;
  readonly laws: StepLaws;
  readonly arrivals: Arrivals;
  /** Starts a driver beside those that run. */
  startBeside(): void;
  /** Tells the lane that there is news. */
  kick(): void;
}

/** What a request may still change. */
const CHANGEABLE: ReadonlySet<string> = new Set(['queued', 'signed', 'submitted']);

/** Lets an act happen. What becomes of one access to a port (it dies, fails, is refused or stale) is none of them. */
export function happen(act: Act, stage: Stage): void {
  const { plan, chain, ledger, time, lags, lies, laws, arrivals } = stage;
  switch (act.kind) {
    case 'stale head':
      lags.add(['head'], act.by, 1);
      break;
    case 'reorganise':
      // Deeper ones would undo what was final; how deep those are is the operator's choice of confirmations.
      chain.reorganise(Math.min(act.depth, plan.requiredConfirmations - 1), act.empty, act.forgets, time.now());
      break;
    case 'stale simulation':
      lags.add(['simulation'], act.by, 1);
      break;
    case 'stale receipts':
      lags.add(['receipts'], act.by, act.reads);
      break;
    case 'split nodes':
      lags.add(['receipts', 'blocks'], act.by, act.reads);
      break;
    case 'lie':
      lies.tell(chain.lie(act.depth, act.blocks, act.by, time.now()), act.answers);
      break;
    case 'refuse for good':
      stage.node.refuseForGood(act.sends);
      break;
    case 'lose answers':
      stage.node.loseAnswers(act.answers);
      break;
    case 'forget':
      chain.forgetPool();
      break;
    case 'stall':
      chain.stall(act.blocks);
      break;
    case 'spike':
      chain.spike(act.blocks);
      break;
    case 'second driver':
      stage.startBeside();
      break;
    case 'pause':
      arrivals.pauseFor(act.forMs);
      break;
    case 'revoke':
      if (ledger.contents().custody.status === 'revoked') break;
      ledger.revoke(isoTime(time.now()));
      laws.revoked();
      break;
    case 'stranger':
      chain.poolStranger();
      break;
    case 'cancel':
      request(stage, act.nth, requestCancel);
      break;
    case 'accelerate':
      request(stage, act.nth, requestSpeed('fastest'));
      break;
    case 'other contradicts':
    case 'other stands still':
    case 'other lags':
    case 'other is away':
      stage.other.suffer(act, act.forMs);
      break;
    case 'slow':
      time.advanceTo(time.now() + act.ms);
      break;
    default:
      break;
  }
}

/** Somebody asks for a change of one of the open transactions, as the API would let them. */
function request({ ledger, time, kick }: Stage, nth: number, change: ChangeRequest): void {
  const open = ledger.contents().transactions.filter(({ status }) => CHANGEABLE.has(status));
  const transaction = open[nth % Math.max(1, open.length)];
  if (transaction === undefined) return;
  ledger.change(change(transaction, isoTime(time.now()), { actor: 'key_tester', request_id: 'request-2' }));
  kick();
}
