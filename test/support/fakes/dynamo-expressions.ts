import * as z from 'zod';

/** An item in DynamoDB's attribute notation, as on the wire. */
export type WireItem = Readonly<Record<string, unknown>>;

/** What the names and values in an expression stand for. */
interface Terms {
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: WireItem;
}

/** An update of the item that has a key. */
interface Update extends Terms {
  readonly Key: WireItem;
  readonly UpdateExpression: string;
}

const scalarSchema = z.union([z.object({ S: z.string() }), z.object({ N: z.string() })]);
const numberSchema = z.object({ N: z.string() });
const setSchema = z.object({ SS: z.array(z.string()) });

/** Whether a condition holds of an item; fails on a form that Haven does not use. */
export function isTrue(expression: string, item: WireItem | undefined, terms: Terms): boolean {
  return expression
    .replaceAll(/(#?\w+) BETWEEN (:\w+) AND (:\w+)/g, '$1 >= $2 AND $1 <= $3')
    .split(' OR ')
    .some((part) => part.split(' AND ').every((term) => isTermTrue(term, item ?? {}, terms)));
}

function isTermTrue(term: string, item: WireItem, terms: Terms): boolean {
  const [, call, callName, callValue] = /^(\w+)\((#?\w+)(?:, (:\w+))?\)$/.exec(term) ?? [];
  const [, measured = '', most = ''] = /^size\((#?\w+)\) < (:\w+)$/.exec(term) ?? [];
  if (measured !== '') {
    const { SS } = setSchema.parse(item[terms.ExpressionAttributeNames[measured] ?? measured]);
    return SS.length < Number(numberSchema.parse(terms.ExpressionAttributeValues[most]).N);
  }
  const [, name, operator, value = ''] = /^(#?\w+) (=|<>|<=|>=|<|>) ([:#]?\w+)$/.exec(term) ?? [];
  const attributeOf = (of: string) => item[terms.ExpressionAttributeNames[of] ?? of];
  const attribute = attributeOf(callName ?? name ?? '');
  const operand =
    value === '' || value.startsWith(':') ? terms.ExpressionAttributeValues[callValue ?? value] : attributeOf(value);
  if (call === 'attribute_exists') return attribute !== undefined;
  if (call === 'attribute_not_exists') return attribute === undefined;
  if (call === 'begins_with') return text(attribute).startsWith(text(operand));
  if (attribute === undefined || operand === undefined) return false;
  if (operator === '<>') return JSON.stringify(attribute) !== JSON.stringify(operand);
  if (operator === '<=') return compare(attribute, operand) <= 0;
  if (operator === '>=') return compare(attribute, operand) >= 0;
  if (operator === '=') return JSON.stringify(attribute) === JSON.stringify(operand);
  if (operator === '<') return compare(attribute, operand) < 0;
  if (operator === '>') return compare(attribute, operand) > 0;
  throw new Error(`The memory tables do not know the condition ${term}`);
}

/** The order of two values of one type, as of sort keys. */
export function compare(a: unknown, b: unknown): number {
  const [left, right] = [scalarSchema.parse(a), scalarSchema.parse(b)];
  if ('N' in left && 'N' in right) return Number(left.N) - Number(right.N);
  const [leftText, rightText] = [text(a), text(b)];
  return leftText < rightText ? -1 : leftText > rightText ? 1 : 0;
}

function text(value: unknown): string {
  const scalar = scalarSchema.safeParse(value).data;
  return scalar === undefined ? '' : 'S' in scalar ? scalar.S : scalar.N;
}

/** What an update makes of an item; fails on a form that Haven does not use. */
export function updated(update: Update, existing: WireItem | undefined): WireItem {
  const [, assignments, added, removed] =
    /^SET (.*?)(?: ADD (.*?))?(?: REMOVE (.*))?$/.exec(update.UpdateExpression) ?? [];
  if (assignments === undefined) throw new Error(`The memory tables do not know the update ${update.UpdateExpression}`);
  const nameOf = (name: string) => update.ExpressionAttributeNames[name] ?? name;
  const operand = (text: string) =>
    text.startsWith(':') ? update.ExpressionAttributeValues[text] : existing?.[nameOf(text)];
  const number = (text: string) => Number(numberSchema.parse(operand(text)).N);
  const set = assignments.split(/, (?![^(]*\))/).map((assignment) => {
    const [name = '', value = ''] = assignment.split(' = ');
    const [, ifNone = '', fallback = ''] = /^if_not_exists\((\S+), (\S+)\)$/.exec(value) ?? [];
    if (ifNone !== '') return [nameOf(name), operand(ifNone) ?? operand(fallback)] as const;
    const [, left = '', operator, right = ''] = /^(\S+) ([+-]) (\S+)$/.exec(value) ?? [];
    if (operator === undefined) return [nameOf(name), operand(value)] as const;
    const sum = operator === '+' ? number(left) + number(right) : number(left) - number(right);
    return [nameOf(name), { N: String(sum) }] as const;
  });
  const add = (added ?? '').split(', ').flatMap((addition): (readonly [string, unknown])[] => {
    const [name = '', value = ''] = addition.split(' ');
    if (name === '') return [];
    const added = setSchema.safeParse(operand(value));
    if (added.success) {
      const standing = setSchema.safeParse(existing?.[nameOf(name)]).data?.SS ?? [];
      return [[nameOf(name), { SS: [...new Set([...standing, ...added.data.SS])] }] as const];
    }
    const before = existing?.[nameOf(name)] === undefined ? 0 : number(name);
    return [[nameOf(name), { N: String(before + number(value)) }] as const];
  });
  const gone = new Set(removed?.split(', ').map(nameOf));
  const left = Object.entries({ ...update.Key, ...existing }).filter(([name]) => !gone.has(name));
  return { ...Object.fromEntries(left), ...Object.fromEntries([...set, ...add]) };
}
