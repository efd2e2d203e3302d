/* Bytes and values for tests of the codec: bytes from hexadecimal text, encoding and decoding in one call, and arbitrary values of every
   type and form. */
import fc from 'fast-check'
import { decodeValue, encodeValue } from '../../src/protocol/codec.js'
import type { DecodeLimits } from '../../src/protocol/decode-context.js'
import { dataTypes, isDecimal, maxScale, type DataType } from '../../src/protocol/data-type.js'
import { isFixedType, vectorOfBytes, type FixedType } from '../../src/protocol/element.js'
import { symbolVectorOf } from '../../src/protocol/types/symbols.js'
import type { ArrayVector, Column, Scalar, Table, Value, Vector } from '../../src/protocol/value.js'
import { explicitNull } from '../../src/protocol/value.js'
import { bytesBy, runDecoder, readerOf } from './decoding.js'

/** Bytes from hexadecimal text; blanks and `|` are ignored. */
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/[\s|]/g, ''), 'hex')

export const encoded = (value: Value): Buffer => bytesBy(writer => encodeValue(writer, value))

/** The value in `bytes`, which must contain nothing else. */
export function decoded(bytes: Uint8Array, limits?: DecodeLimits): Value {
  const reader = readerOf(bytes)
  const value = runDecoder(decodeValue(reader, limits))
  if (reader.available > 0) throw new Error(`${reader.available} bytes were not read`)
  return value
}

export const scalar = (type: DataType, value: unknown, scale?: number): Scalar =>
  ({ form: 'scalar', type, ...(scale !== undefined && { scale }), value }) as Scalar

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map(made => made.replaceAll('\0', '0'))

const bytes = (byteLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: byteLength, maxLength: byteLength })

const bytes16 = bytes(16).filter(made => made.some(byte => byte !== 0))

const integer = (bits: 8 | 16 | 32): fc.Arbitrary<number> =>
  fc.integer({ min: -(2 ** (bits - 1)) + 1, max: 2 ** (bits - 1) - 1 })

const bigInteger = (bits: 32n | 64n | 128n): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: -(2n ** (bits - 1n)) + 1n, max: 2n ** (bits - 1n) - 1n })

const double = fc.double().filter(made => made !== -Number.MAX_VALUE)

const pair = fc.tuple(double, double)
/** Values of types with null; of a type that is not here, integers of 32 bits. */
const values: Partial<Record<DataType, fc.Arbitrary<unknown>>> = {
  BOOL: fc.boolean(),
  CHAR: integer(8),
  SHORT: integer(16),
  ...{ LONG: bigInteger(64n), TIMESTAMP: bigInteger(64n) },
  ...{ NANOTIME: bigInteger(64n), NANOTIMESTAMP: bigInteger(64n) },
  FLOAT: fc.float().filter(made => made !== -3.4028234663852886e38),
  DOUBLE: double,
  ...{ UUID: bytes16, IPADDR: bytes16, INT128: bytes16, COMPLEX: pair, POINT: pair },
  DURATION: fc.tuple(integer(32), fc.nat(10)).map(([count, unit]) => ({ count, unit })),
}

function scalarOf(type: Scalar['type']): fc.Arbitrary<Scalar> {
  switch (type) {
    case 'VOID':
      return fc.constantFrom(scalar(type, null), explicitNull)
    case 'SYMBOL':
    case 'STRING':
    case 'HANDLE':
    case 'CODE':
    case 'DATASOURCE':
    case 'RESOURCE':
      return text.map(value => scalar(type, value))
    case 'FUNCTIONDEF':
      return fc
        .tuple(fc.nat(8), text)
        .map(([functionKind, value]) => ({ form: 'scalar', type, functionKind, value }))
    case 'BLOB':
      return fc.uint8Array({ maxLength: 50 }).map(value => scalar(type, value))
    case 'DECIMAL32':
    case 'DECIMAL64':
    case 'DECIMAL128': {
      const bits = ({ DECIMAL32: 32n, DECIMAL64: 64n, DECIMAL128: 128n } as const)[type]
      return fc
        .tuple(fc.nat(maxScale[type]), fc.option(bigInteger(bits)))
        .map(([scale, value]) => scalar(type, value, scale))
    }
    default:
      return fc.option(values[type] ?? integer(32)).map(value => scalar(type, value))
  }
}

const allTypes = Object.keys(dataTypes) as DataType[]

/** Every type whose elements have a fixed size. */
export const fixedTypes: readonly FixedType[] = allTypes.filter(isFixedType)

export const arbitraryScalar: fc.Arbitrary<Scalar> = fc.oneof(
  ...allTypes.filter(type => type !== 'ANY').map(type => scalarOf(type)),
)

