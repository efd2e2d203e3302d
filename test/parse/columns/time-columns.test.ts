/*
  Columns of dates and times, and the fast reader that they share.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { EpochFormat } from '../../../src/parse/cells/epoch-format.js'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { int32Layout, int64Layout, storeExact } from '../../../src/parse/columns/fixed-columns.js'
import { CountColumn } from '../../../src/parse/columns/number-columns.js'
import {
  DateTimeColumn,
  NanotimeColumn,
  NanotimestampColumn,
  TimestampColumn,
  UsualTime,
} from '../../../src/parse/columns/time-columns.js'
import { runs } from '../../helpers/runs.js'
import { cellOf } from '../cells/cell.js'
import { read } from '../reading.js'
import { blockOf, field, refusedRows } from './block.js'
import { readTimes } from './time-reading.js'

// Dates with a time in the usual spelling, compared with Date: a text is a date exactly if Date prints it again.

type Parts = readonly [day: number, msOfDay: number, nanos: number, midnightMs: number]

const time = new UsualTime()

function partsOf(text: string): Parts | undefined {
  const { bytes, view, start, end } = cellOf(text)
  const msOfDay = time.read(bytes, view, start, end)
  if (msOfDay < 0) return undefined
  const midnightMs = time.midnightHigh * 2 ** 32 + (time.midnightLow >>> 0)
  return [time.day, msOfDay, time.nanos, midnightMs]
}

/** The text must be printed again, because Date reads 30 February as a day in March. */
function expectedOf(seconds: string, fraction: string): Parts | undefined {
  const ms = Date.parse(`${seconds}Z`)
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== seconds) return undefined
  const nanos = Number(fraction.padEnd(9, '0'))
  const day = Math.floor(ms / 86_400_000)
  const midnightMs = day * 86_400_000
  const msOfDay = ms - midnightMs + Math.floor(nanos / 1_000_000)
  return [day, msOfDay, nanos % 1_000_000, midnightMs]
}

const digits = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length })

t.test('a text is a time exactly if Date prints it again', async t => {
  const two = (max: number): fc.Arbitrary<string> =>
    fc.nat(max).map(number => String(number).padStart(2, '0'))
  let read = 0
  fc.assert(
    fc.property(
      fc.tuple(digits(4), two(13), two(32)),
      fc.tuple(two(24), two(60), two(60)),
      fc.oneof(...[0, 3, 6, 9].map(digits)),
      fc.constantFrom('', 'Z', 'z'),
      (date, clock, fraction, utc) => {
        const seconds = `${date.join('-')}T${clock.join(':')}`
        const expected = expectedOf(seconds, fraction)
        if (expected !== undefined) read++
        const behind = fraction === '' ? '' : `.${fraction}`
        deepStrictEqual(partsOf(`${seconds}${behind}${utc}`), expected)
      },
    ),
    { numRuns: runs(3000) },
  )
  t.ok(read > runs(3000) / 2, `${read} were times`)
})

t.test('both separators must be equal', async t => {
  for (const [text, isTime] of [
    ['2024.02.29T00:00:00', true],
    ['2024/02/29 00:00:00', true],
    ['2024-02.29T00:00:00', false],
    ['2024.02/29T00:00:00', false],
    ['2024,02,29T00:00:00', false],
    ['2024002029T00:00:00', false],
    ['2024-02-29t00:00:00', false],
    ['2024-02-29T00-00-00', false],
  ] as const) {
    t.equal(partsOf(text) !== undefined, isTime, text)
  }
})

t.test('a text of another length is not a time', async t => {
  const text = '2024-02-29T00:00:00.000000000'
  for (let length = 0; length <= text.length; length++) {
    const isTime = [19, 23, 26, 29].includes(length)
    t.equal(partsOf(text.slice(0, length)) !== undefined, isTime, text.slice(0, length))
  }
})

// TIMESTAMP in its usual spelling, compared with Date; texts left to the general reader are listed as well.

const readTimestampColumn = (texts: readonly string[]): ReturnType<typeof readTimes> =>
  readTimes(texts, TimestampColumn)

