import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import solc from 'solc';
import * as z from 'zod';
import { type ContractArtifact, contractArtifactSchema } from './artifact-schema.ts';
import { isMain } from './is-main.ts';
import { createSourceReader } from './sources.ts';

/**
 * Fixed, because a compiler's default moves with its version. Cancun is what every larger chain runs by now; nothing
 * here needs more.
 */
const EVM_VERSION = 'cancun';

/** Solidity's usual balance between the price of a deployment and of a call. */
const OPTIMIZER_RUNS = 200;

/** Without the hash of the metadata in the bytecode, a comment or a path doesn't change it. */
const SETTINGS: ContractArtifact['compiler']['settings'] = {
  evmVersion: EVM_VERSION,
  metadata: { bytecodeHash: 'none' },
  optimizer: { enabled: true, runs: OPTIMIZER_RUNS },
};

/** The contracts of this project: each is a source and an artifact of its name. */
export const CONTRACT_NAMES = ['FeeToken', 'HavenToken', 'PayMany', 'SettableFeed'] as const;

/** A contract of this project. */
export type ContractName = (typeof CONTRACT_NAMES)[number];

function artifactFile(name: ContractName): string {
  return fileURLToPath(new URL(`./artifacts/${name}.json`, import.meta.url));
}

/** Standard JSON output (https://docs.soliditylang.org/en/v0.8.37/using-the-compiler.html#output-description). */
const outputSchema = z.object({
  errors: z.array(z.object({ formattedMessage: z.string() })).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          abi: z.unknown(),
          evm: z.object({
            bytecode: z.object({ object: z.string() }),
            deployedBytecode: z.object({ object: z.string() }),
          }),
        }),
      ),
    )
    .default({}),
});

/**
 * Compiles a contract. The same sources give the same artifact on every machine.
 *
 * @throws Error with the compiler's messages; a warning counts as an error
 */
export function compileContract(name: ContractName): ContractArtifact {
  const file = `contracts/${name}.sol`;
  const sources = createSourceReader();
  const source = sources.read(file);
  if ('error' in source) throw new Error(`${file}: ${source.error}`);
  const output = runCompiler(file, source.contents, (path) => sources.read(path));
  if (output.errors.length > 0) {
    throw new Error(output.errors.map(({ formattedMessage }) => formattedMessage.trim()).join('\n\n'));
  }
  const compiled = output.contracts[file]?.[name];
  if (compiled === undefined) throw new Error(`The compiler found no ${name} in ${file}`);
  return contractArtifactSchema.parse({
    contractName: name,
    abi: compiled.abi,
    bytecode: `0x${compiled.evm.bytecode.object}`,
    deployedBytecode: `0x${compiled.evm.deployedBytecode.object}`,
    compiler: { version: z.string().parse(solc.version()), settings: SETTINGS },
    sourceHashes: sources.hashes(),
  });
}

/** The artifact as its file holds it, byte for byte. */
export function artifactText(artifact: ContractArtifact): string {
  return `${JSON.stringify(artifact, null, 2)}\n`;
}

function runCompiler(
  file: string,
  content: string,
  importCallback: (path: string) => unknown,
): z.output<typeof outputSchema> {
  const input = {
    language: 'Solidity',
    sources: { [file]: { content } },
    settings: {
      ...SETTINGS,
      outputSelection: { [file]: { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
    },
  };
  const text = z.string().parse(solc.compile(JSON.stringify(input), { import: importCallback }));
  return outputSchema.parse(JSON.parse(text));
}

/** What is committed, or undefined when there is nothing. */
function committedText(name: ContractName): string | undefined {
  try {
    return readFileSync(artifactFile(name), 'utf8');
  } catch {
    return undefined;
  }
}

function main(args: readonly string[]): void {
  const { values } = parseArgs({ args: [...args], options: { check: { type: 'boolean', default: false } } });
  for (const name of CONTRACT_NAMES) update(name, values.check);
}

function update(name: ContractName, isCheck: boolean): void {
  const text = artifactText(compileContract(name));
  const current = text === committedText(name);
  if (isCheck && !current) {
    throw new Error(
      `contracts/artifacts/${name}.json is not what its sources compile to. Run \`node contracts/compile.ts\` and commit it.`,
    );
  }
  if (!current) {
    mkdirSync(dirname(artifactFile(name)), { recursive: true });
    writeFileSync(artifactFile(name), text);
  }
  console.log(`contracts/artifacts/${name}.json ${current ? 'is up to date' : 'was written'}`);
}

if (isMain(import.meta.url)) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
