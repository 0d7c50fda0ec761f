import { createRequire } from 'node:module';
import { HDNodeWallet, Mnemonic } from 'ethers';

/** A funded account of a local chain: its key is public knowledge and good for nothing else. */
export interface DevAccount {
  readonly address: string;
  readonly privateKey: string;
}

/** The phrase that local chains share, as anvil's own default; named so that the accounts don't depend on a default. */
export const DEV_MNEMONIC = 'test test test test test test test test test test test junk';
const ACCOUNTS_PATH = "m/44'/60'/0'/0";

/** The platform's own binary: the package's script in front of it can end without it and leave it running. */
export function anvilBinary(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'));
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil';
  return require.resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/bin/${file}`);
}

/** One of anvil's dev accounts, each with 10,000 ETH. */
export function devAccount(index: number): DevAccount {
  const parent = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(DEV_MNEMONIC), ACCOUNTS_PATH);
  const { address, privateKey } = parent.deriveChild(index);
  return { address, privateKey };
}
