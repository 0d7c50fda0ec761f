import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { Transaction as EthereumTransaction } from 'ethers';
import { describe, expect, it } from 'vitest';
import { addressOf, generatePrivateKey, signDigest } from '#shared/custody/private-key.ts';
import { caught } from '#test/support/fakes/caught.ts';

/** The order of secp256k1 (SEC 2, 2.4.1). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const bytes32 = (value: bigint) => bytes(value.toString(16).padStart(64, '0'));
const sha256 = (text: string) => new Uint8Array(createHash('sha256').update(text, 'utf8').digest());

/** The accounts of anvil's and Hardhat's test mnemonic, "test test test test test test test test test test test junk". */
const DEV_ACCOUNTS = [
  ['ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80', '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'],
  ['59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d', '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'],
  ['5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a', '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'],
  ['7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6', '0x90F79bf6EB2c4f870365E785982E1f101E93b906'],
  ['47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a', '0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65'],
  ['8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba', '0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc'],
  ['92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e', '0x976EA74026E726554dB657fA54763abd0C3a0aa9'],
  ['4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356', '0x14dC79964da2C08b23698B3D3cc7Ca32193d9955'],
  ['dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97', '0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f'],
  ['2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6', '0xa0Ee7A142d267C1f36714E4a8F75612F20a79720'],
] as const;

/** RFC 6979 with SHA-256 on secp256k1: the vectors that Trezor, Bitcoin libraries and noble-curves share. */
const RFC6979 = [
  [
    1n,
    'Satoshi Nakamoto',
    '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8',
    '2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
  ],
  [
    1n,
    'All those moments will be lost in time, like tears in rain. Time to die...',
    '8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b',
    '547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21',
  ],
  [
    ORDER - 1n,
    'Satoshi Nakamoto',
    'fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d0',
    '6b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5',
  ],
  [
    0xf8b8af8ce3c7cca5e300d33939540c10d45ce001b8f252bfbc57ba0342904181n,
    'Alan Turing',
    '7063ae83e7f62bbb171798131b4a0564b956930092b33b07b395615d9ec7e15c',
    '58dfcc1e00a35e1572f366ffe34ba0fc47db1e7189759b9fb233c5b05ab388ea',
  ],
] as const;

describe('the address of a key', () => {
  it.each(DEV_ACCOUNTS)('of a known account: %s is %s', (key, address) => {
    expect(addressOf(bytes(key))).toBe(address);
  });

  it('of the smallest and the largest key', () => {
    expect(addressOf(bytes32(1n))).toBe('0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf');
    expect(addressOf(bytes32(ORDER - 1n))).toBe('0x80C0dbf239224071c59dD8970ab9d542E3414aB2');
  });

  it('leaves the key as it was', () => {
    const key = bytes32(1n);
    addressOf(key);
    expect(key).toEqual(bytes32(1n));
  });
});

describe('a signature', () => {
  it.each(RFC6979)('is deterministic (RFC 6979): key %i, %j', (key, text, r, s) => {
    expect(signDigest(bytes32(key), sha256(text))).toMatchObject({ r: `0x${r}`, s: `0x${s}` });
  });

  it('is that of the example in EIP-155', () => {
    const digest = bytes('daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53');
    expect(signDigest(bytes('46'.repeat(32)), digest)).toEqual({
      r: '0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276',
      s: '0x67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
      yParity: 0,
    });
  });

  it('makes ethers find the signer', () => {
    const [key, address] = DEV_ACCOUNTS[3];
    const ethereum = EthereumTransaction.from({ type: 2, chainId: 1, nonce: 0, to: address, value: 1n });
    ethereum.signature = signDigest(bytes(key), bytes(ethereum.unsignedHash.slice(2)));
    expect(ethereum.from).toBe(address);
  });

  it('has 32 bytes of r and s, though they begin with zeros', () => {
    const found = Array.from({ length: 2_000 }, (_, n) => signDigest(bytes32(1n), sha256(String(n))));
    expect(found.some(({ r }) => r.startsWith('0x00'))).toBe(true);
    for (const { r, s } of found) expect([r.length, s.length]).toEqual([66, 66]);
  });

  it('leaves the key as it was', () => {
    const key = bytes32(1n);
    signDigest(key, sha256('x'));
    expect(key).toEqual(bytes32(1n));
  });
});

describe('a key that is none', () => {
  it.each([
    ['zero', bytes32(0n)],
    ['the order of the curve', bytes32(ORDER)],
    ['one above the order', bytes32(ORDER + 1n)],
    ['all ones', bytes('ff'.repeat(32))],
    ['31 bytes', bytes('11'.repeat(31))],
    ['33 bytes', bytes('11'.repeat(33))],
    ['empty', bytes('')],
  ])('neither signs nor has an address, and is not in the error: %s', (_name, key) => {
    for (const use of [() => addressOf(key), () => signDigest(key, sha256('x'))]) {
      const shown = inspect(caught(Error, use), { depth: null });
      expect(shown).not.toMatch(/(11|ff){8}/i);
      expect(shown).not.toContain(
        BigInt(`0x${Buffer.from(key).toString('hex') || '0'}`)
          .toString()
          .padStart(20, '?'),
      );
    }
  });
});

describe('a new key', () => {
  it('is valid, and never the same', () => {
    const keys = Array.from({ length: 50 }, () => generatePrivateKey());
    expect(new Set(keys.map((key) => addressOf(key))).size).toBe(50);
    for (const key of keys) expect(key).toHaveLength(32);
  });
});
