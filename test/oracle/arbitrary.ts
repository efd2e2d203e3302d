/*
  Arbitrary elements of a type, within its range and without the value that means null.
*/
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { kindOf, typeOf, type Element } from './elements.js'

const integer = (bits: number): fc.Arbitrary<number> =>
  fc.integer({ min: -(2 ** (bits - 1)) + 1, max: 2 ** (bits - 1) - 1 })

const bigInteger = (bits: bigint): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: -(2n ** (bits - 1n)) + 1n, max: 2n ** (bits - 1n) - 1n })

// The client drops a byte order mark at the beginning of a text (faults.test.ts), so no text begins with one.
const text = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map(made => made.replaceAll('\0', '0').replace(/^\ufeff+/, ''))

const hex = (bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<string> =>
  bytes.map(made => Buffer.from(made).toString('hex'))

const bytes16 = hex(fc.uint8Array({ minLength: 16, maxLength: 16 })).filter(
  made => !/^0+$/.test(made),
)

const double = fc.double().filter(made => made !== -Number.MAX_VALUE)

function valueOf(typeText: string): fc.Arbitrary<Element> {
  switch (kindOf(typeOf(typeText))) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return integer(8)
    case 'int16':
      return integer(16)
    case 'int32':
      return integer(32)
    case 'int64':
    case 'decimal64':
      return bigInteger(64n)
    case 'float':
      return fc.float().filter(made => made !== Math.fround(-3.4028234663852886e38))
    case 'double':
      return double
    case 'text':
      return text
    case 'symbol':
      return fc.oneof(text, fc.constantFrom('', 'IBM', '数据'))
    case 'blob':
      return hex(fc.uint8Array({ maxLength: 20 }))
    case 'bytes16':
      return bytes16
    case 'pair':
      return fc.tuple(double, double)
    case 'duration':
      return fc.record({ count: integer(32), unit: fc.nat(10) }, { noNullPrototype: true })
    case 'decimal32':
      return bigInteger(32n)
    case 'decimal128':
      return bigInteger(128n)
  }
}

/** An element, sometimes null. */
export function arbitraryElement(typeText: string): fc.Arbitrary<Element> {
  const hasEmptyNull = ['SYMBOL', 'STRING', 'BLOB'].includes(typeText)
  return hasEmptyNull ? valueOf(typeText) : fc.option(valueOf(typeText), { freq: 6 })
}

/** A row of an array vector. The row has at least one cell, because servers store an empty row as one null. */
export function arbitraryRow(typeText: string): fc.Arbitrary<Element> {
  return fc.array(arbitraryElement(typeText), { minLength: 1, maxLength: 6 })
}

export const listOf = (element: fc.Arbitrary<Element>, length: number): fc.Arbitrary<Element[]> =>
  fc.array(element, { minLength: length, maxLength: length })
