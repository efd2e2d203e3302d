/* Arbitrary elements of a type, within its range and without the value that means null. */
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { kindOf, typeOf, type Element, type Kind } from './elements.js'

const integer = (bits: number): fc.Arbitrary<number> =>
  fc.integer({ min: -(2 ** (bits - 1)) + 1, max: 2 ** (bits - 1) - 1 })

const bigInteger = (bits: bigint): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: -(2n ** (bits - 1n)) + 1n, max: 2n ** (bits - 1n) - 1n })

// The client drops a byte order mark at the beginning of a text (docs/reliability.md#official-clients), so no text begins with one.
const text = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map(made => made.replaceAll('\0', '0').replace(/^\ufeff+/, ''))

const hex = (bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<string> =>
  bytes.map(made => Buffer.from(made).toString('hex'))

const bytes16 = hex(fc.uint8Array({ minLength: 16, maxLength: 16 })).filter(
  made => !/^0+$/.test(made),
)

const double = fc.double().filter(made => made !== -Number.MAX_VALUE)

const values: Readonly<Record<Kind, fc.Arbitrary<Element>>> = {
  bool: fc.boolean(),
  int8: integer(8),
  int16: integer(16),
  int32: integer(32),
  int64: bigInteger(64n),
  float: fc.float().filter(made => made !== Math.fround(-3.4028234663852886e38)),
  double,
  text,
  symbol: fc.oneof(text, fc.constantFrom('', 'IBM', '数据')),
  blob: hex(fc.uint8Array({ maxLength: 20 })),
  bytes16,
  pair: fc.tuple(double, double),
  duration: fc.record({ count: integer(32), unit: fc.nat(10) }, { noNullPrototype: true }),
  decimal32: bigInteger(32n),
  decimal64: bigInteger(64n),
  decimal128: bigInteger(128n),
}

/** An element, sometimes null. */
export function arbitraryElement(typeText: string): fc.Arbitrary<Element> {
  const hasEmptyNull = ['SYMBOL', 'STRING', 'BLOB'].includes(typeText)
  const value = values[kindOf(typeOf(typeText))]
  return hasEmptyNull ? value : fc.option(value, { freq: 6 })
}

/** A row of an array vector. The row has at least one cell, because servers store an empty row as one null. */
export function arbitraryRow(typeText: string): fc.Arbitrary<Element> {
  return fc.array(arbitraryElement(typeText), { minLength: 1, maxLength: 6 })
}

export const listOf = (element: fc.Arbitrary<Element>, length: number): fc.Arbitrary<Element[]> =>
  fc.array(element, { minLength: length, maxLength: length })
