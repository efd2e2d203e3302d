/*
  Readers of text that had to be decoded: values as they were written, places and bytes as they stand in the input.
  iconv-lite and csv-stringify's rules, here in a few lines, wrote the input.
*/
import { Readable } from 'node:stream'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import t from 'tap'
import type { Reject } from '../../src/parse/input-reader.js'
import { openReader, type ReaderOptions } from '../../src/parse/open-reader.js'
import type { Encoding } from '../../src/source/encoding/encodings.js'
import { openSource } from '../../src/source/open-source.js'
import { runs } from '../helpers/runs.js'
import { mappingFor, rowsOf } from './reading.js'

/** Characters that each has; among the second bytes of some are `|`, `\\`, `{` and `"`-like bytes. */
const alphabets: Partial<Record<Encoding, string>> = {
  gb18030: '股票代码丂億儃凘㐀é😀',
  gbk: '股票丂億',
  big5: '股票功許蓋',
  shift_jis: 'ソ表能ｱ',
  'euc-kr': '종목갂',
  'utf-16le': '股票é😀ਊ',
  'utf-16be': '股票é😀ਊ',
  'windows-1252': 'é€ß',
  'utf-8': '股票é😀',
}
const cases = Object.entries(alphabets) as [Encoding, string][]

interface Read {
  readonly rows: string[][]
  readonly records: Buffer[]
  readonly places: { lineNumber: number; offsetBytes: number; lengthBytes: number }[]
  readonly rejects: Reject[]
  readonly header: Buffer
  readonly sum: number
}

interface Reading extends ReaderOptions {
  readonly encoding: 'auto' | Encoding
  readonly size?: number
  readonly types?: string
  readonly lenient?: boolean
  readonly ignoreExtra?: boolean
}

async function readAll(
  bytes: Buffer,
  {
    encoding,
    size = 1 << 16,
    types = 'id:INT,名:STRING',
    lenient = false,
    ignoreExtra = false,
    ...options
  }: Reading,
): Promise<Read> {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  const source = await openSource('-', {
    stdin: Readable.from(chunks, { objectMode: true }),
    encoding,
  })
  const reader = await openReader(source, options)
  const rejects: Reject[] = []
  const rows: string[][] = []
  const records: Buffer[] = []
  const places: Read['places'] = []
  const batches = reader.batches({
    mapping: mappingFor(reader, types, ignoreExtra ? { ignoreExtra } : {}),
    cells: { lenient },
    batchRows: 7,
    batchBytes: 1 << 20,
    keepRecords: true,
    onReject: reject => void rejects.push(reject),
  })
  for await (const batch of batches) {
    rows.push(...rowsOf(batch))
    for (let row = 0; row < batch.rowCount; row++) {
      const { lineNumber, offsetBytes, lengthBytes } = batch.locate(row)
      places.push({ lineNumber, offsetBytes, lengthBytes })
      records.push(Buffer.from(batch.record(row)))
    }
    batch.release()
  }
  const { rows: rowBytes, rejected, header, other } = reader.byteCounts
  return {
    rows,
    records,
    places,
    rejects,
    header: Buffer.from(reader.headerBytes ?? []),
    sum: rowBytes + rejected + header + other,
  }
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

t.test(
  'CSV: values, places and records of any table in any encoding, in pieces of any size',
  async t => {
    for (const [encoding, alphabet] of cases) {
      const name = fc
        .array(fc.constantFrom(...alphabet, ...'a|\\{,"\n'), { minLength: 1, maxLength: 12 })
        .map(characters => characters.join(''))
      await fc.assert(
        fc.asyncProperty(
          fc.array(name, { maxLength: 30 }),
          fc.constantFrom('\n', '\r\n'),
          fc.integer({ min: 1, max: 90 }),
          fc.boolean(),
          async (names, lineEnd, size, blank) => {
            const column = encoding === 'windows-1252' ? 'é' : encoding === 'euc-kr' ? '종' : '股'
            const header = iconv.encode(`id,${column}${lineEnd}${blank ? lineEnd : ''}`, encoding)
            const records = names.map((text, i) =>
              iconv.encode(`${i},${quoted(text)}${lineEnd}`, encoding),
            )
            const bytes = Buffer.concat([header, ...records])
            if (bytes.length < 4) return true
            const read = await readAll(bytes, {
              encoding,
              size,
              types: `id:INT,${column}:STRING`,
              header: 'yes',
              delimiter: ',',
            })
            let offsetBytes = header.length
            return (
              read.sum === bytes.length &&
              read.rejects.length === 0 &&
              read.rows.length === names.length &&
              read.rows.every(([id, text], i) => id === String(i) && text === names[i]) &&
              read.records.every((record, i) => record.equals(records[i]!)) &&
              read.places.every((place, i) => {
                const isRight =
                  place.offsetBytes === offsetBytes && place.lengthBytes === records[i]!.length
                offsetBytes += records[i]!.length
                return isRight
              })
            )
          },
        ),
        { numRuns: runs(60) },
      )
      t.pass(encoding)
    }
  },
)

t.test('JSON of both kinds', async t => {
  for (const [encoding, alphabet] of cases) {
    const text = fc
      .array(fc.constantFrom(...alphabet, ...'a|\\{"'), { maxLength: 12 })
      .map(all => all.join(''))
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 4, max: 90 }),
        fc.constantFrom('ndjson', 'json'),
        async (texts, size, format) => {
          const records = texts.map((each, id) =>
            JSON.stringify({ id, n: each }, null, format === 'json' ? '\n' : ''),
          )
          const whole =
            format === 'json' ? `[${records.join(' ,\n')}]\n` : `${records.join('\n')}\n`
          const bytes = iconv.encode(whole, encoding)
          const read = await readAll(bytes, {
            encoding,
            size,
            format,
            types: 'id:INT,n:STRING',
          })
          return (
            read.sum === bytes.length &&
            read.rejects.length === 0 &&
            read.rows.every(([id, n], i) => id === String(i) && n === texts[i]) &&
            read.rows.length === texts.length &&
            read.records.every(record => {
              const line = iconv.decode(record, encoding)
              return line.indexOf('\n') === line.length - 1 && read.rows.length > 0
            })
          )
        },
      ),
      { numRuns: runs(40) },
    )
    t.pass(encoding)
  }
})

