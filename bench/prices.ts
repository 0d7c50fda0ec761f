/**
 * Since when AWS publishes these prices: DynamoDB's are of 1 November 2024, the others are older. They are written down
 * here and not read anew on the day of a run: look at the pages before deciding by them.
 */
export const PRICES_SINCE = '1 November 2024';

/** A list price of us-east-1, on demand, without the free tier. In picodollars (10^-12 USD): every price is whole then. */
export interface Price {
  /** What one of it is. */
  readonly unit: string;
  readonly picoUsd: bigint;
  readonly source: string;
}

/** What Haven's transactions use of AWS, and what one of it costs. */
export const prices = {
  dynamoWriteUnit: {
    unit: 'DynamoDB write request unit (0.625 USD a million)',
    picoUsd: 625_000n,
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  dynamoReadUnit: {
    unit: 'DynamoDB read request unit (0.125 USD a million)',
    picoUsd: 125_000n,
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  kmsRequest: {
    unit: 'KMS request on a symmetric key (0.03 USD per 10,000)',
    picoUsd: 3_000_000n,
    source: 'https://aws.amazon.com/kms/pricing/',
  },
  kmsSignature: {
    unit: 'KMS signature with an elliptic-curve key (0.15 USD per 10,000)',
    picoUsd: 15_000_000n,
    source: 'https://aws.amazon.com/kms/pricing/',
  },
  sqsFifoRequest: {
    unit: 'SQS FIFO request (0.50 USD a million)',
    picoUsd: 500_000n,
    source: 'https://aws.amazon.com/sqs/pricing/',
  },
  apiRequest: {
    unit: 'API Gateway REST request (3.50 USD a million)',
    picoUsd: 3_500_000n,
    source: 'https://aws.amazon.com/api-gateway/pricing/',
  },
  lambdaRequest: {
    unit: 'Lambda request (0.20 USD a million)',
    picoUsd: 200_000n,
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
  lambdaGigabyteSecond: {
    unit: 'Lambda GB-second on arm64 (0.0000133334 USD)',
    picoUsd: 13_333_400n,
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
} as const satisfies Readonly<Record<string, Price>>;

/** What has a price. */
export type Priced = keyof typeof prices;

/** Amounts of what has a price. */
export type Consumption = Readonly<Partial<Record<Priced, number>>>;

/** Amounts are counted to the thousandth: half units and seconds are no whole numbers. */
const AMOUNT_SCALE = 1_000;

/** What an amount costs, in picodollars. */
export function costPicoUsd(priced: Priced, amount: number): bigint {
  return (BigInt(Math.round(amount * AMOUNT_SCALE)) * prices[priced].picoUsd) / BigInt(AMOUNT_SCALE);
}

/** What a consumption costs, in picodollars. */
export function totalPicoUsd(consumption: Consumption): bigint {
  return pricedNames()
    .map((name) => costPicoUsd(name, consumption[name] ?? 0))
    .reduce((sum, cost) => sum + cost, 0n);
}

/** Everything that has a price. */
export function pricedNames(): readonly Priced[] {
  return [
    'dynamoWriteUnit',
    'dynamoReadUnit',
    'kmsRequest',
    'kmsSignature',
    'sqsFifoRequest',
    'apiRequest',
    'lambdaRequest',
    'lambdaGigabyteSecond',
  ];
}

const PICO_PER_HUNDREDTH_CENT = 100_000_000n;

/** Dollars with four decimals. */
export function formatUsd(picoUsd: bigint): string {
  const rounded = (picoUsd + PICO_PER_HUNDREDTH_CENT / 2n) / PICO_PER_HUNDREDTH_CENT;
  return `${rounded / 10_000n}.${String(rounded % 10_000n).padStart(4, '0')}`;
}
