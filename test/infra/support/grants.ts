import * as z from 'zod';
import { actionsOverlap, overlap } from './patterns.ts';
import type { StageTemplates } from './stage-templates.ts';

const textsSchema = z
  .union([z.string(), z.array(z.string())])
  .transform((texts) => (typeof texts === 'string' ? [texts] : texts));

/** A statement of an IAM policy document. */
export const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.unknown().optional(),
  Action: textsSchema.optional(),
  NotAction: textsSchema.optional(),
  Resource: textsSchema.optional(),
  NotResource: textsSchema.optional(),
  Condition: z.record(z.string(), z.unknown()).optional(),
});

/** A policy document. */
export const documentSchema = z.object({ Statement: z.array(statementSchema) });

/** One thing that a role may do. */
export interface Grant {
  /** As the policy has it; may hold wildcards. */
  readonly action: string;
  /** As the policy has it, references resolved; may hold wildcards. */
  readonly resource: string;
  readonly condition: Readonly<Record<string, unknown>> | undefined;
}

/** A role with everything that any stack lets it do. */
export interface Role {
  readonly name: string;
  /** The function that has it, without the stage's prefix; undefined for others' roles. */
  readonly functionName: string | undefined;
  readonly grants: readonly Grant[];
  /** ARNs of policies that no template spells out. */
  readonly foreignPolicies: readonly string[];
  readonly trust: z.output<typeof documentSchema>;
}

const roleSchema = z.object({
  RoleName: z.string().optional(),
  AssumeRolePolicyDocument: documentSchema,
  Policies: z.array(z.object({ PolicyDocument: documentSchema })).default([]),
  ManagedPolicyArns: z.array(z.string()).default([]),
});
const policySchema = z.object({
  PolicyDocument: documentSchema,
  Roles: z.array(z.string()).default([]),
  Users: z.array(z.string()).default([]),
  Groups: z.array(z.string()).default([]),
});
const managedPolicySchema = policySchema.extend({ ManagedPolicyName: z.string().optional() });
const functionSchema = z.object({ FunctionName: z.string(), Role: z.string() });

/** The types of IAM that the walk understands. Any other could grant what it does not see. */
const KNOWN_IAM_TYPES = new Set(['AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']);

/**
 * Walks all stacks of a stage for what each role may do: its own policies, those attached to it from other stacks, and
 * managed policies.
 */
export function rolesOf(templates: StageTemplates): readonly Role[] {
  const unknown = templates.resources().find(({ type }) => type.startsWith('AWS::IAM::') && !KNOWN_IAM_TYPES.has(type));
  if (unknown !== undefined) throw new Error(`The privilege walk does not know ${unknown.type}`);
  const attached = templates.all('AWS::IAM::Policy', policySchema);
  const managed = templates.all('AWS::IAM::ManagedPolicy', managedPolicySchema);
  const functions = templates.all('AWS::Lambda::Function', functionSchema);
  const prefix = templates.nameOf('');
  return templates.all('AWS::IAM::Role', roleSchema).map(({ stack, logicalId, properties }) => {
    const name = properties.RoleName ?? `${stack}.${logicalId}`;
    const arnEnd = `:role/${name}`;
    const ownManaged = managed.filter((policy) => {
      const policyName = policy.properties.ManagedPolicyName ?? `${policy.stack}.${policy.logicalId}`;
      return properties.ManagedPolicyArns.some((arn) => arn.endsWith(`:policy/${policyName}`));
    });
    const documents = [
      ...properties.Policies.map((policy) => policy.PolicyDocument),
      ...[...attached, ...managed]
        .filter((policy) => policy.properties.Roles.includes(name))
        .map((policy) => policy.properties.PolicyDocument),
      ...ownManaged.map((policy) => policy.properties.PolicyDocument),
    ];
    return {
      name,
      functionName: functions
        .find((fn) => fn.properties.Role.endsWith(arnEnd))
        ?.properties.FunctionName.slice(prefix.length),
      grants: documents.flatMap(grantsOf),
      foreignPolicies: properties.ManagedPolicyArns.filter((arn) => arn.startsWith('arn:aws:iam::aws:')),
      trust: properties.AssumeRolePolicyDocument,
    };
  });
}

/** Every pair of action and resource that a document allows. What it denies is left out of account: it may be lifted. */
function grantsOf(document: z.output<typeof documentSchema>): Grant[] {
  return document.Statement.filter((statement) => statement.Effect === 'Allow').flatMap((statement) => {
    // All but some is as good as all.
    const actions = statement.Action ?? ['*'];
    const resources = statement.Resource ?? ['*'];
    return actions.flatMap((action) =>
      resources.map((resource) => ({ action, resource, condition: statement.Condition })),
    );
  });
}

/**
 * The grants of a role that reach a resource.
 *
 * @param action a pattern of actions, such as `kms:*`
 * @param resources patterns of its ARNs
 */
export function reaching(role: Role, action: string, resources: readonly string[]): readonly Grant[] {
  return role.grants.filter(
    (grant) => actionsOverlap(grant.action, action) && resources.some((resource) => overlap(grant.resource, resource)),
  );
}