const moment = fc.date({
  min: new Date('0000-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})

t.test('every moment is read in each usual spelling', async t => {
  fc.assert(
    fc.property(
      fc.array(moment, { minLength: 1, maxLength: 20 }),
      fc.constantFrom('-', '.', '/'),
      fc.constantFrom('T', ' '),
      fc.constantFrom('', '000', '000000'),
      fc.constantFrom('', 'Z', 'z'),
      (moments, separator, between, zeros, utc) => {
        const texts = moments.map(date => {
          const text = date.toISOString().slice(0, -1).replaceAll('-', separator)
          return `${text.replace('T', between)}${zeros}${utc}`
        })
        deepStrictEqual(readTimestampColumn(texts), {
          values: moments.map(date => BigInt(date.getTime())),
          others: [],
          refused: [],
        })
      },
    ),
    { numRuns: runs(100) },
  )
  t.pass()
})

const usual = '2024-02-29T23:59:59.999'

t.test('an invalid date is not taken for the date before it', async t => {
  const bad = usual.replace('02-29', '02-30')
  const { values, others, refused } = readTimestampColumn([usual, bad, usual, bad, bad])
  t.strictSame(refused, [1, 3, 4])
  t.strictSame(others, [bad, bad, bad])
  t.equal(values[2], BigInt(Date.parse(`${usual}Z`)))
})

t.test('no date is taken for a different date, whatever came before', async t => {
  const part = (max: number): fc.Arbitrary<string> =>
    fc.nat(max).map(number => String(number).padStart(2, '0'))
  const year = fc.constantFrom('0000', '1899', '1900', '1969', '1970', '2000', '2023', '2024')
  const date = fc.oneof(
    fc.tuple(year, part(13), part(39), fc.constantFrom('-', '.')),
    fc.tuple(year, part(99), part(99), fc.constantFrom('-', '\0')),
  )
  const time = fc.constantFrom('00:00:00.000', '00:00:00.001', '17:02:47.295', '23:59:59.999')
  fc.assert(
    fc.property(fc.array(fc.tuple(date, time), { minLength: 1, maxLength: 60 }), cells => {
      const texts = cells.map(([[y, m, d, separator], clock]) =>
        [y, m, `${d}T${clock}`].join(separator),
      )
      // Date reads 30 February as a day in March.
      const expected = cells.map(([[y, m, d, separator], clock]) => {
        const iso = `${y}-${m}-${d}T${clock}Z`
        const ms = Date.parse(iso)
        const isDay = !Number.isNaN(ms) && new Date(ms).toISOString() === iso
        return isDay && separator !== '\0' ? BigInt(ms) : -(2n ** 63n)
      })
      deepStrictEqual(readTimestampColumn(texts).values, expected)
    }),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('any other text is left to the general reader', async t => {
  const others = [
    usual.slice(0, -1),
    `${usual}0`,
    '2024-02-29T24:00:00.000',
    '2024-02-29T23:60:00.000',
    '2024-02-29T23:59:60.000',
    '2024-13-01T00:00:00.000',
    '2024-02/29T00:00:00.000',
    '2024_02_29T00:00:00.000',
    '2024-02-29x00:00:00.000',
    '2024-02-29t00:00:00.000',
    '2024-02-29T00:00:00.000001',
    '2024-02-29T00:00:00.000000001',
    '2024-02-29T00:00:00.0000',
    '2024-02-29T00:00:00,000',
    '2024-02-29T00:00:00.',
    '2024-02-29T00:00',
    '2024-02-29T00:00Z',
    '2024-02-29T00:00:00ZZ',
    '2024-02-29T00:00:00+00',
    'Z',
    'x024-02-29T00:00:00.000',
  ]
  t.strictSame(readTimestampColumn(others).others, others)
})

t.test('one wrong byte at any position is noticed', async t => {
  const digits = /\d/
  for (const text of [usual.slice(0, 19), usual, `${usual}000`, `${usual}999999`]) {
    const wrong = [...text].flatMap((c, i) =>
      [...(digits.test(c) ? '/:' : '09x'), ...';\x10p'].map(
        other => text.slice(0, i) + other + text.slice(i + 1),
      ),
    )
    // A character beyond ASCII takes several bytes, which changes the length.
    const widened = [...text.slice(0, -1)].map(
      (_, i) => `${text.slice(0, i)}\u00b0${text.slice(i + 2)}`,
    )
    for (const Column of [TimestampColumn, NanotimestampColumn]) {
      const left = new Set(readTimes([...wrong, ...widened], Column).others)
      t.strictSame(
        [...wrong, ...widened].filter(other => !left.has(other)),
        [],
      )
    }
  }
})

t.test('an empty text is null', async t => {
  t.strictSame(readTimestampColumn(['', usual]), {
    values: [-(2n ** 63n), BigInt(Date.parse(`${usual}Z`))],
    others: [],
    refused: [],
  })
})

// NANOTIMESTAMP and NANOTIME, compared with BigInt; texts left to the general reader are listed as well.

t.test('every nanosecond of 64 bits is read, with any number of digits', async t => {
  // The last millisecond at either end is left to the general reader.
  const largest = 9_223_372_036_853_000_000n
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: -largest, max: largest }), { minLength: 1, maxLength: 20 }),
      fc.constantFrom(0, 3, 6, 9),
      (values, digits) => {
        const unit = 10n ** BigInt(9 - digits)
        const whole = values.map(value => (value / unit) * unit)
        const texts = whole.map(value => {
          const nanos = ((value % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
          const seconds = new Date(Number((value - nanos) / 1_000_000n)).toISOString().slice(0, 19)
          const fraction = String(nanos).padStart(9, '0').slice(0, digits)
          return `${seconds}${digits === 0 ? '' : '.'}${fraction}`
        })
        deepStrictEqual(readTimes(texts, NanotimestampColumn), {
          values: whole,
          others: [],
          refused: [],
        })
      },
    ),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('every nanosecond of a day is read, with any number of digits', async t => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 0n, max: 86_400_000_000_000n - 1n }), { minLength: 1 }),
      fc.constantFrom(0, 3, 6, 9),
      (values, digits) => {
        const unit = 10n ** BigInt(9 - digits)
        const whole = values.map(value => (value / unit) * unit)
        const texts = whole.map(value => {
          const clock = new Date(Number(value / 1_000_000n)).toISOString().slice(11, 19)
          const fraction = String(value % 1_000_000_000n)
            .padStart(9, '0')
            .slice(0, digits)
          return `${clock}${digits === 0 ? '' : '.'}${fraction}`
        })
        const expected = { values: whole, others: [], refused: [] }
        deepStrictEqual(readTimes(texts, NanotimeColumn), expected)
      },
    ),
    { numRuns: runs(300) },
  )
  const others = [
    '24:00:00',
    '00:60:00',
    '00:00:60',
    '00:00:00.0',
    '00:00',
    '00:00:00Z',
    '0:00:000',
  ]
  t.strictSame(readTimes(others, NanotimeColumn).others, others)
})

