import { describe, expect, it } from 'vitest';
import { isAddressAllowed, isAddressBlock } from '#shared/platform/auth/address-list.ts';

describe('isAddressBlock', () => {
  it.each([
    '203.0.113.7',
    '203.0.113.0/24',
    '0.0.0.0/0',
    '203.0.113.7/32',
    '2001:db8::1',
    '2001:db8::/32',
    '::/0',
    '::1/128',
    '::ffff:203.0.113.7',
    '2001:DB8:0:0:0:0:0:1',
  ])('takes %s', (text) => {
    expect(isAddressBlock(text)).toBe(true);
  });

  it.each([
    '',
    ' ',
    'localhost',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.07',
    '0xcb007107',
    '3405803783',
    '203.0.113.0/33',
    '203.0.113.0/-1',
    '203.0.113.0/',
    '203.0.113.0/ 24',
    '203.0.113.0/024',
    '203.0.113.0/2e1',
    '203.0.113.0/24/24',
    '203.0.113.0/255.255.255.0',
    ' 203.0.113.7',
    '203.0.113.7\n',
    '203.0.113.7, 203.0.113.8',
    '203.0.113.*',
    '2001:db8::/129',
    '2001:db8:::1',
    '[2001:db8::1]',
    '/24',
  ])('refuses %j', (text) => {
    expect(isAddressBlock(text)).toBe(false);
  });
});

describe('isAddressAllowed', () => {
  it('allows every address when nothing is listed', () => {
    for (const address of ['203.0.113.7', '2001:db8::1', 'garbage']) expect(isAddressAllowed([], address)).toBe(true);
  });

  it.each([
    [['203.0.113.7'], '203.0.113.7', true],
    [['203.0.113.7'], '203.0.113.8', false],
    [['203.0.113.0/24'], '203.0.113.0', true],
    [['203.0.113.0/24'], '203.0.113.255', true],
    [['203.0.113.0/24'], '203.0.114.0', false],
    [['203.0.113.77/24'], '203.0.113.7', true],
    [['0.0.0.0/0'], '198.51.100.1', true],
    [['10.0.0.0/8', '203.0.113.7'], '203.0.113.7', true],
    [['2001:db8::/32'], '2001:db8:ffff::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['2001:db8::1'], '2001:0DB8:0:0::0001', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['2001:db8::/32'], '203.0.113.7', false],
    [['203.0.113.0/24'], '::ffff:203.0.113.7', true],
    [['203.0.113.0/24'], '::ffff:203.0.114.7', false],
  ])('%j and %s: %j', (blocks, address, allowed) => {
    expect(isAddressAllowed(blocks, address)).toBe(allowed);
  });

  it.each(['', 'garbage', '203.0.113', '203.0.113.7 ', '203.0.113.7, 10.0.0.1', 'unknown'])(
    'has an address that cannot be read (%j) in no block',
    (address) => {
      expect(isAddressAllowed(['0.0.0.0/0', '::/0'], address)).toBe(false);
    },
  );

  it('stays closed when a listed block cannot be read', () => {
    expect(isAddressAllowed(['garbage'], '203.0.113.7')).toBe(false);
    expect(isAddressAllowed(['garbage', '203.0.113.7'], '203.0.113.7')).toBe(true);
  });
});
