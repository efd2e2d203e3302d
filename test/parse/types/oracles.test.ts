/*
  Values of cells, compared with oracles that share nothing with the parsers: Number, BigInt, Date, TextDecoder.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { openReader } from '../../../src/parse/formats.js'
import type { Reject } from '../../../src/parse/batch.js'
import type { Column } from '../../../src/protocol/value.js'
import { mappingFor, memorySource, read } from '../reading.js'
import { runs } from '../../helpers/runs.js'

/** The column of a type that results from the texts, and the texts that the column refuses. */
async function column(
  type: string,
  texts: readonly string[],
): Promise<{ column: Column; rejects: Reject[] }> {
  const lines = texts.map(text => `"${text}",0\n`).join('')
  const reader = await openReader(memorySource(lines), { header: 'no' })
  const rejects: Reject[] = []
  const batches = reader.batches({
    mapping: mappingFor(reader, `c:${type},n:INT`),
    batchRows: 1 << 20,
    batchBytes: 1 << 30,
    onReject: reject => void rejects.push(reject),
  })
  const { value } = await batches.next()
  return { column: value!.columns[0]!, rejects }
}

const numbers = async (type: string, texts: readonly string[]): Promise<(number | bigint)[]> => {
  const { column: found, rejects } = await column(type, texts)
  deepStrictEqual(
    rejects.map(reject => reject.message),
    [],
  )
  return [...(found as { data: Float64Array }).data.slice(0, texts.length)]
}

const many = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { minLength: 1, maxLength: 300 })

t.test('a DOUBLE is read like Number', async t => {
  const digits = fc.stringMatching(/^\d{1,20}$/)
  const texts = fc.oneof(
    fc.double({ noNaN: true, min: -1e308, max: 1e308 }).map(String),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(String),
    fc.tuple(digits, digits).map(([whole, fraction]) => `${whole}.${fraction}`),
    fc
      .tuple(digits, digits, fc.integer({ min: -320, max: 290 }))
      .map(([a, b, e]) => `-${a}.${b}e${e}`),
    fc.integer().map(String),
    fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.integer({ min: 0, max: 22 }))
      .map(([n, scale]) => {
        const text = String(n).padStart(scale + 1, '0')
        return scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`
      }),
    fc
      .tuple(fc.integer({ min: 0, max: 9_999_999 }), fc.integer({ min: 1, max: 6 }))
      .map(([n, d]) => (n / 10 ** d).toFixed(d)),
  )
  await fc.assert(
    fc.asyncProperty(many(texts), async list => {
      deepStrictEqual(await numbers('DOUBLE', list), list.map(Number))
    }),
    { numRuns: runs(20) },
  )
  t.pass()
})

t.test('a FLOAT is the same number in single precision', async t => {
  const texts = fc.double({ min: -1e38, max: 1e38, noNaN: true }).map(String)
  await fc.assert(
    fc.asyncProperty(many(texts), async list => {
      deepStrictEqual(
        await numbers('FLOAT', list),
        list.map(text => Math.fround(Number(text))),
      )
    }),
    { numRuns: runs(10) },
  )
  t.pass()
})

t.test('a LONG is read like BigInt', async t => {
  const max = 2n ** 63n - 1n
  const texts = fc.oneof(
    fc.bigInt({ min: -max, max }),
    fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n }),
  )
  await fc.assert(
    fc.asyncProperty(many(texts), async list => {
      deepStrictEqual(await numbers('LONG', list.map(String)), list)
    }),
    { numRuns: runs(10) },
  )
  t.pass()
})

t.test('an INT and a SHORT are read like Number', async t => {
  await fc.assert(
    fc.asyncProperty(many(fc.integer({ min: -2147483647 })), async list => {
      deepStrictEqual(await numbers('INT', list.map(String)), list)
    }),
    { numRuns: runs(10) },
  )
  await fc.assert(
    fc.asyncProperty(many(fc.integer({ min: -32767, max: 32767 })), async list => {
      deepStrictEqual(await numbers('SHORT', list.map(String)), list)
    }),
    { numRuns: runs(10) },
  )
  t.pass()
})

const days = fc.integer({ min: -719_528, max: 2_932_896 })
const iso = (ms: number): string => {
  const text = new Date(ms).toISOString()
  return text.startsWith('+') || text.startsWith('-') ? '2000-01-01T00:00:00.000Z' : text
}

t.test('dates and times are read like Date', async t => {
  const instants = fc
    .tuple(days, fc.integer({ min: 0, max: 86_399_999 }))
    .map(([day, ms]) => iso(day * 86_400_000 + ms))
  await fc.assert(
    fc.asyncProperty(many(instants), async list => {
      const ms = list.map(text => Date.parse(text))
      const plain = list.map(text => text.slice(0, -1))
      deepStrictEqual(await numbers('TIMESTAMP', plain), ms.map(BigInt))
      const spelled = plain.map((text, i) =>
        i % 2 ? text.replaceAll('-', '.') : text.replace('T', ' '),
      )
      deepStrictEqual(await numbers('TIMESTAMP', spelled), ms.map(BigInt))
      deepStrictEqual(
        await numbers(
          'DATE',
          plain.map(text => text.slice(0, 10)),
        ),
        ms.map(value => Math.floor(value / 86_400_000)),
      )
      deepStrictEqual(
        await numbers(
          'TIME',
          plain.map(text => text.slice(11)),
        ),
        ms.map(value => value - Math.floor(value / 86_400_000) * 86_400_000),
      )
      deepStrictEqual(
        await numbers(
          'MONTH',
          plain.map(text => text.slice(0, 7)),
        ),
        list.map(text => new Date(text).getUTCFullYear() * 12 + new Date(text).getUTCMonth()),
      )
    }),
    { numRuns: runs(10) },
  )
  t.pass()
})

t.test('a NANOTIMESTAMP has every nanosecond', async t => {
  const limit = 2n ** 63n - 1n
  await fc.assert(
    fc.asyncProperty(many(fc.bigInt({ min: -limit, max: limit })), async list => {
      const texts = list.map(ns => {
        const seconds = ns >= 0n ? ns / 1_000_000_000n : -((-ns + 999_999_999n) / 1_000_000_000n)
        const fraction = String(ns - seconds * 1_000_000_000n).padStart(9, '0')
        return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}`
      })
      deepStrictEqual(await numbers('NANOTIMESTAMP', texts), list)
    }),
    { numRuns: runs(10) },
  )
  t.pass()
})

