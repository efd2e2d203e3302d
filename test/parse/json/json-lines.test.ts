/*
  One object a line, against JSON.parse of each line.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { byteText } from '../../../src/parse/json/json-scanner.js'
import { runs } from '../../helpers/runs.js'
import { tokensOf, type Token } from './tokens.js'

/** What the line is for a table with the one column `v`. */
function cellsOf(line: string): string[] | string {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'DDB_INPUT_JSON'
    const { v } = value as { v: string | number | null }
    return [String(v ?? '')]
  } catch {
    return 'DDB_INPUT_JSON'
  }
}

t.test('each line is a row or set aside by itself, in whatever pieces it comes', async t => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme' }).map(v => JSON.stringify({ v })),
    fc.integer().map(v => ` {"v" : ${v} }\t`),
    fc.constantFrom('{"v":null}', '{"v":1', '{"v":1}}', '{"v":1} x', '5', '[1]', 'null', '{,}'),
    fc.constantFrom('', ' ', '\t'),
  )
  const ends = fc.constantFrom('\n', '\r\n', '\r')
  fc.assert(
    fc.property(
      fc.array(fc.tuple(line, ends), { maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      (list, chunkBytes) => {
        // A CR in front of a lone LF would make one end of two.
        const lines = list.map(([content, end]) => [content, end === '\n' ? '\r\n' : end] as const)
        const expected: Token[] = []
        let offsetBytes = 0
        let otherBytes = 0
        for (const [i, [content, end]] of lines.entries()) {
          const record = content + end
          if (content.trim() === '') otherBytes += record.length
          else expected.push({ cells: cellsOf(content), record, lineNumber: i + 1, offsetBytes })
          offsetBytes += Buffer.byteLength(record)
        }
        const text = lines.map(([content, end]) => content + end).join('')
        deepStrictEqual(tokensOf('ndjson', text, { chunkBytes }), {
          tokens: expected,
          failure: undefined,
          otherBytes,
        })
      },
    ),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('a line beyond the limit is set aside, one as long as the limit is a row', async t => {
  for (const chunkBytes of [1, 5, 100]) {
    const options = { chunkBytes, maxRecordBytes: 12 }
    const { tokens } = tokensOf('ndjson', '{"v":12345}\n{"v":123456}\n{"v":1}', options)
    t.match(
      tokens,
      [
        { cells: ['12345'], lineNumber: 1 },
        { cells: 'DDB_INPUT_RECORD_TOO_LONG', record: '{"v":123456}', lineNumber: 2 },
        { cells: ['1'], lineNumber: 3, record: '{"v":1}' },
      ],
      `${chunkBytes} bytes at a time`,
    )
  }
})

t.test('what is not expected is named', async t => {
  for (const [byte, text] of [
    [0x78, '"x"'],
    [0x7e, '"~"'],
    [10, 'end of the line'],
    [13, 'end of the line'],
    [32, 'byte 0x20'],
    [1, 'byte 0x01'],
    [0xff, 'byte 0xff'],
  ] as const) {
    t.equal(byteText(byte), text)
  }
})
