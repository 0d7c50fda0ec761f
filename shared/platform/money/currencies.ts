/**
 * Currencies of ISO 4217 (https://www.six-group.com/en/products-services/financial-information/data-standards.html,
 * list one) by the digits of their minor unit. Written out, because the digits that a runtime's `Intl` tells are CLDR's, and
 * those differ: they say how a currency is shown, not what its smallest amount is. Funds, metals and test codes are left out.
 */
const CODES_BY_MINOR_DIGITS: readonly (readonly [digits: number, codes: string])[] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'],
  [
    2,
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK ' +
      'DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD ' +
      'KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP ' +
      'PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH ' +
      'USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
];

const DIGITS: ReadonlyMap<string, number> = new Map(
  CODES_BY_MINOR_DIGITS.flatMap(([digits, codes]) => codes.split(' ').map((code) => [code, digits] as const)),
);

/**
 * The digits of a currency's minor unit: 2 for USD, 0 for JPY, 3 for KWD.
 *
 * @param code upper case, as ISO 4217 has it
 * @returns undefined when there is no such currency
 */
export function minorDigits(code: string): number | undefined {
  return DIGITS.get(code);
}
