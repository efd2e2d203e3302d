/*
  Records that are lines, the window of bytes from which they are read, and the form in which messages show texts.
*/
import assert, { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { InputError } from '../../src/errors.js'
import { brokenTextMessage, clippedText } from '../../src/parse/shown-text.js'
import { carriageReturn, countLineEnds, lineFeed, nextLine } from '../../src/parse/line-ends.js'
import { faulty, type LineFormat, type ScanFault, unfinished } from '../../src/parse/line-format.js'
import { LineTokenizer } from '../../src/parse/line-tokenizer.js'
import { RecordBlock } from '../../src/parse/record-block.js'
import { slackBytes, Window } from '../../src/parse/window.js'
import { forAll } from '../helpers/runs.js'
import { utf8Source } from '../helpers/utf8-source.js'
import { recordsOf } from './records-of.js'

// The behaviour of all formats with one record per line. The format here accepts every line without a `!`.

const exclamation = 0x21

function plainLines(lines: LineTokenizer): LineFormat {
  return {
    startBlock: () => undefined,
    toRecord: end =>
      lines.toRecordLine(end, {
        isNoRecord(start) {
          const c = lines.window.bytes[start]
          return c === lineFeed || c === carriageReturn
        },
      }),
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
      const next = nextLine(bytes, start, end)
      return { fault: { code: 'DDB_INPUT_CELL', message: 'loud' }, next }
    },
  }
}

interface Found {
  /** For each record: its line, its offset, and the record, after the code of a fault. In the order of the input. */
  records: string[]
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
  const tokenizer = new LineTokenizer('x', maxRecordBytes, 7, plainLines)
  const found = recordsOf(tokenizer, Buffer.from(text), 1, chunkBytes, cutOff)
  const records = found.map(({ cells, record, lineNumber, offsetBytes }) => {
    const code = typeof cells === 'string' ? `${cells} ` : ''
    return `${lineNumber} ${offsetBytes}: ${code}${record.toString()}`
  })
  return { records, otherBytes: tokenizer.otherBytes }
}

t.test('lines end with LF, CRLF or CR, in any chunks', async () => {
  const line = fc.stringMatching(/^[a-z]{0,6}$/)
  const ends = fc.constantFrom('\n', '\r\n', '\r')
  forAll(300)(
    fc.array(fc.tuple(line, ends)),
    fc.integer({ min: 1, max: 9 }),
    (list, chunkBytes) => {
      const text = list.map(([content, end]) => content + end).join('')
      // A CR and an LF after it form one line end.
      const lines = text.match(/[^\r\n]*(?:\r\n|\n|\r)/g) ?? []
      const expected: string[] = []
      let offset = 7
      for (const [i, each] of lines.entries()) {
        if (!/^[\r\n]/.test(each)) expected.push(`${i + 1} ${offset}: ${each}`)
        offset += each.length
      }
      const other = lines.filter(each => /^[\r\n]/.test(each)).join('').length
      deepStrictEqual(read(text, { chunkBytes }), { records: expected, otherBytes: other })
    },
  )
})

t.test('the last line needs no line end', async t => {
  t.strictSame(read('a\nb').records, ['1 7: a\n', '2 9: b'])
  t.strictSame(read('a\r').records, ['1 7: a\r'])
  t.strictSame(read(''), { records: [], otherBytes: 0 })
})

t.test('a record that is not a row is rejected at its position', async t => {
  for (const chunkBytes of [1, 2, 1000]) {
    t.strictSame(
      read('a\nno!\nb\n!', { chunkBytes }).records,
      ['1 7: a\n', '2 9: DDB_INPUT_CELL no!\n', '3 13: b\n', '4 15: DDB_INPUT_CELL !'],
      `${chunkBytes} bytes at a time`,
    )
  }
})

t.test('a record beyond the limit is skipped, and its beginning is kept', async t => {
  for (const chunkBytes of [1, 3, 1000]) {
    const options = { chunkBytes, maxRecordBytes: 4 }
    const { records } = read('abc\nabcd\nabcdefgh\nx\n', options)
    t.strictSame(records, [
      '1 7: abc\n',
      '2 11: DDB_INPUT_RECORD_TOO_LONG abcd',
      '3 16: DDB_INPUT_RECORD_TOO_LONG abcd',
      '4 25: x\n',
    ])
  }
})

t.test('in a cut input, text without a line end is not a row', async t => {
  const cutOff = new InputError('DDB_INPUT_TRUNCATED', 'it was cut', { file: 'x' })
  t.strictSame(read('a\nb', { cutOff }).records, ['1 7: a\n', '2 9: DDB_INPUT_TRUNCATED b'])
  t.strictSame(read('a\n', { cutOff }).records, ['1 7: a\n'])
  const tokenizer = new LineTokenizer('x', 20, 0, plainLines)
  const block = new RecordBlock(1)
  tokenizer.push(Buffer.from('b'))
  tokenizer.end(cutOff)
  tokenizer.fill(block, 1, 20)
  t.equal(block.faults[0]?.message, 'the record is incomplete: it was cut')
})

// Lines ended by LF, CRLF or CR, compared with a regular expression.

const texts = fc
  .array(fc.constantFrom('\r', '\n', 'a', '\r\n'), { maxLength: 12 })
  .map(list => list.join(''))

