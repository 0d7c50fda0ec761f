import * as z from 'zod';
import type { Grant, Role } from './grants.ts';
import type { Privileges } from './privilege-terms.ts';
import { StageArns } from './stage-arns.ts';
import type { StageTemplates } from './stage-templates.ts';

const rowsSchema = z.strictObject({
  'ForAllValues:StringLike': z.strictObject({ 'dynamodb:LeadingKeys': z.array(z.string()).min(1) }),
});
const otherRowsSchema = z.strictObject({
  'ForAllValues:StringNotLike': z.strictObject({ 'dynamodb:LeadingKeys': z.array(z.string()).min(1) }),
});
const attributesSchema = z.strictObject({
  'ForAllValues:StringEquals': z.strictObject({ 'dynamodb:Attributes': z.array(z.string()).min(1) }),
  // Without it a read that names no attribute would get all of them.
  StringEqualsIfExists: z.strictObject({ 'dynamodb:Select': z.literal('SPECIFIC_ATTRIBUTES') }),
});

/** A role's rights by resource, as in the privilege table. */
export function privilegesOf(role: Role, templates: StageTemplates): Privileges {
  const arns = new StageArns(templates);
  const byResource = Map.groupBy(role.grants, (grant) => `${arns.label(grant.resource)}${reachOf(grant)}`);
  return Object.fromEntries(
    [...byResource].map(([resource, grants]) => [resource, [...new Set(grants.map((grant) => grant.action))].sort()]),
  );
}

/** How far into a table a grant reaches: all of it, some partitions, some attributes. Conditions on keys are held against rules of their own. */
export function reachOf({ condition = {} }: Grant): string {
  const rows = rowsSchema.safeParse(condition).data;
  if (rows !== undefined)
    return ` rows ${[...rows['ForAllValues:StringLike']['dynamodb:LeadingKeys']].sort().join(', ')}`;
  const others = otherRowsSchema.safeParse(condition).data;
  if (others !== undefined)
    return ` rows but ${[...others['ForAllValues:StringNotLike']['dynamodb:LeadingKeys']].sort().join(', ')}`;
  const attributes = attributesSchema.safeParse(condition).data;
  if (attributes !== undefined) {
    return ` attributes ${[...attributes['ForAllValues:StringEquals']['dynamodb:Attributes']].sort().join(', ')}`;
  }
  return '';
}