t.test('nanoseconds beyond 64 bits, and close to the limits, are left', async t => {
  const others = [
    '1677-09-21T00:12:43.145224193',
    '1677-09-21T00:12:43.145224191',
    '2262-04-11T23:47:16.854775807',
    '2262-04-11T23:47:16.854775808',
    '0000-01-01T00:00:00',
    '9999-12-31T23:59:59.999999999',
  ]
  t.strictSame(readTimes(others, NanotimestampColumn).others, others)
})

// DATETIME in its usual spelling, compared with Date; texts left to the general reader are listed as well.

const nullValue = -(2 ** 31)

/** Reads texts. A simulated general reader refuses every text that it gets, and lists the text in `others`. */
function readDatetimeColumn(texts: readonly string[]): {
  values: number[]
  others: string[]
  refused: number[]
} {
  const others: string[] = []
  const column = new DateTimeColumn(
    { ...int32Layout, name: 'DATETIME', expected: 'a time' },
    0,
    new BufferPool(),
    (bytes, start, end) => {
      others.push(Buffer.from(bytes.subarray(start, end)).toString())
      return NaN
    },
  )
  const block = blockOf(texts)
  column.read(block, field, 0)
  const { data } = column.take(texts.length, []) as { data: Int32Array }
  return {
    values: Array.from(data.subarray(0, texts.length)),
    others,
    refused: refusedRows(block),
  }
}

