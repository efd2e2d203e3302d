/*
  What formats of one record a line share, with a format whose record is any line that does not hold a `!`.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { InputError } from '../../src/errors.js'
import { carriageReturn, lineFeed, nextLine } from '../../src/parse/line-ends.js'
import {
  cutMessage,
  faulty,
  LineTokenizer,
  unfinished,
  type LineFormat,
  type ScanFault,
} from '../../src/parse/line-tokenizer.js'
import { RecordBlock } from '../../src/parse/record-block.js'
import { runs } from '../helpers/runs.js'

const exclamation = 0x21

function plainLines(lines: LineTokenizer): LineFormat {
  return {
    startBlock: () => undefined,
    isNoRecord(start) {
      const c = lines.window.bytes[start]
      return c === lineFeed || c === carriageReturn
    },
    scanRun: (_block, row) => row,
    scanRecord(block, row, start) {
      const { bytes, end } = lines.window
      const next = nextLine(bytes, start, end)
      if (next < 0) return unfinished
      block.starts[row] = start
      block.ends[row] = next
      return bytes.subarray(start, next).includes(exclamation) ? faulty : next
    },
    faultOf(_block, start, scanned): ScanFault | undefined {
      if (scanned !== faulty) return undefined
      const { bytes, end } = lines.window
      return { code: 'DDB_INPUT_CELL', message: 'loud', next: nextLine(bytes, start, end) }
    },
  }
}

interface Found {
  /** Record or `fault code`, with line and offset, in order of the input. */
  records: [string, number, number][]
  otherBytes: number
}

function read(
  text: string,
  {
    chunkBytes = 1000,
    maxRecordBytes = 20,
    cutOff,
  }: {
    chunkBytes?: number
    maxRecordBytes?: number
    cutOff?: InputError
  } = {},
): Found {
  const tokenizer = new LineTokenizer('x', maxRecordBytes, 7)
  tokenizer.format = plainLines(tokenizer)
  const block = new RecordBlock(1, 3)
  const records: [string, number, number][] = []
  const drain = (): void => {
    for (let more = true; more;) {
      block.clear()
      more = tokenizer.fill(block, 2, 1 << 20)
      for (let row = 0; row < block.rowCount; row++) {
        const start = block.recordStarts[row]!
        const record = Buffer.from(block.bytes.subarray(start, block.recordEnds[row])).toString()
        records.push([record, block.lineNumbers[row]!, block.bytesOffset + start])
      }
      for (const { code, record, lineNumber, offsetBytes } of block.faults) {
        records.push([`${code} ${Buffer.from(record).toString()}`, lineNumber, offsetBytes])
      }
    }
  }
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    tokenizer.push(bytes.subarray(at, at + chunkBytes))
    drain()
  }
  tokenizer.end(cutOff)
  drain()
  records.sort((a, b) => a[2] - b[2])
  return { records, otherBytes: tokenizer.otherBytes }
}

t.test('lines end with LF, CRLF or CR, in whatever pieces they come', async t => {
  const line = fc.stringMatching(/^[a-z]{0,6}$/)
  const ends = fc.constantFrom('\n', '\r\n', '\r')
  fc.assert(
    fc.property(
      fc.array(fc.tuple(line, ends)),
      fc.integer({ min: 1, max: 9 }),
      (list, chunkBytes) => {
        const text = list.map(([content, end]) => content + end).join('')
        // An end alone behind a CR is its other half.
        const lines = text.match(/[^\r\n]*(?:\r\n|\n|\r)/g) ?? []
        const expected: [string, number, number][] = []
        let offset = 7
        for (const [i, each] of lines.entries()) {
          if (!/^[\r\n]/.test(each)) expected.push([each, i + 1, offset])
          offset += each.length
        }
        const other = lines.filter(each => /^[\r\n]/.test(each)).join('').length
        deepStrictEqual(read(text, { chunkBytes }), { records: expected, otherBytes: other })
      },
    ),
    { numRuns: runs(300) },
  )
  t.pass()
})

t.test('the last line needs no end', async t => {
  t.strictSame(read('a\nb').records, [
    ['a\n', 1, 7],
    ['b', 2, 9],
  ])
  t.strictSame(read('a\r').records, [['a\r', 1, 7]])
  t.strictSame(read(''), { records: [], otherBytes: 0 })
})

t.test('a record that is not a row is set aside, in its place', async t => {
  for (const chunkBytes of [1, 2, 1000]) {
    t.strictSame(
      read('a\nno!\nb\n!', { chunkBytes }).records,
      [
        ['a\n', 1, 7],
        ['DDB_INPUT_CELL no!\n', 2, 9],
        ['b\n', 3, 13],
        ['DDB_INPUT_CELL !', 4, 15],
      ],
      `${chunkBytes} bytes at a time`,
    )
  }
})

t.test('a record beyond the limit is passed over, and its beginning kept', async t => {
  for (const chunkBytes of [1, 3, 1000]) {
    const options = { chunkBytes, maxRecordBytes: 4 }
    const { records } = read('abc\nabcd\nabcdefgh\nx\n', options)
    t.strictSame(records, [
      ['abc\n', 1, 7],
      ['DDB_INPUT_RECORD_TOO_LONG abcd', 2, 11],
      ['DDB_INPUT_RECORD_TOO_LONG abcd', 3, 16],
      ['x\n', 4, 25],
    ])
  }
})

t.test('of an input that was cut off, what has no line end is not a row', async t => {
  const cutOff = new InputError('DDB_INPUT_TRUNCATED', 'it was cut', { file: 'x' })
  t.strictSame(read('a\nb', { cutOff }).records, [
    ['a\n', 1, 7],
    ['DDB_INPUT_TRUNCATED b', 2, 9],
  ])
  t.strictSame(read('a\n', { cutOff }).records, [['a\n', 1, 7]])
  t.equal(cutMessage('it was cut'), 'the record is not whole: it was cut')
})
