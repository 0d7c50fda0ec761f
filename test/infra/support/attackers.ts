import * as z from 'zod';
import { FUNCTION_NAMES, type FunctionName } from '#lib/bundle.ts';
import { KEY_COMMANDS, KEY_ROLE_NAMES } from '#lib/stage/key-operators.ts';
import { type AwsCall, isAllowed } from './evaluate.ts';
import { documentSchema, type statementSchema } from './grants.ts';
import { ACCOUNT, keyId, REGION } from './physical-ids.ts';
import type { StageTemplates } from './stage-templates.ts';

/** Whoever may have been taken over: a function, or who runs a command on keys. */
export type Attacker = FunctionName | 'key-importer' | 'key-verifier' | 'key-reencrypter';

/** All of them, as far as a stage has them. */
export function attackersOf(templates: StageTemplates): readonly Attacker[] {
  const roles = KEY_COMMANDS.filter((command) => templates.config.key_operators.commands.includes(command));
  return [...FUNCTION_NAMES, ...roles.map((command) => KEY_ROLE_NAMES[command])].map((name) =>
    attackerSchema.parse(name),
  );
}

const attackerSchema = z.enum([...FUNCTION_NAMES, 'key-importer', 'key-verifier', 'key-reencrypter']);
const policySchema = z.object({ PolicyDocument: documentSchema, Roles: z.array(z.string()).default([]) });
const roleSchema = z.object({
  RoleName: z.string().optional(),
  Policies: z.array(z.object({ PolicyDocument: documentSchema })).default([]),
});
const functionSchema = z.object({
  FunctionName: z.string(),
  Role: z.string(),
  Environment: z.object({ Variables: z.object({ KMS_KEY_POLICY: z.string().optional() }) }),
});
const keySchema = z.object({ KeyPolicy: documentSchema });
type Statement = z.output<typeof statementSchema>;

/** The keys, tables and secrets of a stage, and what happens to a call that somebody makes with a role of it. */
export class Target {
  readonly walletKey: string;
  readonly anchorKey: string;
  /** A KMS key of some wallet of the kms tier. */
  readonly signingKey = `arn:aws:kms:${REGION}:${ACCOUNT}:key/00000000-0000-4000-8000-000000000001`;
  readonly #templates: StageTemplates;
  readonly #keyPolicies: ReadonlyMap<string, readonly Statement[]>;

  constructor(templates: StageTemplates) {
    this.#templates = templates;
    const keys = templates.all('AWS::KMS::Key', keySchema);
    const arnOf = (stack: string) => {
      const key = keys.find((one) => one.stack.endsWith(stack));
      if (key === undefined) throw new Error(`${stack} has no key`);
      return [`arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId(`${key.stack}.${key.logicalId}`)}`, key] as const;
    };
    const [walletKey, wallet] = arnOf('-Custody');
    const [anchorKey, anchor] = arnOf('-Anchors');
    const signing = templates
      .all('AWS::Lambda::Function', functionSchema)
      .flatMap(({ properties }) => properties.Environment.Variables.KMS_KEY_POLICY ?? []);
    this.walletKey = walletKey;
    this.anchorKey = anchorKey;
    this.#keyPolicies = new Map([
      [walletKey, wallet.properties.KeyPolicy.Statement],
      [anchorKey, anchor.properties.KeyPolicy.Statement],
      [this.signingKey, documentSchema.parse(JSON.parse(signing[0] ?? '')).Statement],
    ]);
  }

  /** A table's ARN. */
  table(name: string): string {
    return `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${this.#templates.nameOf(name)}`;
  }

  /** A secret's ARN. */
  secret(name: string): string {
    return `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:haven/${this.#templates.config.name}/${name}-AbCdEf`;
  }

  /** The ARN of an object in the bucket of anchors. */
  anchor(name: string): string {
    return `arn:aws:s3:::${this.#templates.nameOf('anchors')}-${ACCOUNT}-${REGION}/${name}`;
  }

  /** A function's ARN. */
  function(name: string): string {
    return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${this.#templates.nameOf(name)}`;
  }

  /**
   * Whether AWS would do what a taken-over role asks for. A KMS key's policy decides by itself about whom it names, and together
   * with IAM where it trusts the account.
   */
  lets(attacker: Attacker, call: AwsCall): boolean {
    const role = this.#roleOf(attacker);
    const own = this.#statementsOf(role);
    const keyPolicy = this.#keyPolicies.get(call.resource);
    if (keyPolicy === undefined) return isAllowed(own, call);
    const arn = `arn:aws:iam::${ACCOUNT}:role/${role}`;
    const named = keyPolicy.filter((statement) => principalsOf(statement).includes(arn));
    const root = keyPolicy.filter((statement) => principalsOf(statement).includes(`arn:aws:iam::${ACCOUNT}:root`));
    const denials = own.filter(({ Effect }) => Effect === 'Deny');
    return isAllowed([...named, ...denials], call) || (isAllowed(root, call) && isAllowed(own, call));
  }

  /** Who of all can do something. */
  whoCan(call: AwsCall): readonly Attacker[] {
    return attackersOf(this.#templates).filter((attacker) => this.lets(attacker, call));
  }

  #roleOf(attacker: Attacker): string {
    const name = this.#templates.nameOf(attacker);
    const found = this.#templates
      .all('AWS::Lambda::Function', functionSchema)
      .find(({ properties }) => properties.FunctionName === name);
    return found?.properties.Role.split(':role/')[1] ?? `${name}-${REGION}`;
  }

  #statementsOf(role: string): readonly Statement[] {
    const attached = this.#templates
      .all('AWS::IAM::Policy', policySchema)
      .filter(({ properties }) => properties.Roles.includes(role))
      .map(({ properties }) => properties.PolicyDocument);
    const inline = this.#templates
      .all('AWS::IAM::Role', roleSchema)
      .filter(({ stack, logicalId, properties }) => (properties.RoleName ?? `${stack}.${logicalId}`) === role)
      .flatMap(({ properties }) => properties.Policies.map(({ PolicyDocument }) => PolicyDocument));
    return [...attached, ...inline].flatMap(({ Statement }) => Statement);
  }
}

const principalSchema = z.union([
  z.object({ AWS: z.union([z.string(), z.array(z.string())]) }).transform(({ AWS }) => [AWS].flat()),
  z.unknown().transform((): string[] => []),
]);

function principalsOf(statement: Statement): readonly string[] {
  return principalSchema.parse(statement.Principal);
}
