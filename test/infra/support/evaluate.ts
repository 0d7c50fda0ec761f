import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod';
import type { statementSchema } from './grants.ts';
import { actionsOverlap, overlap } from './patterns.ts';

type Statement = z.output<typeof statementSchema>;

/** What IAM knows of a request besides who, what and on what: values by condition key. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** One call of AWS, as IAM judges it. */
export interface AwsCall {
  readonly action: string;
  /** A concrete ARN. */
  readonly resource: string;
  readonly context?: RequestContext;
}

/**
 * Whether statements let a call through, as IAM evaluates them: one that allows, none that denies
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html). A condition that it doesn't know is an
 * error, not a guess.
 */
export function isAllowed(statements: readonly Statement[], call: AwsCall): boolean {
  const matching = statements.filter((statement) => matches(statement, call));
  return matching.some(({ Effect }) => Effect === 'Allow') && !matching.some(({ Effect }) => Effect === 'Deny');
}

function matches(statement: Statement, { action, resource, context = {} }: AwsCall): boolean {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement;
  const isAction = Action?.some((pattern) => actionsOverlap(pattern, action));
  const isNotAction = NotAction?.some((pattern) => actionsOverlap(pattern, action));
  const isResource = Resource?.some((pattern) => overlap(pattern, resource));
  const isNotResource = NotResource?.some((pattern) => overlap(pattern, resource));
  return (
    (isAction ?? isNotAction === false) &&
    (isResource ?? isNotResource === false) &&
    Object.entries(Condition).every(([operator, terms]) =>
      Object.entries(Object(terms)).every(([key, wanted]) => holds(operator, context[key], texts(wanted))),
    )
  );
}

/** One test of one key: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
function holds(operator: string, found: RequestContext[string] | undefined, wanted: readonly string[]): boolean {
  const [, set, name, ifExists] = /^(ForAllValues:|ForAnyValue:)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const test = TESTS[name ?? ''];
  if (test === undefined) throw new Error(`The evaluation does not know the condition ${operator}`);
  if (name === 'Null') return (found === undefined) === (wanted[0] === 'true');
  const values = found === undefined ? [] : texts(found);
  const isNegated = (name ?? '').includes('Not');
  const one = (value: string) => {
    const isMet = wanted.some((pattern) => test(value, pattern));
    return isNegated ? !isMet : isMet;
  };
  if (set === 'ForAllValues:') return values.every(one);
  if (set === 'ForAnyValue:') return values.some(one);
  // A key that is not there meets what is negated, and nothing else.
  if (found === undefined) return ifExists !== undefined || isNegated;
  return values.every(one);
}

const like = (value: string, pattern: string) => overlap(pattern, value);
const equal = (value: string, pattern: string) => isDeepStrictEqual(value, pattern);
const TESTS: Readonly<Record<string, (value: string, pattern: string) => boolean>> = {
  StringEquals: equal,
  StringNotEquals: equal,
  StringLike: like,
  StringNotLike: like,
  ArnEquals: like,
  ArnLike: like,
  Bool: (value, pattern) => value.toLowerCase() === pattern.toLowerCase(),
  Null: equal,
};

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [String(value)];
}