t.test('every second within 32 bits is read in each usual spelling', async t => {
  const largest = 2 ** 31 - 1
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -largest, max: largest }), { minLength: 1, maxLength: 20 }),
      fc.constantFrom('-', '.', '/'),
      fc.constantFrom('', '.000', '.000000', '.000000000', 'Z', '.000Z'),
      (values, separator, behind) => {
        const texts = values.map(value => {
          const text = new Date(value * 1000).toISOString().slice(0, 19)
          return `${text.replaceAll('-', separator)}${behind}`
        })
        deepStrictEqual(readDatetimeColumn(texts), { values, others: [], refused: [] })
      },
    ),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('years beyond 32 bits, fractions of a second and other spellings are left', async t => {
  const others = [
    '1901-12-13T20:45:52',
    '2038-01-19T03:14:08',
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:59',
    '2024-02-29T00:00:00.001',
    '2024-02-29T00:00:00.000001',
    '2024-02-29T00:00:00.000000001',
    '2023-02-29T00:00:00',
    '2024-02-29',
    '2024-02-29T00:00',
  ]
  const { values, others: left, refused } = readDatetimeColumn(['2024-02-29T00:00:01', ...others])
  t.strictSame(left, others)
  t.strictSame(
    refused,
    Array.from(others.keys(), row => row + 1),
  )
  t.strictSame(values, [Date.UTC(2024, 1, 29, 0, 0, 1) / 1000, ...others.map(() => nullValue)])
})

t.test('an empty text is null', async t => {
  t.strictSame(readDatetimeColumn(['', '1970-01-01T00:00:00']), {
    values: [nullValue, 0],
    others: [],
    refused: [],
  })
})

// Counts since 1970 in 64-bit columns, compared with BigInt.

const null64 = -(2n ** 63n)

/** The raw numbers of the texts; 77 for texts that are left to the general reader. */
function values(factor: number, texts: readonly string[]): { data: bigint[]; others: number[] } {
  const others: number[] = []
  const column = new CountColumn(
    {
      ...{ ...int64Layout, name: 'LONG', expected: 'a count' },
      readCell: (bytes, _view, start, end, words, at) => {
        const text = Buffer.from(bytes.subarray(start, end)).toString()
        others.push(texts.indexOf(text))
        storeExact(words, at, 77)
        return text === 'x' ? NaN : 0
      },
    },
    3,
    new BufferPool(),
    { factor, isMs: false },
  )
  const block = blockOf(texts)
  column.read(block, field, 0)
  const { data } = column.take(texts.length, []) as unknown as { data: BigInt64Array }
  deepStrictEqual(
    refusedRows(block),
    texts.flatMap((text, row) => (text === 'x' ? [row] : [])),
  )
  return { data: [...data.subarray(0, texts.length)], others }
}

t.test('counts are read like BigInt', async t => {
  const max = 2n ** 63n - 1n
  const count = fc.oneof(
    fc.bigInt({ min: -max, max }),
    fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
  )
  fc.assert(
    fc.property(fc.array(count, { minLength: 1, maxLength: 50 }), list => {
      const { data, others } = values(1, list.map(String))
      deepStrictEqual([data, others], [list, []])
    }),
    { numRuns: runs(100) },
  )
  const short = fc.bigInt({ min: -9_007_199_254n, max: 9_007_199_254n })
  fc.assert(
    fc.property(fc.array(short, { minLength: 1, maxLength: 50 }), list => {
      deepStrictEqual(
        values(1_000_000, list.map(String)).data,
        list.map(one => one * 1_000_000n),
      )
    }),
    { numRuns: runs(100) },
  )
  t.pass()
})

