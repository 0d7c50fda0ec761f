/**
 * The version of the AWS Encryption SDK's message format that Haven writes:
 * https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html#header-structure
 */
const VERSION = 2;
/** Version, algorithm suite, message id. */
const FIXED_BYTES = 1 + 2 + 32;
const KMS_PROVIDER = 'aws-kms';

/**
 * The KMS keys under which a ciphertext's data key is encrypted, as its header says. To choose what to do with it, and to
 * count: what proves a key is that it decrypts.
 *
 * @returns ARNs; undefined when it is no message of the AWS Encryption SDK in the version that Haven writes
 */
export function kmsKeysOf(ciphertext: Uint8Array): readonly string[] | undefined {
  const bytes = Buffer.from(ciphertext.buffer, ciphertext.byteOffset, ciphertext.length);
  try {
    if (bytes.readUInt8(0) !== VERSION) return undefined;
    let at = FIXED_BYTES;
    const field = (): Buffer => {
      const length = bytes.readUInt16BE(at);
      const start = at + 2;
      at = start + length;
      if (at > bytes.length) throw new RangeError('cut off');
      return bytes.subarray(start, at);
    };
    // The encryption context.
    field();
    const count = bytes.readUInt16BE(at);
    at += 2;
    const keys: string[] = [];
    for (let nth = 0; nth < count; nth += 1) {
      const [provider, info] = [field().toString('utf8'), field().toString('utf8')];
      field();
      if (provider === KMS_PROVIDER) keys.push(info);
    }
    return keys;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