t.test('bytes that are no character reject their row, whichever column they stand in', async t => {
  const gb = (text: string): Buffer => iconv.encode(text, 'gb18030')
  const broken = Buffer.concat([gb('2,'), Buffer.of(0x81), gb(',股\r\n')])
  const bytes = Buffer.concat([
    gb('id,名,注\r\n1,股,x\r\n'),
    broken,
    gb('3,"票\n",y\r\n'),
    gb('4,股,'),
    Buffer.of(0xff),
    gb('\r\n'),
  ])
  for (const size of [1, 4, 100]) {
    const read = await readAll(bytes, { encoding: 'gb18030', size, ignoreExtra: true })
    t.strictSame(read.rows, [
      ['1', '股'],
      ['3', '票\n'],
    ])
    t.equal(read.sum, bytes.length)
    t.match(read.rejects, [
      {
        code: 'DDB_INPUT_ENCODING',
        class: 'parse',
        lineNumber: 3,
        offsetBytes: 18,
        message: /81 at byte 20/,
      },
      { code: 'DDB_INPUT_ENCODING', class: 'parse', lineNumber: 6, message: /FF at byte/ },
    ])
    t.ok(
      Buffer.from(read.rejects[0]!.bytes).equals(broken),
      'the reject has the bytes of the input',
    )
    const lenient = await readAll(bytes, {
      encoding: 'gb18030',
      size,
      ignoreExtra: true,
      lenient: true,
    })
    t.strictSame(
      lenient.rows.map(row => row[1]),
      ['股', '', '票\n', '股'],
    )
  }
})

t.test('UTF-8 that was named is as strict', async t => {
  const bytes = Buffer.concat([
    Buffer.from('id,名,注\n1,股,'),
    Buffer.of(0xe9),
    Buffer.from('\n2,票,\n'),
  ])
  const read = await readAll(bytes, { encoding: 'utf-8', ignoreExtra: true, size: 5 })
  t.strictSame(read.rows, [['2', '票']])
  t.match(read.rejects, [{ code: 'DDB_INPUT_ENCODING', message: /utf-8: E9 at byte/ }])
})

t.test('records that are no rows keep their bytes and places', async t => {
  const gb = (text: string): Buffer => iconv.encode(text, 'gb18030')
  const bytes = gb('id,名\n股,票\n2,股,票\n3,"股"票\n4,股\n')
  const read = await readAll(bytes, { encoding: 'gb18030', size: 3 })
  t.strictSame(read.rows, [['4', '股']])
  t.match(read.rejects, [
    { code: 'DDB_INPUT_CELL', columnName: 'id', value: '股', offsetBytes: 6 },
    { code: 'DDB_INPUT_FIELD_COUNT', offsetBytes: 12 },
    { code: 'DDB_INPUT_QUOTE' },
  ])
  t.ok(
    Buffer.concat(read.rejects.map(reject => Buffer.from(reject.bytes))).equals(
      gb('股,票\n2,股,票\n3,"股"票\n'),
    ),
  )
  t.ok(read.header.equals(gb('id,名\n')))
})

t.test('a record that is too long keeps its beginning', async t => {
  const long = `2,${'股'.repeat(100)}\n`
  const bytes = iconv.encode(`id,名\n1,票\n${long}3,票\n`, 'gb18030')
  const read = await readAll(bytes, { encoding: 'gb18030', size: 16, maxRecordBytes: 50 })
  t.strictSame(
    read.rows.map(row => row[0]),
    ['1', '3'],
  )
  t.match(read.rejects, [{ code: 'DDB_INPUT_RECORD_TOO_LONG', lengthBytes: 203, offsetBytes: 11 }])
  t.equal(iconv.decode(Buffer.from(read.rejects[0]!.bytes), 'gb18030'), `2,${'股'.repeat(16)}`)
  t.equal(read.sum, bytes.length)
})
