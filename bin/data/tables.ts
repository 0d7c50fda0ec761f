/** The tables of a stage, by the last part of their names: all that an export holds. A test holds this list against the templates. */
export const TABLES = [
  'ledger',
  'shop',
  'audit',
  'keys',
  'approvals',
  'access',
  'logs',
  'notify',
  'ephemeral',
] as const;

/** The last part of a table's name. */
export type TableName = (typeof TABLES)[number];

/** A table's name in AWS. */
export function tableOf(stage: string, name: TableName): string {
  return `haven-${stage}-${name}`;
}
