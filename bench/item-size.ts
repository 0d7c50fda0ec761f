import * as z from 'zod';

/** One attribute as it goes over the wire. Sets are left out: Haven stores none. */
export type Attribute =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }
  | { readonly BOOL: boolean }
  | { readonly NULL: boolean }
  | { readonly L: readonly Attribute[] }
  | { readonly M: Item };

/** An item as it goes over the wire, marshalled. */
export type Item = Readonly<Record<string, Attribute>>;

/** Reads one marshalled attribute. */
const attributeSchema: z.ZodType<Attribute> = z.lazy(() =>
  z.union([
    z.strictObject({ S: z.string() }),
    z.strictObject({ N: z.string() }),
    z.strictObject({ B: z.instanceof(Uint8Array) }),
    z.strictObject({ BOOL: z.boolean() }),
    z.strictObject({ NULL: z.boolean() }),
    z.strictObject({ L: z.array(attributeSchema) }),
    z.strictObject({ M: z.record(z.string(), attributeSchema) }),
  ]),
);

/** Reads a marshalled item. */
export const itemSchema: z.ZodType<Item> = z.record(z.string(), attributeSchema);

/** What a list or map costs whatever is in it, and what each of its elements costs on top. */
const CONTAINER_BYTES = 3;
const ELEMENT_BYTES = 1;

/**
 * The size by which DynamoDB bills an item: names and values of its attributes.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + attributeBytes(value), 0);
}

function attributeBytes(value: Attribute): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return numberBytes(value.N);
  if ('B' in value) return value.B.byteLength;
  if ('L' in value) {
    return value.L.reduce((sum, element) => sum + ELEMENT_BYTES + attributeBytes(element), CONTAINER_BYTES);
  }
  if ('M' in value) return CONTAINER_BYTES + ELEMENT_BYTES * Object.keys(value.M).length + itemBytes(value.M);
  return 1;
}

/** A byte for every two significant digits, and one more. AWS calls this approximate. */
function numberBytes(text: string): number {
  const [mantissa = ''] = text.toLowerCase().split('e');
  const digits = mantissa.replace(/[-+]/g, '').replace(/^0+(?=\d)/, '');
  const significant = digits.includes('.')
    ? digits.replace('.', '').replace(/^0+/, '').replace(/0+$/, '')
    : digits.replace(/0+$/, '');
  return Math.ceil(significant.length / 2) + 1;
}
