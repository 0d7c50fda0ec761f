/** The class of an error, as clients and dashboards group them. */
export type ErrorClass =
  | 'ValidationError'
  | 'AuthenticationError'
  | 'AuthorizationError'
  | 'NotFound'
  | 'Conflict'
  | 'PreconditionFailed'
  | 'IdempotencyError'
  | 'RateLimitError'
  | 'BusinessLogicError'
  | 'SystemError'
  | 'BlockchainError'
  | 'Unavailable';

interface CatalogueEntry {
  readonly class: ErrorClass;
  /** The HTTP status. */
  readonly status: number;
  /** The short, constant title of RFC 9457. */
  readonly title: string;
  /** A sentence that is safe and useful to show to an end user. */
  readonly userMessage: string;
}

const invalid = (title: string, userMessage: string, status = 400): CatalogueEntry => ({
  class: 'ValidationError',
  status,
  title,
  userMessage,
});
const notFound = (title: string, thing: string): CatalogueEntry => ({
  class: 'NotFound',
  status: 404,
  title,
  userMessage: `We could not find that ${thing}.`,
});
const conflict = (title: string, userMessage: string): CatalogueEntry => ({
  class: 'Conflict',
  status: 409,
  title,
  userMessage,
});
const TRY_AGAIN = 'Something went wrong on our side. Please try again.';
const system = (title: string): CatalogueEntry => ({
  class: 'SystemError',
  status: 500,
  title,
  userMessage: TRY_AGAIN,
});
const blockchain = (title: string): CatalogueEntry => ({
  class: 'BlockchainError',
  status: 502,
  title,
  userMessage: 'The blockchain could not be reached or refused the request. Please try again.',
});

/**
 * Every error that can reach a client: the one source of codes, statuses and texts.
 * docs/errors.md is generated from it. Format: RFC 9457, https://www.rfc-editor.org/rfc/rfc9457.
 */