t.test('everything else is left to the general reader', async t => {
  const texts = [
    '1.5',
    ' 7',
    '1234567890-123456789',
    '99999999999999999999',
    '',
    'x',
    '-',
    '+-12345678901234567',
  ]
  const { data, others } = values(1, texts)
  t.strictSame(others, [0, 1, 2, 3, 5, 6, 7])
  t.strictSame(data, [77n, 77n, 77n, 77n, null64, null64, 77n, 77n])
  t.strictSame(values(1_000_000_000, ['9007199', '9007200']).others, [1], 'beyond 2^53')
})

t.test('each unit in each type, also before 1970', async t => {
  const lines = ['1577957400032', '-1', '0', '1577957400032.5', '9223372036854775807']
  for (const [type, unit, expected] of [
    [
      'TIMESTAMP',
      'ms',
      ['2020.01.02T09:30:00.032', '1969.12.31T23:59:59.999', '1970.01.01T00:00:00.000'],
    ],
    ['TIMESTAMP', 's', ['1969.12.31T23:59:59.000', '1970.01.01T00:00:00.000']],
    ['NANOTIMESTAMP', 'ns', ['1970.01.01T00:26:17.957400032', '1969.12.31T23:59:59.999999999']],
    ['NANOTIMESTAMP', 'ms', ['2020.01.02T09:30:00.032000000', '1969.12.31T23:59:59.999000000']],
  ] as const) {
    const { rows } = await read(`c\n${lines.join('\n')}\n`, `c:${type}`, {
      header: 'yes',
      batch: { cells: { dateFormats: { c: `epoch:${unit}` } } },
    })
    t.strictSame(
      rows.slice(0, expected.length).map(([one]) => one),
      expected,
      `${type} ${unit}`,
    )
  }
  t.equal(new EpochFormat(3).unitDigits, 3)
})

t.test('times end with the year 9999, and the reason names the unit that would fit', async t => {
  const cases = [
    ['TIMESTAMP', 'ms', '253402300799999', '9999.12.31T23:59:59.999'],
    ['TIMESTAMP', 'us', '253402300799999000', '9999.12.31T23:59:59.999'],
    ['TIMESTAMP', 's', '-62167219200', '0000.01.01T00:00:00.000'],
    ['TIMESTAMP', 'ms', '253402300800000', 'epoch:us would be 1978-01-11'],
    ['TIMESTAMP', 'ms', '-62167219200001', undefined],
    ['TIMESTAMP', 'ms', '1700000000000000', 'epoch:us would be 2023-11-14'],
    ['TIMESTAMP', 'ms', '1700000000000000000', 'epoch:ns would be 2023-11-14'],
    ['TIMESTAMP', 'ms', '0001700000000000000.5', 'epoch:us would be 2023-11-14'],
    ['TIMESTAMP', 's', '1700000000000', 'epoch:ms would be 2023-11-14'],
    ['DATETIME', 's', '1700000000000', 'epoch:ms would be 2023-11-14'],
    ['DATE', 's', '1699920000000', 'epoch:ms would be 2023-11-14'],
    ['NANOTIMESTAMP', 'ms', '1700000000000000', 'epoch:us would be 2023-11-14'],
    ['NANOTIMESTAMP', 'ns', '9223372036854775807', '2262.04.11T23:47:16.854775807'],
    ['TIMESTAMP', 'ms', '12 h', undefined],
  ] as const
  for (const [type, unit, text, expected] of cases) {
    for (const timeZone of ['none', 'UTC']) {
      const reasons: string[] = []
      const { rows, rejects } = await read(`c\n${text}\n`, `c:${type}`, {
        header: 'yes',
        batch: { cells: { timeZone, dateFormats: { c: `epoch:${unit}` } } },
      })
      reasons.push(...rejects.map(({ message }) => message))
      if (expected !== undefined && !expected.startsWith('epoch')) {
        t.strictSame([rows, reasons], [[[expected]], []], `${type} ${unit} ${text}`)
      } else {
        const hint = expected === undefined ? '' : ` (${expected})`
        const reason = `${type} column "c": expected ${type} as epoch:${unit}${hint}, got "${text}"`
        t.strictSame([rows, reasons], [[], [reason]])
      }
    }
  }
})
