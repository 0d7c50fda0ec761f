import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../', import.meta.url));

/** Where a source may come from, by the beginning of its import path. */
const ROOTS = [
  { prefix: '@openzeppelin/', folder: join(REPOSITORY, 'node_modules', '@openzeppelin') },
  { prefix: 'contracts/', folder: join(REPOSITORY, 'contracts') },
] as const;

/** What the compiler gets for an import. */
export type ImportAnswer = { readonly contents: string } | { readonly error: string };

/** Reads Solidity sources and remembers what it read. */
export interface SourceReader {
  /**
   * Reads one source; never throws, because the compiler wants an answer.
   *
   * @param path such as `@openzeppelin/contracts/token/ERC20/ERC20.sol` or `contracts/HavenToken.sol`
   */
  read(path: string): ImportAnswer;
  /** SHA-256 in hex of every source read so far, in the order of their paths. */
  hashes(): Record<string, string>;
}

/** A reader that sees only this project's contracts and OpenZeppelin's. */
export function createSourceReader(): SourceReader {
  const hashes = new Map<string, string>();
  return {
    read(path) {
      const root = ROOTS.find(({ prefix }) => path.startsWith(prefix));
      if (root === undefined) return { error: 'Sources come from @openzeppelin/ and contracts/ only' };
      try {
        // Resolved before it is compared, so that neither `..` nor a link leads out of the folder.
        const file = realpathSync(join(root.folder, path.slice(root.prefix.length)));
        if (!file.startsWith(realpathSync(root.folder) + sep)) return { error: `Outside ${root.prefix}` };
        const contents = readFileSync(file);
        hashes.set(path, createHash('sha256').update(contents).digest('hex'));
        return { contents: contents.toString('utf8') };
      } catch {
        return { error: 'No such source' };
      }
    },
    hashes() {
      // By code unit, not by locale: the order must be the same everywhere.
      return Object.fromEntries([...hashes].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}
