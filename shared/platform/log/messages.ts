/** How loud a message is. */
export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

interface LogMessageEntry {
  /** Stable: dashboards and metric filters match on it. Never reused. */
  readonly code: string;
  readonly level: LogLevel;
  /** A constant sentence; what varies goes into fields. */
  readonly text: string;
}

/** Everything Haven logs. A message that is not here cannot be logged, so the log has a vocabulary that can be searched and tested. */
export const logMessages = {
  REQUEST_COMPLETED: { code: 'HVN-HTTP-001', level: 'INFO', text: 'Request completed' },
  REQUEST_REFUSED: { code: 'HVN-HTTP-002', level: 'INFO', text: 'Request refused' },
  REQUEST_FAILED: { code: 'HVN-HTTP-003', level: 'ERROR', text: 'Request failed' },
  FAILED_BEFORE_REPLAY: {
    code: 'HVN-HTTP-005',
    level: 'ERROR',
    text: 'A repeated request failed; answered as the first time',
  },
  RESPONSE_UNDECLARED: {
    code: 'HVN-HTTP-004',
    level: 'ERROR',
    text: 'Response does not match its declaration',
  },
  AUTHENTICATION_REFUSED: { code: 'HVN-AUTH-001', level: 'WARN', text: 'Credentials refused' },
  AUTHENTICATION_ADDRESS_REFUSED: {
    code: 'HVN-AUTH-002',
    level: 'WARN',
    text: 'API key used from an address that is not allowed',
  },
  AUTHENTICATION_FAULT: { code: 'HVN-AUTH-003', level: 'ERROR', text: 'Authentication could not be decided' },
  AUTHENTICATED: { code: 'HVN-AUTH-004', level: 'INFO', text: 'Authenticated' },
  LAST_USED_NOT_RECORDED: { code: 'HVN-AUTH-005', level: 'WARN', text: 'Last use of an API key not recorded' },
  ADMIN_KEY_READY: { code: 'HVN-AUTH-006', level: 'INFO', text: 'First admin key is in place' },
  ADMIN_KEY_FAILED: { code: 'HVN-AUTH-007', level: 'ERROR', text: 'First admin key could not be made' },
  AUTHENTICATION_NO_ROLE: { code: 'HVN-AUTH-008', level: 'WARN', text: 'Token of an operator without a role' },
  AUTHENTICATION_LOCKED_OUT: { code: 'HVN-AUTH-009', level: 'WARN', text: 'Credentials refused unseen, locked out' },
  LOCKOUT_STARTED: { code: 'HVN-AUTH-010', level: 'ERROR', text: 'Locked out after repeated failures' },
  FAILURE_NOT_COUNTED: { code: 'HVN-AUTH-011', level: 'ERROR', text: 'A failed authentication could not be counted' },
  ISSUER_KEYS_NOT_READ: { code: 'HVN-AUTH-012', level: 'ERROR', text: 'Keys of the OIDC issuer not read' },
  DEPENDENCY_FAILED: { code: 'HVN-OPS-001', level: 'WARN', text: 'A dependency does not answer' },
  HOLD_NOT_RENEWED: { code: 'HVN-SQS-001', level: 'WARN', text: 'Hold on messages not renewed' },
  MESSAGES_NOT_REMOVED: { code: 'HVN-SQS-002', level: 'INFO', text: 'Messages not removed before their batch' },
  REFUSAL_NOT_RECORDED: { code: 'HVN-AUD-002', level: 'ERROR', text: 'A refused access could not be recorded' },
  RATE_LIMITER_UNAVAILABLE: {
    code: 'HVN-RATE-001',
    level: 'ERROR',
    text: 'Rate limiter unavailable, request let through',
  },
  WALLET_CREATED: { code: 'HVN-CUST-001', level: 'INFO', text: 'Wallet created' },
  WALLET_CHANGED: { code: 'HVN-CUST-020', level: 'INFO', text: 'Wallet changed' },
  DEPOSIT_POOL_REFILLED: { code: 'HVN-CUST-021', level: 'INFO', text: 'Deposit wallets pooled' },
  DEPOSIT_POOL_REFILL_FAILED: {
    code: 'HVN-CUST-022',
    level: 'ERROR',
    text: 'Deposit wallet not made, the next refill tries again',
  },
  DEPOSIT_POOL_STATUS: { code: 'HVN-CUST-023', level: 'WARN', text: 'The pool of deposit wallets stands differently' },
  DEPOSIT_POOL_KICK_NOT_SENT: {
    code: 'HVN-CUST-024',
    level: 'WARN',
    text: 'Refill of the pool of deposit wallets not kicked, the schedule will',
  },
  DEPOSIT_WALLET_RETIRED: {
    code: 'HVN-CUST-025',
    level: 'WARN',
    text: 'Deposit wallet taken out of the pool, it may not be used',
  },
  MESSAGE_SIGNED: { code: 'HVN-CUST-002', level: 'INFO', text: 'Message signed' },
  MESSAGE_REFUSED: { code: 'HVN-CUST-003', level: 'WARN', text: 'Message not signed' },
  WALLET_ROTATED: { code: 'HVN-CUST-030', level: 'WARN', text: 'Wallet rotated' },
  SWEEP_REQUESTED: { code: 'HVN-CUST-031', level: 'WARN', text: 'Sweep of a rotated wallet requested' },
  WALLET_REVOKED: { code: 'HVN-CUST-032', level: 'WARN', text: 'Wallet revoked' },
  DUAL_CONTROL_STEP: { code: 'HVN-CUST-010', level: 'WARN', text: 'An export or destruction of a key moved on' },
  KEY_DESTRUCTION_FAILED: { code: 'HVN-CUST-011', level: 'ERROR', text: 'Key not destroyed, tried again' },
  ALERT_RECORDED: { code: 'HVN-ALR-001', level: 'WARN', text: 'Alert recorded' },
  KMS_KEY_UNACCOUNTED: {
    code: 'HVN-CUST-012',
    level: 'ERROR',
    text: 'It is not known whether KMS made a key for a wallet',
  },
  AUDIT_BROKEN: { code: 'HVN-AUD-001', level: 'ERROR', text: 'Audit stream does not verify' },
  AUDIT_ANCHOR_BROKEN: { code: 'HVN-AUD-003', level: 'ERROR', text: 'An anchor of the audit streams does not verify' },
  AUDIT_ANCHORED: { code: 'HVN-AUD-004', level: 'INFO', text: 'Audit streams anchored' },
  KICK_NOT_SENT: { code: 'HVN-LANE-001', level: 'WARN', text: 'Lane not kicked, the schedule will' },
  LANES_KICKED: { code: 'HVN-LANE-002', level: 'INFO', text: 'Lanes with work kicked' },
  LANE_RUN: { code: 'HVN-LANE-003', level: 'INFO', text: 'Lane worked' },
  LANE_FAILED: { code: 'HVN-LANE-004', level: 'ERROR', text: 'Lane run failed, the message will return' },
  LANE_RACED: { code: 'HVN-LANE-005', level: 'INFO', text: 'Another driver moved the lane, reloading' },
  TRANSACTIONS_SIGNED: { code: 'HVN-LANE-006', level: 'INFO', text: 'Transactions signed and claimed' },
  BROADCAST_REFUSED: { code: 'HVN-LANE-007', level: 'WARN', text: 'Node refused a signed transaction' },
  TRANSACTION_REORGED: { code: 'HVN-LANE-008', level: 'WARN', text: 'Mined transaction left the chain' },
  LANE_HELD: { code: 'HVN-LANE-009', level: 'WARN', text: 'Lane waits' },
  TRANSACTIONS_FINAL: { code: 'HVN-LANE-010', level: 'INFO', text: 'Transactions reached a final state' },
  NONCE_USED_BY_OTHERS: {
    code: 'HVN-LANE-011',
    level: 'ERROR',
    text: 'A nonce was used by a transaction that Haven did not sign',
  },
  REVOKED_QUEUE_FAILED: { code: 'HVN-LANE-018', level: 'WARN', text: 'Queued transactions of a revoked wallet failed' },
  GAP_FILLED: { code: 'HVN-LANE-013', level: 'WARN', text: 'Free nonces below one in flight are used up' },
  NONCE_UNEXPLAINED: {
    code: 'HVN-LANE-015',
    level: 'ERROR',
    text: 'A nonce is used, and nobody can tell by which transaction',
  },
  NONCE_GAP_SEEN: {
    code: 'HVN-LANE-014',
    level: 'WARN',
    text: 'The chain has used fewer nonces than were counted',
  },
  FINALITY_DISPUTED: {
    code: 'HVN-LANE-016',
    level: 'ERROR',
    text: 'Two RPC endpoints contradict each other about what would be final',
  },
  SECOND_OPINION_MISSING: {
    code: 'HVN-LANE-017',
    level: 'ERROR',
    text: 'What would be final waits, because no other RPC endpoint can confirm it',
  },
  UNREADABLE_KICK: { code: 'HVN-LANE-012', level: 'ERROR', text: 'Kick message could not be read' },
  USER_CREATED: { code: 'HVN-USER-001', level: 'INFO', text: 'User created' },
  USER_CHANGED: { code: 'HVN-USER-002', level: 'INFO', text: 'User changed' },
  REDEMPTION_ENDED: { code: 'HVN-TOK-001', level: 'INFO', text: 'Redemption ended' },
  OUTBOX_DELIVERED: { code: 'HVN-OUT-001', level: 'INFO', text: 'Outbox delivered' },
  OUTBOX_FAILED: { code: 'HVN-OUT-002', level: 'ERROR', text: 'Outbox message could not be delivered, stays' },
  OUTBOX_WAKE_NOT_SENT: {
    code: 'HVN-OUT-003',
    level: 'WARN',
    text: 'Outbox worker not woken, the schedule will',
  },
  UNREADABLE_OUTBOX_WAKE: { code: 'HVN-OUT-004', level: 'ERROR', text: 'Outbox wake could not be read' },
  BATCH_LEFT_OPEN: {
    code: 'HVN-BAT-001',
    level: 'ERROR',
    text: 'Members of an accepted batch not stored yet, the schedule will',
  },
  BATCH_FINISHED: { code: 'HVN-BAT-002', level: 'WARN', text: 'Members of a batch that was left open are stored' },
  BALANCE_LOW: { code: 'HVN-LANE-020', level: 'WARN', text: 'A wallet has too little of the coin of its chain' },
  TOP_UP_ACCEPTED: { code: 'HVN-TOP-001', level: 'INFO', text: 'Top-up of a wallet accepted' },
  TOP_UP_FAILED: { code: 'HVN-TOP-002', level: 'ERROR', text: 'A wallet cannot be topped up now, tried again' },
  TOP_UP_GIVEN_UP: {
    code: 'HVN-TOP-003',
    level: 'ERROR',
    text: 'Top-ups of a wallet keep failing, none is sent until it is no longer low',
  },
  TOP_UPS_CUT_OFF: { code: 'HVN-TOP-004', level: 'ERROR', text: 'No time to look at all wallets that run low' },
  TOP_UP_DISPUTED: {
    code: 'HVN-TOP-005',
    level: 'ERROR',
    text: 'A wallet row says another address than its policy, nothing is sent',
  },
  SWEEP_ACCEPTED: { code: 'HVN-SWP-001', level: 'INFO', text: 'Transaction that sweeps a rotated wallet accepted' },
  SWEEP_DONE: { code: 'HVN-SWP-002', level: 'INFO', text: 'A rotated wallet was swept' },
  SWEEP_FAILED: { code: 'HVN-SWP-003', level: 'ERROR', text: 'A rotated wallet was not swept whole' },
  SWEEP_HELD: { code: 'HVN-SWP-004', level: 'WARN', text: 'A sweep cannot go on now, tried again' },
  SWEEP_DISPUTED: {
    code: 'HVN-SWP-006',
    level: 'ERROR',
    text: 'A wallet row names another successor than its key state',
  },
  SWEEP_RECALLED: {
    code: 'HVN-SWP-007',
    level: 'WARN',
    text: 'Transaction of a sweep ended before it was signed, its successor is none any more',
  },
  SWEEPS_CUT_OFF: { code: 'HVN-SWP-005', level: 'ERROR', text: 'No time to look at all sweeps' },
  RPC_ENDPOINT_FAILED: { code: 'HVN-RPC-001', level: 'WARN', text: 'RPC endpoint failed, trying the next' },
  RPC_ENDPOINT_WRONG_CHAIN: {
    code: 'HVN-RPC-002',
    level: 'ERROR',
    text: 'RPC endpoint serves another chain, not used',
  },
  RPC_ENDPOINT_AHEAD: {
    code: 'HVN-RPC-004',
    level: 'WARN',
    text: 'RPC endpoint names a head from the future, not used',
  },
  RPC_ENDPOINT_FAR_AHEAD: {
    code: 'HVN-RPC-006',
    level: 'WARN',
    text: 'RPC endpoint names a block that no other comes near, not used',
  },
  RPC_ENDPOINT_OUTVOTED: {
    code: 'HVN-RPC-005',
    level: 'ERROR',
    text: 'Two others contradict an RPC endpoint, used after them',
  },
  RPC_ENDPOINT_LAGS: { code: 'HVN-RPC-003', level: 'WARN', text: 'RPC endpoint lags behind others, not used' },
  CIRCUIT_OPENED: { code: 'HVN-BRK-001', level: 'WARN', text: 'Circuit opened' },
  CIRCUIT_CHANGED: { code: 'HVN-BRK-002', level: 'INFO', text: 'Circuit half open or closed' },
  BREAKER_STORE_UNAVAILABLE: {
    code: 'HVN-BRK-003',
    level: 'ERROR',
    text: 'Circuit breaker store unavailable, calls let through',
  },
} as const satisfies Record<string, LogMessageEntry>;

/** The name of a message of the catalogue. */
export type LogMessage = keyof typeof logMessages;