export const errorCatalogue = {
  INVALID_ADDRESS: invalid('Invalid address', 'That is not a valid Ethereum address.'),
  INVALID_AMOUNT: invalid('Invalid amount', 'That is not a valid amount.'),
  INVALID_PARAMETER: invalid('Invalid parameter', 'Something in the request is not valid.'),
  UNKNOWN_FIELD: invalid('Unknown field', 'The request has a field that is not known.'),
  MISSING_IDEMPOTENCY_KEY: invalid('Missing Idempotency-Key', 'The request must carry an Idempotency-Key.'),
  PAYLOAD_TOO_LARGE: invalid('Payload too large', 'The request is too large.', 413),
  UNSUPPORTED_MEDIA_TYPE: invalid('Unsupported media type', 'The request must be JSON.', 415),
  UNAUTHENTICATED: {
    class: 'AuthenticationError',
    status: 401,
    title: 'Not authenticated',
    userMessage: 'Please sign in again.',
  },
  INVALID_SIGNATURE: {
    class: 'AuthenticationError',
    status: 401,
    title: 'Invalid signature',
    userMessage: 'The signature of the request is not valid.',
  },
  FORBIDDEN: {
    class: 'AuthorizationError',
    status: 403,
    title: 'Forbidden',
    userMessage: 'You may not do that.',
  },
  ADDRESS_NOT_ALLOWED: {
    class: 'AuthorizationError',
    status: 403,
    title: 'Address not allowed',
    userMessage: 'That destination is not on the list of allowed addresses.',
  },
  POLICY_VIOLATION: {
    class: 'AuthorizationError',
    status: 403,
    title: 'Policy violation',
    userMessage: "The wallet's policy does not allow that.",
  },
  KYC_REQUIRED: {
    class: 'AuthorizationError',
    status: 403,
    title: 'Identity check required',
    userMessage: 'Please complete the identity check first.',
  },
  NOT_FOUND: notFound('Route not found', 'route'),
  PROCESSOR_NOT_FOUND: notFound('Processor not found', 'payment processor'),
  USER_NOT_FOUND: notFound('User not found', 'user'),
  WALLET_NOT_FOUND: notFound('Wallet not found', 'wallet'),
  TRANSACTION_NOT_FOUND: notFound('Transaction not found', 'transaction'),
  ORDER_NOT_FOUND: notFound('Order not found', 'order'),
  PRODUCT_NOT_FOUND: notFound('Product not found', 'product'),
  STOCK_REPORT_NOT_FOUND: notFound('Stock report not found', 'stock report'),
  CART_NOT_FOUND: notFound('Cart not found', 'cart'),
  SWEEP_NOT_FOUND: notFound('Sweep not found', 'sweep'),
  REDEMPTION_NOT_FOUND: notFound('Redemption not found', 'redemption'),
  EXPORT_NOT_FOUND: notFound('Export not found', 'export'),
  DESTRUCTION_NOT_FOUND: notFound('Destruction not found', 'destruction'),
  API_KEY_NOT_FOUND: notFound('API key not found', 'API key'),
  WEBHOOK_ENDPOINT_NOT_FOUND: notFound('Webhook endpoint not found', 'webhook endpoint'),
  WEBHOOK_DELIVERY_NOT_FOUND: notFound('Webhook delivery not found', 'webhook delivery'),
  CIRCUIT_NOT_FOUND: notFound('Circuit not found', 'circuit'),
  QUEUE_NOT_FOUND: notFound('Queue not found', 'queue'),
  ERROR_NOT_FOUND: notFound('Error not found', 'error'),
  ALERT_NOT_FOUND: notFound('Alert not found', 'alert'),
  ALERT_CHANNEL_NOT_FOUND: notFound('Alert channel not found', 'alert channel'),
  TOKEN_NOT_CONFIGURED: notFound('Token not configured', 'token'),
  TREASURY_NOT_CONFIGURED: notFound('Treasury not configured', 'treasury'),
  DUPLICATE_TRANSACTION: conflict('Duplicate transaction', 'That transaction exists already.'),
  DUPLICATE_REFERENCE: conflict('Duplicate reference', 'That reference has been used already.'),
  WALLET_ALREADY_EXISTS: conflict('Wallet already exists', 'That wallet exists already.'),
  WALLET_REVOKED: conflict('Wallet revoked', 'That wallet was revoked.'),
  WALLET_ROTATED: conflict('Wallet rotated', 'Another wallet has taken the place of that wallet.'),
  PRODUCT_ALREADY_EXISTS: conflict('Product already exists', 'That product exists already.'),
  USER_ALREADY_EXISTS: conflict('User already exists', 'That user exists already.'),
  IDEMPOTENCY_IN_PROGRESS: conflict('Request in progress', 'The same request is still being processed.'),
  INVALID_TRANSITION: conflict('Invalid transition', 'That is not possible in the present state.'),
  KEY_NOT_AVAILABLE: conflict('Key not available', 'The key of that wallet cannot be had.'),
  PRICE_CHANGED: conflict('Price changed', 'A price has changed. Please review your cart.'),
  CART_TAMPERED: conflict('Cart tampered', 'Your cart could not be verified. Please start again.'),
  CART_EXPIRED: conflict('Cart expired', 'Your cart has expired. Please start again.'),
  OUT_OF_STOCK: conflict('Out of stock', 'That is out of stock.'),
  WRITE_CONFLICT: conflict('Write conflict', 'Others are changing the same thing. Please try again.'),
  VERSION_MISMATCH: {
    class: 'PreconditionFailed',
    status: 412,
    title: 'Version mismatch',
    userMessage: 'It has been changed meanwhile. Please reload.',
  },
  IDEMPOTENCY_MISMATCH: {
    class: 'IdempotencyError',
    status: 422,
    title: 'Idempotency-Key reused',
    userMessage: 'The same Idempotency-Key was used for another request.',
  },
  RATE_LIMITED: {
    class: 'RateLimitError',
    status: 429,
    title: 'Rate limited',
    userMessage: 'Too many requests. Please wait a moment.',
  },
  INSUFFICIENT_BALANCE: {
    class: 'BusinessLogicError',
    status: 400,
    title: 'Insufficient balance',
    userMessage: 'The balance is not sufficient.',
  },
  REDEMPTION_FAILED: {
    class: 'BusinessLogicError',
    status: 400,
    title: 'Redemption failed',
    userMessage: 'The redemption failed.',
  },
  DATABASE_ERROR: system('Database error'),
  KEY_DECRYPTION_FAILED: system('Key decryption failed'),
  CONFIGURATION: system('Configuration error'),
  INTERNAL: system('Internal error'),
  RPC_CONNECTION: blockchain('RPC connection failed'),
  NONCE_ERROR: blockchain('Nonce error'),
  GAS_PRICE: blockchain('Gas price error'),
  CONTRACT_REVERT: blockchain('Contract reverted'),
  TRANSACTION_TIMEOUT: blockchain('Transaction timed out'),
  TRANSACTION_REFUSED: blockchain('Transaction refused by the nodes'),
  OUTCOME_UNKNOWN: {
    class: 'Unavailable',
    status: 504,
    title: 'Outcome unknown',
    userMessage: 'That took too long. Please check before you try again.',
  },
  ANCHORS_UNAVAILABLE: {
    class: 'Unavailable',
    status: 503,
    title: 'Anchors unavailable',
    userMessage: TRY_AGAIN,
  },
  QUEUES_UNAVAILABLE: {
    class: 'Unavailable',
    status: 503,
    title: 'Queues unavailable',
    userMessage: TRY_AGAIN,
  },
  NOT_READY: {
    class: 'Unavailable',
    status: 503,
    title: 'Not ready',
    userMessage: 'A service we depend on is unavailable. Please try again shortly.',
  },
  DEPOSIT_POOL_EMPTY: {
    class: 'Unavailable',
    status: 503,
    title: 'No deposit wallet available',
    userMessage: 'We cannot take orders at the moment. Please try again shortly.',
  },
  PRICE_UNAVAILABLE: {
    class: 'Unavailable',
    status: 503,
    title: 'No usable price',
    userMessage: 'We cannot tell the price at the moment. Please try again shortly.',
  },
  CIRCUIT_OPEN: {
    class: 'Unavailable',
    status: 503,
    title: 'Temporarily unavailable',
    userMessage: 'A service we depend on is unavailable. Please try again shortly.',
  },
} as const satisfies Record<string, CatalogueEntry>;

/** A stable code of the catalogue; the `error` field of every problem document. */
export type ErrorCode = keyof typeof errorCatalogue;

/** Tells whether a text is a code of the catalogue. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCatalogue, text);
}