t.test('a day that the calendar lacks is refused', async t => {
  const texts: string[] = []
  const expected: boolean[] = []
  for (const year of [1900, 1999, 2000, 2023, 2024, 2100]) {
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 32; day++) {
        const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
        texts.push(text)
        const date = new Date(Date.UTC(year, month - 1, day))
        expected.push(date.getUTCMonth() === month - 1 && date.getUTCDate() === day)
      }
    }
  }
  const { rejects } = await column('DATE', texts)
  const refused = new Set(rejects.map(reject => reject.value))
  t.strictSame(
    texts.map(text => !refused.has(text)),
    expected,
  )
})

t.test('decimals are exact', async t => {
  for (const [type, bits, scale] of [
    ['DECIMAL32', 31, 3],
    ['DECIMAL64', 63, 7],
    ['DECIMAL128', 127, 20],
  ] as const) {
    const limit = 2n ** BigInt(bits) - 1n
    await fc.assert(
      fc.asyncProperty(many(fc.bigInt({ min: -limit, max: limit })), async list => {
        const texts = list.map(unscaled => {
          const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
          return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
        })
        const { column: found, rejects } = await column(`${type}(${scale})`, texts)
        deepStrictEqual(rejects, [])
        const { data } = found as unknown as { data: Int32Array | BigInt64Array | Uint8Array }
        const words = new DataView(data.buffer, data.byteOffset)
        const values = list.map((_, i) => {
          if (bits === 31) return BigInt(words.getInt32(i * 4, true))
          if (bits === 63) return words.getBigInt64(i * 8, true)
          return (words.getBigInt64(i * 16 + 8, true) << 64n) | words.getBigUint64(i * 16, true)
        })
        deepStrictEqual(values, list)
      }),
      { numRuns: runs(10) },
    )
  }
  t.pass()
})

t.test('a text is UTF-8 exactly if TextDecoder accepts it', async t => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const isText = (bytes: Uint8Array): boolean => {
    try {
      decoder.decode(bytes)
      return true
    } catch {
      return false
    }
  }
  const lead = fc.constantFrom(
    0x41,
    0x7f,
    0x80,
    0xbf,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
  )
  const trail = fc.constantFrom(0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0x41, 0xc2)
  const bytes = fc.oneof(
    fc
      .array(fc.oneof(lead, trail), { minLength: 1, maxLength: 5 })
      .map(list => Uint8Array.from(list)),
    fc.tuple(lead, trail, trail, trail).map(list => Uint8Array.from(list)),
    fc.string({ minLength: 1, unit: 'binary' }).map(text => new TextEncoder().encode(text)),
  )
  const usable = bytes.filter(
    list => !list.some(byte => byte < 0x20 || byte === 0x22 || byte === 0x2c),
  )
  await fc.assert(
    fc.asyncProperty(usable, fc.constantFrom('STRING', 'SYMBOL'), async (list, type) => {
      const { rows, rejects } = await read(
        Buffer.concat([list, Buffer.from(',1\n')]),
        `s:${type},n:INT`,
        { header: 'no' },
      )
      if (!isText(list)) return rejects.length === 1 && rejects[0]!.code === 'DDB_INPUT_ENCODING'
      return rows[0]?.[0] === Buffer.from(list).toString()
    }),
    { numRuns: runs(150) },
  )
  t.pass()
})

t.test('a text halfway between two doubles is rounded to the even one', async t => {
  const texts = [
    '9007199254740993',
    '9007199254740995',
    '4503599627370496.5',
    '4503599627370497.5',
    '0.50000000000000011102230246251565',
    '1.1102230246251565',
    '0.1234567890123456',
    '8.5e0',
    '0.000000000000000000001',
    '123456789.12345678',
  ]
  t.strictSame(await numbers('DOUBLE', texts), texts.map(Number))
})
