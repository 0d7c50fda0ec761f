import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** What local.json tells whoever works with a local Haven: tests, benches, people. */
export const localInfoSchema = z.object({
  apiUrl: z.string(),
  adminApiKey: z.string(),
  rpcUrl: z.string(),
  chainId: z.number(),
  tokenAddress: z.string(),
  treasuryWalletId: z.string(),
  awsEndpointUrl: z.string(),
  stackNames: z.array(z.string()),
  /** Whose tokens it accepts: nobody listens there until a test does, or a person. */
  oidcIssuer: z.url().default('http://127.0.0.1:8180'),
});

/** What local.json says. */
export type LocalInfo = z.output<typeof localInfoSchema>;

/** A process that a local Haven started. The start time tells it from another with the same number after a reboot. */
export const processSchema = z.object({ pid: z.number().int(), startedAt: z.string(), port: z.number().int() });

/** What a local Haven remembers of its processes. */
const processesSchema = z.object({ endpoint: processSchema.optional(), chain: processSchema.optional() });

/** A process that a local Haven started. */
export type KnownProcess = z.output<typeof processSchema>;

/** What a local Haven remembers of its processes. */
export type KnownProcesses = z.output<typeof processesSchema>;

/** The folder of one local Haven: everything it writes is in there. */
export class Instance {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = isAbsolute(directory) ? directory : join(ROOT, directory);
    mkdirSync(this.directory, { recursive: true });
  }

  /** The instance that HAVEN_LOCAL_DIR names, by default .haven in the project. */
  static fromEnvironment(env: Record<string, string | undefined> = process.env): Instance {
    return new Instance(env['HAVEN_LOCAL_DIR'] ?? '.haven');
  }

  /** A path in the folder. */
  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /** What local.json says; undefined before the first start. */
  info(): LocalInfo | undefined {
    const parsed = localInfoSchema.safeParse(this.#read('local.json'));
    return parsed.success ? parsed.data : undefined;
  }

  /** Writes local.json. Only its owner may read it: it holds an API key. */
  saveInfo(info: LocalInfo): void {
    this.#write('local.json', info);
  }

  /** The processes it started. */
  processes(): KnownProcesses {
    const parsed = processesSchema.safeParse(this.#read('processes.json'));
    return parsed.success ? parsed.data : {};
  }

  /** Remembers its processes. */
  saveProcesses(processes: KnownProcesses): void {
    this.#write('processes.json', processes);
  }

  #read(file: string): unknown {
    if (!existsSync(this.path(file))) return undefined;
    try {
      return JSON.parse(readFileSync(this.path(file), 'utf8'));
    } catch {
      // Cut off by a crash: as if it weren't there.
      return undefined;
    }
  }

  /** Whole or not at all, whenever it is interrupted. */
  #write(file: string, value: object): void {
    const temporary = this.path(`${file}.new`);
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, this.path(file));
  }
}
