import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { collectPlaintext } from '#shared/custody/collect-plaintext.ts';

const chunks = () => [new Uint8Array([1, 2, 3]), new Uint8Array([4, 5])].map((bytes) => Buffer.from(bytes.buffer));
const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

describe('reading a plaintext', () => {
  it('gives all of it, in memory of its own that nothing else shares', async () => {
    const stream = new PassThrough();
    const collected = collectPlaintext(stream);
    for (const chunk of chunks()) stream.write(chunk);
    stream.end();
    const plaintext = await collected;
    expect(plaintext).toEqual(new Uint8Array([1, 2, 3, 4, 5]));
    // A Buffer of Node's pool would be a view of 8 KB that others see too.
    expect(plaintext.buffer.byteLength).toBe(5);
  });

  it('overwrites every chunk that it was given', async () => {
    const stream = new PassThrough();
    const collected = collectPlaintext(stream);
    const given = chunks();
    for (const chunk of given) stream.write(chunk);
    stream.end();
    await collected;
    expect(given.map(isZero)).toEqual([true, true]);
  });

  it('overwrites what it was given when the stream fails afterwards, as it does when a tag is wrong', async () => {
    const stream = new PassThrough();
    const collected = collectPlaintext(stream);
    const [given = Buffer.alloc(0)] = chunks();
    stream.write(given);
    setImmediate(() => stream.destroy(new Error('wrong tag')));
    await expect(collected).rejects.toThrow('wrong tag');
    expect(isZero(given)).toBe(true);
  });

  it('does not wait for ever for a stream that is closed before its end', async () => {
    const stream = new PassThrough();
    const collected = collectPlaintext(stream);
    stream.destroy();
    await expect(collected).rejects.toThrow();
  });
});
