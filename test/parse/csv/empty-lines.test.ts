/*
  Empty lines: of one column they are what is left of a null, of several they are nothing; at the end of a file they are
  nothing in any case.
*/
import { Readable } from 'node:stream'
import iconv from 'iconv-lite'
import t from 'tap'
import { openReader, type ReaderOptions } from '../../../src/parse/open-reader.js'
import { InputError } from '../../../src/errors.js'
import type { Encoding } from '../../../src/source/encoding/encodings.js'
import { openSource } from '../../../src/source/open-source.js'
import { mappingFor, memorySource, read } from '../reading.js'

/** Dialects of the fast scanner, of the general one, and of csv-parse. */
const dialects: ReaderOptions[] = [
  { delimiter: ',', quote: '"' },
  { delimiter: '||', quote: '"' },
  { delimiter: ',', quote: '«', escape: '«' },
]

t.test('an empty line between rows of one column is a null', async t => {
  for (const dialect of dialects) {
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      for (const chunkBytes of [1, 2, 3, 100]) {
        const what = JSON.stringify({ dialect, lineEnd, chunkBytes })
        const text = ['v', '', '1', '', '', '2', '3', '', ''].join(lineEnd)
        const options = { ...dialect, chunkBytes, header: 'yes', comment: '#' } as const
        const { rows, places, reader } = await read(text, 'v:INT', options)
        t.strictSame(rows, [[''], ['1'], [''], [''], ['2'], ['3']], what)
        t.strictSame(
          places.map(({ lineNumber }) => lineNumber),
          [2, 3, 4, 5, 6, 7],
          what,
        )
        const { rows: bytes, header, other } = reader.byteCounts
        t.equal(bytes + header + other, text.length, what)
        t.equal(other, lineEnd.length, 'the empty line at the end')
      }
    }
  }
})

t.test('before a header they are nothing, before a first row they are nulls', async t => {
  for (const dialect of dialects) {
    const text = '\n\n# made by hand\n\nv\n1\n'
    const options = { ...dialect, comment: '#' }
    const named = await read(text, 'v:INT', { ...options, header: 'yes' })
    t.strictSame(named.rows, [['1']])
    t.equal(named.reader.headerLineNumber, 5)
    const { rows, places } = await read(text, 'v:STRING', { ...options, header: 'no' })
    t.strictSame(rows, [[''], [''], [''], ['v'], ['1']])
    t.strictSame(places[0], { lineNumber: 1, offsetBytes: 0, lengthBytes: 1 })
  }
})

t.test('a comment makes no row of the empty lines before it', async t => {
  const options = { comment: '#', header: 'yes' } as const
  for (const end of ['# end', '# end\n', '#', '\n#\n\n']) {
    const { rows } = await read(`v\n1\n\n${end}`, 'v:INT', options)
    t.strictSame(rows, [['1']], end)
  }
  const { rows } = await read('v\n1\n\n# more\n2\n', 'v:INT', options)
  t.strictSame(rows, [['1'], [''], ['2']])
})

t.test('between rows of several columns they are nothing', async t => {
  for (const dialect of dialects) {
    const { delimiter = ',' } = dialect
    const text = `a${delimiter}b\n\n1${delimiter}2\n\n\n3${delimiter}4\n`
    const { rows } = await read(text, 'a:INT,b:INT', { ...dialect, header: 'yes' })
    t.strictSame(rows, [
      ['1', '2'],
      ['3', '4'],
    ])
  }
})

t.test('an input of empty lines alone has no row, with and without a header', async t => {
  for (const text of ['\n', '\r\n\r\n', '\n\n\n']) {
    const { readToEnd, fieldCount, byteCounts } = await openReader(memorySource(text))
    t.match({ readToEnd, fieldCount, byteCounts }, { readToEnd: true, fieldCount: 0 })
    t.equal(byteCounts.other, text.length)
    t.strictSame((await read(`v${text}`, 'v:INT', { header: 'yes' })).rows, [])
  }
})

t.test('an empty line counts as a record where so many are to be read', async t => {
  const options = { header: 'yes', batch: { limit: 2 } } as const
  const { rows } = await read('v\n\n1\n2\n', 'v:INT', options)
  t.strictSame(rows, [[''], ['1']])
})

t.test('a row is told where its input was cut off, an empty line is left unread', async t => {
  const failure = new InputError('DDB_INPUT_TRUNCATED', 'cut', { file: 'x' })
  const source = memorySource('v\n1\n\n\n', { failure })
  const reader = await openReader(source, { header: 'yes' })
  const batches = reader.batches({
    mapping: mappingFor(reader, 'v:INT'),
    batchRows: 10,
    batchBytes: 1 << 20,
    onReject: () => void t.fail('no record is cut'),
  })
  const { value } = await batches.next()
  t.equal(value?.endOffsetBytes, 4)
  await t.rejects(batches.next(), { code: 'DDB_INPUT_TRUNCATED' })
  t.equal(reader.byteCounts.other, 0)
})

t.test('beyond the limit of a record an empty line is a row, whatever follows', async t => {
  for (const chunkBytes of [1, 7, 1000]) {
    const options = { header: 'yes', maxRecordBytes: 10, chunkBytes } as const
    const { rows } = await read(`v\n1\n${'\n'.repeat(13)}`, 'v:INT', options)
    t.strictSame(rows, [['1'], [''], [''], ['']])
  }
})

t.test('a null is shown in quotes, so that it is one at the end of a file, too', async t => {
  const encodings: [Encoding, string][] = [
    ['utf-8', '"'],
    ['utf-16le', "'"],
    ['utf-16be', '"'],
    ['gb18030', '"'],
  ]
  for (const [encoding, quote] of encodings) {
    const stdin = Readable.from([iconv.encode('v\n\n1\n', encoding)])
    const source = await openSource('-', { stdin, encoding })
    const reader = await openReader(source, { header: 'yes', quote })
    const batches = reader.batches({
      mapping: mappingFor(reader, 'v:INT'),
      batchRows: 10,
      batchBytes: 1 << 20,
      keepRecords: true,
      onReject: () => undefined,
    })
    const { value } = await batches.next()
    const shown = [0, 1].map(row => iconv.decode(Buffer.from(value!.record(row)), encoding))
    t.strictSame(shown, [`${quote}${quote}\n`, '1\n'], encoding)
    t.equal(value?.locate(0).lengthBytes, encoding.startsWith('utf-16') ? 2 : 1)
  }
})

t.test('a letter made of the bytes of line ends is none', async t => {
  const stdin = Readable.from([iconv.encode('v\n\u0a0a\n', 'utf-16le')])
  const source = await openSource('-', { stdin, encoding: 'utf-16le' })
  const reader = await openReader(source, { header: 'yes' })
  const batches = reader.batches({
    mapping: mappingFor(reader, 'v:STRING'),
    batchRows: 10,
    batchBytes: 1 << 20,
    keepRecords: true,
    onReject: () => undefined,
  })
  const { value } = await batches.next()
  t.equal(iconv.decode(Buffer.from(value!.record(0)), 'utf-16le'), '\u0a0a\n')
})
