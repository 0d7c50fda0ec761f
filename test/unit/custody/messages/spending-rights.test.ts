import { describe, expect, it } from 'vitest';
import { type Judged, spendingRight } from '#shared/custody/messages/spending-rights.ts';
import type { TypedDataTypes } from '#shared/custody/messages/typed-data-field.ts';
import { TEST_RECIPIENT, TEST_WALLET } from '#test/support/fakes/ledger-transactions.ts';
import { MAIL } from '#test/support/fakes/typed-data.ts';

const CONTRACT = '0x5FbDB2315678afecb367f032d93F642f64180aa3';

/** Structs as EIP-712 encodes types: the primary one first. */
function judged(encodedTypes: string, domain: Pick<Partial<Judged>, 'verifyingContract' | 'domainName'> = {}): Judged {
  const structs = [...encodedTypes.matchAll(/(\w+)\(([^)]*)\)/g)].map(([, name = '', fields = '']) => ({
    name,
    fields,
  }));
  const types: TypedDataTypes = Object.fromEntries(
    structs.map(({ name, fields }) => [
      name,
      fields.split(',').map((field) => {
        const [type = '', fieldName = ''] = field.trim().split(' ');
        return { type, name: fieldName };
      }),
    ]),
  );
  return { types, primaryType: structs[0]?.name ?? '', verifyingContract: undefined, domainName: undefined, ...domain };
}

const rightOf = (data: Judged) => spendingRight(data, TEST_WALLET.address);

/** What signatures are stolen for, in the words of each scheme. */
const SCHEMES: readonly (readonly [string, string])[] = [
  ['ERC-2612', 'Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)'],
  ['DAI', 'Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)'],
  ['ERC-4494', 'Permit(address spender,uint256 tokenId,uint256 nonce,uint256 deadline)'],
  [
    'Permit2, allowance',
    'PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)',
  ],
  [
    'Permit2, batch',
    'PermitBatch(PermitDetails[] details,address spender,uint256 sigDeadline)PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)',
  ],
  [
    'Permit2, transfer',
    'PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)',
  ],
  [
    'UniswapX',
    'PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,ExclusiveDutchOrder witness)ExclusiveDutchOrder(uint256 decayStartTime)TokenPermissions(address token,uint256 amount)',
  ],
  [
    'ERC-3009, transfer',
    'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
  ],
  [
    'ERC-3009, receive',
    'ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
  ],
  [
    'Seaport',
    'OrderComponents(address offerer,address zone,OfferItem[] offer,uint8 orderType,uint256 startTime,uint256 endTime,uint256 salt,uint256 counter)OfferItem(uint8 itemType,address token,uint256 startAmount,uint256 endAmount)',
  ],
  ['Seaport, in bulk', 'BulkOrder(OrderComponents[2] tree)OrderComponents(address offerer,uint256 counter)'],
  [
    'LooksRare',
    'Maker(uint8 quoteType,uint256 globalNonce,uint256 orderNonce,address collection,address currency,address signer,uint256 startTime,uint256 endTime,uint256 price,uint256[] itemIds,uint256[] amounts)',
  ],
  ['Blur, in bulk', 'Root(bytes32 root)'],
  ['CoW', 'Order(address sellToken,address buyToken,uint256 sellAmount,uint32 validTo,bytes32 appData)'],
  ['0x, version 3', 'ZeroExTransaction(uint256 salt,uint256 expirationTimeSeconds,address signerAddress,bytes data)'],
  ['1inch', 'Order(uint256 salt,address maker,address makerAsset,uint256 makingAmount,uint256 makerTraits)'],
  ['Hashflow', 'Quote(bytes32 txid,address trader,uint256 baseTokenAmount,uint256 quoteExpiry)'],
  ['Safe', 'SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 nonce)'],
  ['a message of a Safe, which may be anything', 'SafeMessage(bytes message)'],
  ['an allowance of a Safe', 'AllowanceTransfer(address safe,address token,address to,uint96 amount,uint16 nonce)'],
  ['a message of a smart account, which may be anything', 'CoinbaseSmartWalletMessage(bytes32 hash)'],
  ['ERC-7739', 'PersonalSign(bytes prefixed)'],
  ['ERC-7739, nested', 'TypedDataSign(Note contents,string name,uint256 chainId)Note(string text)'],
  ['ERC-2771', 'ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,bytes data)'],
  ['GSN', 'RelayRequest(address from,address to,bytes data,uint256 validUntilTime)'],
  ['Gelato', 'SponsoredCallERC2771(uint256 chainId,address target,bytes data,address user,uint256 userNonce)'],
  ['Polygon', 'MetaTransaction(uint256 nonce,address from,bytes functionSignature)'],
  ['ERC-4337', 'PackedUserOperation(address sender,uint256 nonce,bytes initCode,bytes callData)'],
  ['ERC-7821', 'Execute(bool multichain,Call[] calls,uint256 nonce)Call(address to,uint256 value,bytes data)'],
  ['ERC-7683', 'GaslessCrossChainOrder(address originSettler,address user,uint256 nonce,bytes orderData)'],
  ['zkSync', 'Transaction(uint256 txType,uint256 from,uint256 to,uint256 value,bytes data,uint256 nonce)'],
  ['delegations', 'Delegation(address delegate,address delegator,bytes32 authority,uint256 salt)'],
  ['Coinbase spend permissions', 'SpendPermission(address account,address spender,address token,uint160 allowance)'],
  ['votes', 'Delegation(address delegatee,uint256 nonce,uint256 expiry)'],
  ['Compound III', 'Authorization(address owner,address manager,bool isAllowed,uint256 nonce,uint256 expiry)'],
  ['Morpho', 'Authorization(address authorizer,address authorized,bool isAuthorized,uint256 nonce,uint256 deadline)'],
  ['Aave', 'DelegationWithSig(address delegatee,uint256 value,uint256 nonce,uint256 deadline)'],
  ['Balancer', 'JoinPool(bytes calldata,address sender,uint256 nonce,uint256 deadline)'],
  ['Lens', 'SetDispatcherWithSig(uint256 profileId,address dispatcher,uint256 nonce,uint256 deadline)'],
  ['thirdweb', 'MintRequest(address to,string uri,uint256 pricePerToken,uint128 validityEndTimestamp,bytes32 uid)'],
  ['lazy minting', 'NFTVoucher(uint256 tokenId,uint256 minPrice,string uri)'],
  ['Hyperliquid, orders', 'Agent(string source,bytes32 connectionId)'],
  ['Vertex', 'LinkSigner(bytes32 sender,bytes32 signer,uint64 nonce)'],
  [
    'Loopring',
    'AccountUpdate(address owner,uint32 accountID,uint96 fee,uint256 publicKey,uint32 validUntil,uint32 nonce)',
  ],
  ['one that nobody has heard of', 'Coupon(address target,bytes call_data)'],
  ['one with its fields written otherwise', 'Ticket(uint256 AMOUNT,uint256 sig_deadline)'],
  ['one that grants deep inside', 'Letter(string text,Inner inner)Inner(address spender)'],
];

