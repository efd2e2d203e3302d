/* Elements of scalars, columns and array vectors: values, nulls and bytes. Also the calendar for dates. */
import fc from 'fast-check'
import t from 'tap'
import { civilFromDays, daysFromCivil, daysInMonth } from '../../src/protocol/types/temporals.js'
import { type ColumnType, type DataType } from '../../src/protocol/data-type.js'
import {
  type ElementValue,
  columnTypeOf,
  elementAt,
  elementBytes,
  isNullAt,
  scalarAt,
  vectorOf,
  vectorOfBytes,
} from '../../src/protocol/element.js'
import { type TypedVector } from '../../src/protocol/value.js'
import { hex, scalar } from '../helpers/codec.js'
import { forAll } from '../helpers/runs.js'

/** For each type, a value that is not null, in the form of a scalar. */
const samples: readonly (readonly [DataType, ElementValue, number?])[] = [
  ['BOOL', true],
  ['CHAR', 97],
  ['SHORT', -300],
  ['INT', 70_000],
  ['LONG', 2n ** 60n],
  ['DATE', -1],
  ['MONTH', 24_149],
  ['TIME', 1],
  ['MINUTE', 1],
  ['SECOND', 1],
  ['DATETIME', 1],
  ['TIMESTAMP', -1n],
  ['NANOTIME', 1n],
  ['NANOTIMESTAMP', 1n],
  ['DATEHOUR', 1],
  ['DATEMINUTE', 1],
  ['FLOAT', 1.5],
  ['DOUBLE', NaN],
  ['SYMBOL', 'x'],
  ['STRING', 'ß'],
  ['BLOB', Uint8Array.of(0, 1)],
  ['UUID', Uint8Array.from({ length: 16 }, (_, at) => at)],
  ['IPADDR', Uint8Array.of(4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  ['INT128', new Uint8Array(16).fill(1)],
  ['COMPLEX', [1.5, -2]],
  ['POINT', [0, 0]],
  ['DURATION', { count: 3, unit: 2 }],
  ['DECIMAL32', -125n, 2],
  ['DECIMAL64', 10n ** 17n, 9],
  ['DECIMAL128', -(10n ** 37n), 38],
]

const typeOf = (type: DataType, scale?: number): ColumnType => ({
  type,
  ...(scale !== undefined && { scale }),
})

t.test('an element equals the given scalar, or is the null of its type', async t => {
  for (const [type, value, scale] of samples) {
    const column = vectorOf(typeOf(type, scale), [null, value, null])
    // DolphinDB has no SYMBOL scalars.
    const elementType = type === 'SYMBOL' ? 'STRING' : type
    t.equal(column.length, 3)
    t.strictSame(elementAt(column, 1), scalar(elementType, value, scale), `${type} value`)
    const nulls = [0, 1, 2].map(row => isNullAt(column, row))
    t.same(nulls, [true, false, true], `${type} nulls`)
    const none =
      type === 'SYMBOL' || type === 'STRING' ? '' : type === 'BLOB' ? new Uint8Array(0) : null
    t.strictSame(elementAt(column, 2), scalar(elementType, none, scale), `${type} null`)
    t.strictSame(columnTypeOf(column), typeOf(type, scale))
  }
})

t.test('a row of an array vector consists of its cells; all cells null means null', async t => {
  for (const [type, value, scale] of samples) {
    if (type === 'SYMBOL' || type === 'STRING' || type === 'BLOB') continue
    const column = vectorOf({ ...typeOf(type, scale), array: true }, [
      [value],
      [null, value],
      [null, null],
      [],
      null,
    ])
    t.strictSame(elementAt(column, 1), vectorOf(typeOf(type, scale), [null, value]), type)
    const nulls = [0, 1, 2, 3, 4].map(row => isNullAt(column, row))
    t.same(nulls, [false, false, true, true, true], type)
    t.strictSame(columnTypeOf(column), { ...typeOf(type, scale), array: true })
  }
})

t.test('a 16-byte element is a copy', async t => {
  const data = hex('01'.repeat(16))
  const vector: TypedVector = { form: 'vector', type: 'UUID', length: 1, data }
  const element = scalarAt(vector, 0)
  data.fill(9)
  t.strictSame(element, scalar('UUID', new Uint8Array(16).fill(1)))
})

// Columns share memory with the bytes that are sent.

t.test('a column and its bytes share memory', async t => {
  const bytes = Uint8Array.from(hex('01000000 02000000 03000000'))
  const vector = vectorOfBytes('INT', 3, bytes)
  t.strictSame(vector, { form: 'vector', type: 'INT', length: 3, data: Int32Array.of(1, 2, 3) })
  const again = elementBytes(vector)
  t.equal(again.buffer, bytes.buffer)
  bytes[0] = 7
  t.equal(again[0], 7)
})

t.test('a column with less data than rows is refused', async t => {
  const vector = vectorOfBytes('LONG', 2, new Uint8Array(16))
  t.throws(() => elementBytes({ ...vector, length: 3 }), {
    code: 'DDB_USAGE',
    message: 'A LONG vector of length 3 needs 24 bytes of data, but has 16',
  })
})

const dayMs = 86_400_000

t.test('days and dates agree with JavaScript’s calendar', async t => {
  t.equal(daysFromCivil(2024, 1, 2), 19_724)
  t.equal(daysFromCivil(1970, 1, 1), 0)
  t.strictSame(civilFromDays(-1), { year: 1969, month: 12, day: 31 })
  forAll(200)(fc.integer({ min: -100_000_000, max: 100_000_000 }), days => {
    const date = new Date(days * dayMs)
    const { year, month, day } = civilFromDays(days)
    return (
      year === date.getUTCFullYear() &&
      month === date.getUTCMonth() + 1 &&
      day === date.getUTCDate() &&
      daysFromCivil(year, month, day) === days &&
      daysInMonth(year, month) ===
        new Date(Date.UTC(2000 + (((year % 400) + 400) % 400), month, 0)).getUTCDate()
    )
  })
})

t.test('dates are exact within the range of every temporal type', async t => {
  forAll(100)(fc.integer({ min: -106_751_991_168, max: 106_751_991_168 }), days => {
    const { year, month, day } = civilFromDays(days)
    return daysFromCivil(year, month, day) === days && day >= 1 && day <= daysInMonth(year, month)
  })
  t.equal(daysInMonth(2024, 0), 0)
  t.equal(daysInMonth(2024, 13), 0)
})
