import * as z from 'zod';
import { fieldError } from '#shared/platform/http/validation.ts';
import type { TypedDataTypes } from './typed-data-field.ts';
import { shapeOf, type TypeShape } from './typed-data-types.ts';

const objectSchema = z.record(z.string(), z.unknown());

/** How each kind of atom is written in JSON. Whether a number fits its width is the encoder's to say. */
const ATOMS: readonly { readonly type: RegExp; readonly value: z.ZodType; readonly what: string }[] = [
  { type: /^bool$/, value: z.boolean(), what: 'true or false' },
  { type: /^string$/, value: z.string().refine((text) => text.isWellFormed()), what: 'a text' },
  { type: /^address$/, value: z.string().regex(/^0x[0-9a-fA-F]{40}$/), what: 'an address' },
  { type: /^bytes/, value: z.string().regex(/^0x(?:[0-9a-fA-F]{2})*$/), what: 'bytes as hex' },
  {
    type: /int/,
    value: z.union([z.number().int(), z.string().regex(/^(?:-?(?:0|[1-9]\d{0,77})|0x[0-9a-fA-F]{1,64})$/)]),
    what: 'a whole number, as a decimal string when it is large',
  },
];

/**
 * Checks that a value is written as its type says, with every field of its struct and no other.
 *
 * @param path where it is, for errors
 * @throws INVALID_PARAMETER
 */
export function checkValue(shape: TypeShape, value: unknown, types: TypedDataTypes, path: string): void {
  if (shape.kind === 'atom') {
    const atom = ATOMS.find(({ type }) => type.test(shape.name));
    if (atom === undefined || !atom.value.safeParse(value).success) {
      throw fieldError('INVALID_PARAMETER', path, `must be ${atom?.what ?? 'of a known type'}`);
    }
    return;
  }
  if (shape.kind === 'array') {
    if (!Array.isArray(value) || (shape.length !== undefined && value.length !== shape.length)) {
      throw fieldError(
        'INVALID_PARAMETER',
        path,
        `must be a list${shape.length === undefined ? '' : ` of ${shape.length}`}`,
      );
    }
    for (const [index, item] of value.entries()) checkValue(shape.of, item, types, `${path}[${index}]`);
    return;
  }
  checkStruct(shape.name, value, types, path);
}

function checkStruct(name: string, value: unknown, types: TypedDataTypes, path: string): void {
  const fields = types[name] ?? [];
  const members = objectSchema.safeParse(value).data;
  if (members === undefined) throw fieldError('INVALID_PARAMETER', path, `must be a ${name}`);
  // What no struct has is not signed, and so must not be shown either.
  if (Object.keys(members).length !== fields.length || !fields.every((field) => Object.hasOwn(members, field.name))) {
    throw fieldError('INVALID_PARAMETER', path, `must have the fields of ${name}, and no others`);
  }
  for (const field of fields) {
    const shape = shapeOf(field.type, types);
    // A struct inside of itself ends where its JSON does: the body's depth is capped.
    if (shape === undefined) throw fieldError('INVALID_PARAMETER', path, 'has an unknown type');
    checkValue(shape, members[field.name], types, `${path}.${field.name}`);
  }
}