/** A vector with any bit pattern that a column of the type can hold. */
export function arbitraryFixedVector(type: FixedType, length: number): fc.Arbitrary<Vector> {
  const scale = isDecimal(type) ? fc.nat(maxScale[type]) : fc.constant(0)
  return fc
    .tuple(bytes(length * dataTypes[type].bytesPerValue), scale)
    .map(([data, decimals]) => vectorOfBytes(type, length, data.slice(), decimals))
}

function arbitraryVector(length: number): fc.Arbitrary<Vector> {
  const list = <T>(element: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.array(element, { minLength: length, maxLength: length })
  const symbol = fc.constantFrom('', 'a', 'bb', 'ÄÖ', '数据')
  return fc.oneof(
    fc.constantFrom(...fixedTypes).chain(type => arbitraryFixedVector(type, length)),
    fc.constant<Vector>({ form: 'vector', type: 'VOID', length }),
    list(text).map((data): Vector => ({ form: 'vector', type: 'STRING', length, data })),
    list(fc.oneof(symbol, text)).map((texts): Vector => symbolVectorOf(texts)),
    list(fc.uint8Array({ maxLength: 30 })).map((data): Vector => ({
      form: 'vector',
      type: 'BLOB',
      length,
      data,
    })),
  )
}

/** Mostly small numbers, and some that need two bytes. */
const cellCount = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 1, arbitrary: fc.integer({ min: 250, max: 300 }) },
)

/** Every row has at least one cell, because the decoder reads an empty row as one null cell. */
export function arbitraryArrayVector(length: number): fc.Arbitrary<ArrayVector> {
  return fc
    .tuple(
      fc.constantFrom(...fixedTypes),
      fc.array(cellCount, { minLength: length, maxLength: length }),
    )
    .chain(([type, counts]) => {
      const offsets = new Uint32Array(length + 1)
      for (const [row, count] of counts.entries()) offsets[row + 1] = offsets[row]! + count
      return arbitraryFixedVector(type, offsets[length]!).map((cells): ArrayVector => ({
        form: 'arrayVector',
        length,
        offsets,
        cells,
      }))
    })
}

export function arbitraryColumn(length: number): fc.Arbitrary<Column> {
  return fc.oneof(
    { weight: 5, arbitrary: arbitraryVector(length) },
    { weight: 1, arbitrary: arbitraryArrayVector(length) },
  )
}

const table = (column: (rows: number) => fc.Arbitrary<Column>): fc.Arbitrary<Table> =>
  fc.tuple(fc.nat(8), fc.integer({ min: 1, max: 6 }), text).chain(([rows, count, name]) =>
    fc
      .tuple(
        fc.array(text, { minLength: count, maxLength: count }),
        fc.array(column(rows), { minLength: count, maxLength: count }),
      )
      .map(([columnNames, columns]): Table => ({
        form: 'table',
        name,
        rows,
        columnNames,
        columns,
      })),
  )

/** A value of any form, nested a few levels. */
export const arbitraryValue: fc.Arbitrary<Value> = fc.letrec<{
  value: Value
  any: Vector
  vector: Vector
  column: Column
}>(tie => ({
  any: fc
    .array(tie('value'), { maxLength: 4 })
    .map((data): Vector => ({ form: 'vector', type: 'ANY', length: data.length, data })),
  vector: fc.nat(12).chain(arbitraryVector),
  column: fc.nat(12).chain(arbitraryColumn),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    arbitraryScalar,
    tie('column'),
    arbitraryVector(2)
      .filter(elements => elements.type !== 'ANY')
      .map((elements): Value => ({ form: 'pair', elements })),
    tie('vector').map((elements): Value => ({ form: 'set', elements })),
    fc
      .nat(5)
      .chain(length => fc.tuple(arbitraryVector(length), arbitraryVector(length)))
      .map(([keys, values]): Value => ({ form: 'dictionary', keys, values })),
    fc
      .tuple(fc.nat(4), fc.nat(4), fc.boolean(), fc.boolean())
      .chain(([rows, columns, rowLabels, columnLabels]) =>
        fc
          .tuple(arbitraryVector(rows * columns), arbitraryVector(rows), arbitraryVector(columns))
          .map(([elements, forRows, forColumns]): Value => ({
            form: 'matrix',
            rows,
            columns,
            elements,
            ...(rowLabels && { rowLabels: forRows }),
            ...(columnLabels && { columnLabels: forColumns }),
          })),
      ),
    table(arbitraryColumn),
    tie('any'),
  ),
})).value
