import * as z from 'zod';
import type { Stage } from '#lib/stage.ts';
import { arnOf, nameOf, PSEUDO_PARAMETERS } from './physical-ids.ts';

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  UpdatePolicy: z.record(z.string(), z.unknown()).optional(),
});

/** What of a template the tests look at. */
export const stackTemplateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z
    .record(z.string(), z.object({ Value: z.unknown(), Export: z.object({ Name: z.unknown() }).optional() }))
    .default({}),
});

/** The template of a stack. */
export interface StackTemplate extends z.output<typeof stackTemplateSchema> {
  readonly name: string;
}

/** A resource of any stack, its properties without intrinsics. */
export interface Resource<T = Readonly<Record<string, unknown>>> {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: T;
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
}

const intrinsicSchema = z.union([
  z.strictObject({ Ref: z.string() }),
  z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }),
  z.strictObject({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }),
  z.strictObject({ 'Fn::Sub': z.string() }),
  z.strictObject({ 'Fn::ImportValue': z.unknown() }),
  z.strictObject({ 'Fn::Select': z.tuple([z.coerce.number(), z.unknown()]) }),
  z.strictObject({ 'Fn::Split': z.tuple([z.string(), z.unknown()]) }),
]);

/**
 * All templates of a stage, read as CloudFormation would: references, also those to other stacks, are resolved to the
 * ARNs and names that the resources would get in a made-up account. A reference that can't be resolved throws, so that
 * nothing slips past a test as an object.
 */
export class StageTemplates {
  readonly config: Stage;
  readonly #stacks: ReadonlyMap<string, StackTemplate>;
  readonly #exports = new Map<string, { readonly stack: string; readonly value: unknown }>();
  #resources: readonly Resource[] | undefined;

  constructor(config: Stage, stacks: readonly StackTemplate[]) {
    this.config = config;
    this.#stacks = new Map(stacks.map((stack) => [stack.name, stack]));
    for (const stack of stacks) {
      for (const { Value, Export } of Object.values(stack.Outputs)) {
        if (Export !== undefined) this.#exports.set(z.string().parse(Export.Name), { stack: stack.name, value: Value });
      }
    }
  }

  /** Every template as JSON text, by stack. */
  texts(): ReadonlyMap<string, string> {
    return new Map([...this.#stacks].map(([name, stack]) => [name, JSON.stringify(stack)]));
  }

  /** Every resource of every stack. */
  resources(): readonly Resource[] {
    this.#resources ??= [...this.#stacks.values()].flatMap((stack) =>
      Object.entries(stack.Resources).map(([logicalId, resource]) => ({
        stack: stack.name,
        logicalId,
        type: resource.Type,
        properties: z.record(z.string(), z.unknown()).parse(this.#resolve(stack, resource.Properties)),
        deletionPolicy: resource.DeletionPolicy,
        updateReplacePolicy: resource.UpdateReplacePolicy,
      })),
    );
    return this.#resources;
  }

  /** Resources of one type, with the properties that a schema picks. */
  all<T>(type: string, schema: z.ZodType<T>): readonly Resource<T>[] {
    return this.resources()
      .filter((resource) => resource.type === type)
      .map((resource) => ({ ...resource, properties: schema.parse(resource.properties) }));
  }

  /** The only resource of a type. */
  one<T>(type: string, schema: z.ZodType<T>): Resource<T> {
    const [first, ...rest] = this.all(type, schema);
    if (first === undefined || rest.length > 0) throw new Error(`Expected one ${type}, found ${rest.length + 1}`);
    return first;
  }

  /** The full name that a resource of this stage has. */
  nameOf(name: string): string {
    return `haven-${this.config.name}-${name}`;
  }

  #resolve(stack: StackTemplate, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#resolve(stack, item));
    if (typeof value !== 'object' || value === null) return value;
    const intrinsic = intrinsicSchema.safeParse(value);
    if (intrinsic.success) return this.#evaluate(stack, intrinsic.data);
    const unknown = Object.keys(value).find((key) => key.startsWith('Fn::') || key === 'Ref');
    if (unknown !== undefined) throw new Error(`${stack.name} uses ${unknown} in a way that this test can't read`);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#resolve(stack, item)]));
  }

  #evaluate(stack: StackTemplate, intrinsic: z.output<typeof intrinsicSchema>): unknown {
    if ('Ref' in intrinsic) return this.#reference(stack, intrinsic.Ref, undefined);
    if ('Fn::GetAtt' in intrinsic) return this.#reference(stack, ...intrinsic['Fn::GetAtt']);
    if ('Fn::Join' in intrinsic) {
      const [separator, parts] = intrinsic['Fn::Join'];
      return z.array(z.string()).parse(this.#resolve(stack, parts)).join(separator);
    }
    if ('Fn::Sub' in intrinsic) {
      return intrinsic['Fn::Sub'].replaceAll(/\$\{([^}.]+)\.?([^}]*)\}/g, (_whole, target: string, attribute: string) =>
        this.#reference(stack, target, attribute === '' ? undefined : attribute),
      );
    }
    if ('Fn::ImportValue' in intrinsic) return this.#import(z.string().parse(intrinsic['Fn::ImportValue']));
    if ('Fn::Select' in intrinsic) {
      const [index, list] = intrinsic['Fn::Select'];
      return z.array(z.string()).parse(this.#resolve(stack, list))[index];
    }
    const [separator, text] = intrinsic['Fn::Split'];
    return z.string().parse(this.#resolve(stack, text)).split(separator);
  }

  #import(name: string): unknown {
    const exported = this.#exports.get(name);
    const stack = exported === undefined ? undefined : this.#stacks.get(exported.stack);
    if (exported === undefined || stack === undefined) throw new Error(`No stack exports ${name}`);
    return this.#resolve(stack, exported.value);
  }

  #reference(stack: StackTemplate, target: string, attribute: string | undefined): string {
    const pseudo = PSEUDO_PARAMETERS[target];
    if (pseudo !== undefined) return pseudo;
    const resource = stack.Resources[target];
    if (resource === undefined) throw new Error(`${stack.name} refers to ${target}, which it does not have`);
    const physical = {
      type: resource.Type,
      fallback: `${stack.name}.${target}`,
      property: (name: string) => {
        const value = this.#resolve(stack, resource.Properties[name]);
        return typeof value === 'string' ? value : undefined;
      },
    };
    if (attribute === undefined) return nameOf(physical);
    if (attribute === 'Arn') return arnOf(physical);
    if (attribute === 'StreamArn') return `${arnOf(physical)}/stream/2026-11-22T00:00:00.000`;
    return physical.property(attribute) ?? `${nameOf(physical)}.${attribute}`;
  }
}