describe('typed data that may grant a right to spend is recognised', () => {
  it.each(SCHEMES)('%s', (name, encodedTypes) => {
    // Loopring's says nothing but that a contract of its own may act on it.
    const domain = name === 'Loopring' ? { verifyingContract: CONTRACT } : {};
    expect(rightOf(judged(encodedTypes, domain))).toBeDefined();
  });

  it.each(['0x000000000022D473030F116dDEE9F6B43aC78BA3', '0x000000000022d473030f116ddee9f6b43ac78ba3'])(
    'whatever is for Permit2: %s',
    (verifyingContract) => {
      expect(rightOf(judged('Note(string text)', { verifyingContract }))).toBe('the contract Permit2');
    },
  );

  it('whatever is for the wallet itself, which may be a smart account (EIP-7702)', () => {
    for (const verifyingContract of [TEST_WALLET.address, TEST_WALLET.address.toLowerCase()]) {
      expect(rightOf(judged('Note(string text)', { verifyingContract }))).toContain('the wallet itself');
    }
    expect(rightOf(judged('Note(string text)', { verifyingContract: TEST_RECIPIENT }))).toBeUndefined();
  });

  it.each([
    'Permit2',
    'Seaport',
    'Gnosis Protocol',
    '0x Protocol',
    'zkSync',
    'Polymarket CTF Exchange',
    'GSN Forwarder',
  ])('whatever is for %s, by the name of its domain', (domainName) => {
    expect(rightOf(judged('Note(string text)', { domainName }))).toBe('the name of its domain');
  });

  it('whatever a contract could act on once or until then', () => {
    const note = 'Note(string text,uint256 nonce)';
    expect(rightOf(judged(note, { verifyingContract: CONTRACT }))).toBe('the struct Note');
    expect(rightOf(judged(note))).toBeUndefined();
  });
});

describe('typed data that grants nothing may be signed without a list', () => {
  it.each([
    ['a sign-in', 'SignIn(address account,string statement,string nonce,string issuedAt)'],
    ['an attestation of an API key', 'ClobAuth(address address,string timestamp,uint256 nonce,string message)'],
    ['a vote', 'Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32 choice,string reason)'],
    ['a consent', 'Terms(string text,bytes32 hash)'],
    ['a letter', 'Mail(Person from,Person to,string contents)Person(string name,address wallet)'],
  ])('%s', (_name, encodedTypes) => {
    expect(rightOf(judged(encodedTypes))).toBeUndefined();
  });

  it('a letter that names a contract', () => {
    const { verifyingContract, name: domainName } = MAIL.domain;
    expect(rightOf({ ...MAIL, verifyingContract, domainName })).toBeUndefined();
  });
});