t.test('each line end is counted once', async () => {
  forAll(300)(texts, text => {
    const count = text.match(/\r\n|\r|\n/g)?.length ?? 0
    strictEqual(countLineEnds(Buffer.from(text), 0, text.length), count)
  })
})

t.test('a CR at the very end may be half of a line end', async t => {
  forAll(300)(texts, text => {
    const match = /\r\n|\r(?!$)|\n/.exec(text)
    const expected = match === null ? -1 : match.index + match[0].length
    strictEqual(nextLine(Buffer.from(text), 0, text.length), expected)
  })
  t.equal(nextLine(Buffer.from('a\r'), 0, 2), -1)
})

// The bytes that a tokenizer gets, compared with one long array of all bytes that were pushed.

const sentinel = 0x0a

t.test('unread bytes stay in order after their offset, however many were consumed', async () => {
  const steps = fc.array(
    fc.record({
      chunk: fc.uint8Array({ maxLength: 300, min: 32 }),
      times: fc.constantFrom(1, 1, 400),
      consumed: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 12 },
  )
  forAll(60)(fc.nat(10), steps, (startOffset, list) => {
    const window = new Window()
    window.jumpTo(startOffset)
    let pushed = Buffer.alloc(0)
    for (const { chunk, times, consumed } of list) {
      const content = Buffer.concat(Array<Uint8Array>(times).fill(chunk))
      const lent = Uint8Array.from(content)
      window.push(lent)
      lent.fill(0x23)
      pushed = Buffer.concat([pushed, content])
      strictEqual(window.start, 0)
      const shown = Buffer.from(window.bytes.subarray(0, window.end))
      deepStrictEqual(shown, pushed.subarray(window.offset - startOffset))
      strictEqual(window.bytes[window.end], sentinel)
      // Unescaped fields come after the sentinel and may be as long as the data; `slackBytes` is for reads beyond
      // them.
      ok(window.bytes.length - window.scratchStart >= window.end + slackBytes)
      window.start = Math.floor(consumed * window.end)
    }
  })
})

t.test('a window begins empty, with the sentinel in place', async t => {
  const window = new Window()
  window.jumpTo(3)
  t.strictSame([window.start, window.end, window.offset, window.bytes[0]], [0, 0, 3, sentinel])
  window.push(new Uint8Array(0))
  t.strictSame([window.start, window.end, window.offset, window.bytes[0]], [0, 0, 3, sentinel])
  t.equal(window.scratchStart, 1)
})

t.test('the message names invalid bytes with their position', async t => {
  const broken = {
    mayBeBroken: (start: number) => start < 10,
    brokenBytes: (text: Uint8Array) =>
      text.length === 0 ? undefined : { offsetBytes: 7, bytes: Uint8Array.of(0xff, 0x0a) },
  }
  const source = { ...utf8Source, encoding: 'gbk', broken } as const
  t.match(brokenTextMessage(source, Buffer.from('x'), 3), /gbk.*FF 0A at byte 7/)
  t.equal(brokenTextMessage(source, Buffer.from('x'), 10), undefined)
  t.equal(brokenTextMessage(source, Buffer.from(''), 3), undefined)
  t.equal(brokenTextMessage(utf8Source, Buffer.from('x'), 3), undefined)
  t.equal(brokenTextMessage(undefined, Buffer.from('x'), 3), undefined)
})

// How messages show a text.

const clipped = (content: string | Uint8Array): string => {
  const bytes = Buffer.concat([Buffer.from('<'), Buffer.from(content), Buffer.from('>')])
  return clippedText(bytes, 1, bytes.length - 1)
}

t.test('up to 80 bytes are shown unchanged, of longer texts the first 80 bytes', async t => {
  t.equal(clipped(''), '')
  t.equal(clipped('a'.repeat(80)), 'a'.repeat(80))
  t.equal(clipped('a'.repeat(81)), `${'a'.repeat(80)}…`)
  t.equal(clipped('é'.repeat(40)), 'é'.repeat(40))
})

t.test('no character is cut in two', async t => {
  t.equal(clipped(`a${'é'.repeat(40)}`), `a${'é'.repeat(39)}…`)
  t.equal(clipped(`${'数'.repeat(26)}x${'数'.repeat(9)}`), `${'数'.repeat(26)}x…`)
  t.equal(clipped('😀'.repeat(21)), `${'😀'.repeat(20)}…`)
})

t.test('bytes that are not UTF-8 are shown as U+FFFD, and a byte order mark stays', async t => {
  t.equal(clipped(Uint8Array.of(0x61, 0xff, 0x62)), 'a\ufffdb')
  t.equal(clipped('\ufeffa'), '\ufeffa')
  t.equal(clipped(Buffer.alloc(100, 0x80)), '…', 'only trail bytes')
})

t.test('short texts are decoded as the standard decodes them', async () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  // Half of the bytes begin or continue a character, because random bytes seldom form characters.
  const byte = fc.oneof(
    fc.nat(255),
    fc.constantFrom(0x80, 0xbf, 0xc3, 0xe2, 0xed, 0xef, 0xf0, 0xf4),
  )
  forAll(500)(
    fc.uint8Array({ maxLength: 20 }),
    fc.array(byte, { maxLength: 60 }),
    (ones, others) => {
      const bytes = Uint8Array.of(...ones, ...others)
      assert.equal(clipped(bytes), decoder.decode(bytes))
    },
  )
})
