import * as z from 'zod';
import { ACCOUNT, keyId, REGION } from './physical-ids.ts';
import type { StageTemplates } from './stage-templates.ts';

/** ARNs of a stage's resources. */
export class StageArns {
  readonly walletKey: string;
  readonly anchorKey: string;
  readonly #templates: StageTemplates;

  constructor(templates: StageTemplates) {
    this.#templates = templates;
    this.walletKey = this.#keyOf('Custody');
    this.anchorKey = this.#keyOf('Anchors');
  }

  /** The only key of a stack; that for alarm notices is in the stack with the topic. */
  #keyOf(stackName: string): string {
    const key = this.#templates
      .all('AWS::KMS::Key', z.object({ KeyPolicy: z.unknown() }))
      .find(({ stack }) => stack.endsWith(`-${stackName}`));
    if (key === undefined) throw new Error(`There is no key in ${stackName}`);
    return this.#regional('kms', `key/${keyId(`${key.stack}.${key.logicalId}`)}`);
  }

  /** The bucket of anchors. */
  anchors(): string {
    return `arn:aws:s3:::${this.#templates.nameOf('anchors')}-${ACCOUNT}-${REGION}`;
  }

  /** A table and its indexes. Without wildcards of their own, which would overlap with more than there is. */
  table(name: string): readonly string[] {
    const table = this.#regional('dynamodb', `table/${this.#templates.nameOf(name)}`);
    return [table, ...[1, 2, 3, 4].map((index) => `${table}/index/gsi${index}`)];
  }

  /** A secret; Secrets Manager ends its ARN in six characters of its own. */
  secret(name: string): readonly string[] {
    return [this.#regional('secretsmanager', `secret:haven/${this.#templates.config.name}/${name}-??????`)];
  }

  /** What the privilege table calls a resource. */
  label(arn: string): string {
    if (arn === this.walletKey) return 'wallet key';
    if (arn === this.anchorKey) return 'anchor key';
    const stage = this.#templates.config.name;
    return arn
      .replace(this.anchors(), 'bucket anchors')
      .replace(this.#regional('dynamodb', `table/haven-${stage}-`), 'table ')
      .replace(this.#regional('sqs', `haven-${stage}-`), 'queue ')
      .replace(this.#regional('lambda', `function:haven-${stage}-`), 'function ')
      .replace(this.#regional('secretsmanager', `secret:haven/${stage}/`), 'secret ')
      .replace(this.#regional('logs', `log-group:/haven/${stage}/`), 'log ')
      .replace(new RegExp(`^${this.#regional('ses', 'identity/')}.*$`), 'mail identity')
      .replace(/(?<=^table \w+\/stream)\/.*$/, '')
      .replace(/(?<=^secret .*)-AbCdEf$/, '')
      .replace(/(?<=^log .*):\*$/, '');
  }

  #regional(service: string, rest: string): string {
    return `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
  }
}
