/* Writes every type as column and array column, and checks that nulls, extremes and zeros read back bit for bit. */
import { parseColumnType } from '../../protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../protocol/element.js'
import { fail, numberOf, tableOfColumns } from '../answers.js'
import { ask, asks, call, checksOf } from './steps.js'

const maxFloat = 3.4028234663852886e38
const leastFloat = 1.401298464324817e-45
const maxLong = 0x7fff_ffff_ffff_ffffn
const max128 = (1n << 127n) - 1n
/** So long that the length takes two bytes, and that a socket may deliver the text in two pieces. */
const longText = 'ab\u00e9\u4e2d\u{1f40b}'.repeat(1000)

/** Type → values. Dates are from 1900 to 9999; times cover the whole day. */
const samples: Readonly<Record<string, readonly ElementValue[]>> = {
  BOOL: [true, null, false],
  CHAR: [-127, null, -1, 0, 1, 127],
  SHORT: [-32_767, null, -1, 0, 1, 32_767],
  INT: [-2_147_483_647, null, -1, 0, 1, 2_147_483_647],
  LONG: [-maxLong, null, -1n, 0n, 1n, 9_007_199_254_740_993n, maxLong],
  DATE: [-25_567, null, -1, 0, 1, 2_932_896],
  MONTH: [22_800, null, 23_639, 23_640, 119_999],
  TIME: [0, null, 1, 43_200_000, 86_399_999],
  MINUTE: [0, null, 1, 720, 1_439],
  SECOND: [0, null, 1, 43_200, 86_399],
  DATETIME: [-2_147_483_647, null, -1, 0, 1, 2_147_483_647],
  TIMESTAMP: [-2_208_988_800_000n, null, -1n, 0n, 1n, 253_402_300_799_999n],
  NANOTIME: [0n, null, 1n, 86_399_999_999_999n],
  NANOTIMESTAMP: [-2_208_988_800_000_000_000n, null, -1n, 0n, 1n, 9_223_286_399_999_999_999n],
  DATEHOUR: [-613_608, null, -1, 0, 1, 70_389_527],
  FLOAT: [-3.4028232635611926e38, null, -leastFloat, 0, leastFloat, 0.5, maxFloat],
  DOUBLE: [-1.7976931348623155e308, null, -5e-324, 0, 5e-324, 0.1, Number.MAX_VALUE],
  SYMBOL: ['', null, 'A', 'b c', 'line\nend', '\u00e9\u4e2d\u{1f40b}', 'A'],
  STRING: ['', null, 'A', ' b ', 'line\nend\t"', '\u00e9\u4e2d\u{1f40b}', longText],
  BLOB: ['', null, 'A', 'line\nend', '\u00e9\u4e2d\u{1f40b}', longText].map(text =>
    text === null ? null : new TextEncoder().encode(text),
  ),
  UUID: [
    '00112233-4455-6677-8899-aabbccddeeff',
    null,
    '00000000-0000-0000-0000-000000000001',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ],
  IPADDR: ['1.2.3.4', null, '255.255.255.255', '2001:db8::1', 'ffff::ffff'],
  INT128: [
    '00112233445566778899aabbccddeeff',
    null,
    '00000000000000000000000000000001',
    'ffffffffffffffffffffffffffffffff',
  ],
  COMPLEX: [[1.5, -2.5], null, [0, 0], [Number.MAX_VALUE, 5e-324]],
  POINT: [[1.5, -2.5], null, [0, 0], [Number.MAX_VALUE, 5e-324]],
  'DECIMAL32(4)': [-2_147_483_647n, null, -1n, 0n, 1n, 2_147_483_647n],
  'DECIMAL64(8)': [-maxLong, null, -1n, 0n, 1n, maxLong],
  'DECIMAL128(20)': [-max128, null, -1n, 0n, 1n, max128],
}

/** Types without arrays (docs/protocol.md#array-vectors). */
const withoutArrays: readonly string[] = ['SYMBOL', 'STRING', 'BLOB']

/** Types in the spelling of scripts, and a column of each. */
export const columnSamples = Object.entries(samples).map(([type, values]) => ({
  type,
  column: vectorOf(parseColumnType(type)!, values),
}))

/** For each type with arrays: rows with no cell, with one cell, with several, and with more cells than one byte can count. */
export const arraySamples = Object.entries(samples)
  .filter(([type]) => !withoutArrays.includes(type))
  .map(([type, values]) => {
    const cell = values[0]!
    const rows = [values, [], [cell], [null], Array<ElementValue>(300).fill(cell), values]
    return { type: `${type}[]`, column: vectorOf({ ...parseColumnType(type)!, array: true }, rows) }
  })

const variable = 'ddbIngestTestValues'

function roundTrip({ type, column }: (typeof columnSamples)[number]) {
  const table = tableOfColumns({ v: column })
  return asks(
    ask(`${variable} = table(${table.rows}:0, [\`v], [${type}])`),
    call(`tableInsert{${variable}}`, table, answer => {
      const rows = numberOf(answer)
      if (rows !== table.rows) fail(`tableInsert answered ${rows} rows, not ${table.rows}`)
    }),
    ask(`select * from ${variable}`, table),
  )
}

export const typeChecks = checksOf(
  'types',
  'loading columns of this type',
  Object.fromEntries(
    [...columnSamples, ...arraySamples].map(sample => [`${sample.type} column`, roundTrip(sample)]),
  ),
)
