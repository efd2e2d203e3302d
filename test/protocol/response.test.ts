import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { decodeValue } from '../../src/protocol/codec.js'
import {
  decodeResponse,
  encodeMessage,
  encodeResponse,
  type Response,
  type ResponseOptions,
} from '../../src/protocol/response.js'
import type { Value } from '../../src/protocol/value.js'
import { ByteReader, drive, readerOf } from '../../src/wire/byte-reader.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { arbitraryValue, encoded, hex, scalar } from '../helpers/codec.js'
import { runs } from '../helpers/runs.js'

function written(outcome: Parameters<typeof encodeResponse>[2]): Buffer {
  const writer = new ByteWriter()
  encodeResponse(writer, '1234567', outcome)
  return Buffer.concat(writer.take())
}

const read = (bytes: Uint8Array | string, options?: ResponseOptions): Response =>
  drive(decodeResponse(readerOf(Buffer.from(bytes as string)), options))

t.test('a value, no value and an error, both ways', async t => {
  const three = Buffer.concat([Buffer.from('1234567 1 1\nOK\n'), hex('04 00 02000000')])
  t.ok(written({ value: scalar('INT', 2) }).equals(three))
  t.strictSame(read(three), { sessionId: '1234567', ok: true, value: scalar('INT', 2) })
  t.equal(written({ value: undefined }).toString(), '1234567 0 1\nOK\n')
  t.strictSame(read('1234567 0 1\nOK\n'), { sessionId: '1234567', ok: true, value: undefined })
  const failed = "1234567 0 1\nCan't recognize function name foo\n"
  t.equal(written({ error: "Can't recognize function name foo" }).toString(), failed)
  t.strictSame(read(failed), {
    sessionId: '1234567',
    ok: false,
    message: "Can't recognize function name foo",
  })
})

t.test('an error is one line and never reads as success', async t => {
  const cases = [
    ['two\nlines', 'two lines'],
    ['\r\n carriage\r\nreturns \n', 'carriage returns'],
    ['OK', 'Error: OK'],
    ['\nOK\r\n', 'Error: OK'],
    ['', 'Error: '],
  ] as const
  for (const [error, line] of cases) {
    t.strictSame(read(written({ error })), { sessionId: '1234567', ok: false, message: line })
  }
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\n', '\r', ' ', 'O', 'K', 'ß') }), error => {
      const bytes = written({ error })
      return bytes.filter(byte => byte === 10).length === 2 && !read(bytes).ok
    }),
  )
})

t.test('any value comes back, with messages before it', async t => {
  fc.assert(
    fc.property(
      arbitraryValue,
      fc.array(fc.string({ unit: fc.constantFrom('a', 'ß', '数', '\n', '\0') }), { maxLength: 3 }),
      fc.nat(40),
      (value, messages, size) => {
        const writer = new ByteWriter()
        for (const message of messages) encodeMessage(writer, message)
        encodeResponse(writer, '5', { value })
        const bytes = Buffer.concat(writer.take())
        const reader = new ByteReader()
        for (let at = 0; at < bytes.length; at += size + 1)
          reader.push(bytes.subarray(at, at + size + 1))
        reader.end()
        const heard: string[] = []
        const response = drive(decodeResponse(reader, { onMessage: text => heard.push(text) }))
        const sent = messages.map(message => message.replaceAll('\0', ''))
        return (
          isDeepStrictEqual(response, { sessionId: '5', ok: true, value }) &&
          isDeepStrictEqual(heard, sent) &&
          reader.available === 0
        )
      },
    ),
    { numRuns: runs(50) },
  )
  t.pass()
})

t.test('messages nobody listens to are skipped', async t => {
  t.match(read('MSG\nhello\0MSG\nworld\0' + '7 0 1\nOK\n'), { sessionId: '7', ok: true })
})

t.test('carriage returns before line ends are taken off', async t => {
  t.strictSame(read('7 0 1\r\nOK\r\n'), { sessionId: '7', ok: true, value: undefined })
  t.strictSame(read('7 0 1\r\nbad\r\n'), { sessionId: '7', ok: false, message: 'bad' })
})

t.test('what is not a response is refused', async t => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['HTTP/1.1 400 Bad Request\r\n', /is this a DolphinDB server/],
    ['7 0\nOK\n', /is this a DolphinDB server/],
    ['7 2 1\nOK\n', /is this a DolphinDB server/],
    ['7 0 1 \nOK\n', /is this a DolphinDB server/],
    [' 0 1\nOK\n', /is this a DolphinDB server/],
    ['7 0 0\nOK\n', /big-endian/],
    ['7 1 1\nOK\n', /ended in the middle/],
    ['7 1 1\nO', /ended in the middle/],
  ]
  for (const [bytes, message] of refused) {
    t.throws(() => read(bytes), { name: 'ProtocolError', message }, JSON.stringify(bytes))
  }
})

t.test('limits of the value apply', async t => {
  const options = { limits: { maxValueBytes: 100, maxDepth: 8 } }
  const value: Value = scalar('STRING', 'x'.repeat(200))
  t.throws(() => read(written({ value }), options), { code: 'DDB_LIMIT' })
})

t.test('with blocks, the elements of a tuple are left to the caller', async t => {
  const data: Value[] = [scalar('INT', 1), scalar('STRING', 'two')]
  const tuple: Value = { form: 'vector', type: 'ANY', length: 2, data }
  const reader = readerOf(written({ value: tuple }))
  t.strictSame(drive(decodeResponse(reader, { blocks: true })), {
    sessionId: '1234567',
    ok: true,
    value: undefined,
    blockCount: 2,
  })
  t.strictSame([drive(decodeValue(reader)), drive(decodeValue(reader))], data)
  t.equal(reader.available, 0)
})

t.test('with blocks, the shape of the tuple is waited for', async t => {
  const bytes = Buffer.concat([Buffer.from('7 1 1\nOK\n'), hex('19 01 02000000 03000000')])
  const reader = new ByteReader()
  const decoder = decodeResponse(reader, { blocks: true })
  let step = decoder.next()
  for (const byte of bytes) {
    t.notOk(step.done)
    reader.push(Uint8Array.of(byte))
    step = decoder.next()
  }
  t.match(step, { done: true, value: { blockCount: 6 } })
})

t.test('with blocks, anything else comes as usual', async t => {
  for (const value of [scalar('INT', 1), scalar('BLOB', new Uint8Array(0))]) {
    t.strictSame(read(written({ value }), { blocks: true }), {
      sessionId: '1234567',
      ok: true,
      value,
    })
  }
  t.match(read('7 0 1\nOK\n', { blocks: true }), { value: undefined })
  const bytes = Buffer.concat([Buffer.from('7 1 1\nOK\n'), encoded(scalar('LONG', 5n))])
  const reader = new ByteReader()
  const decoder = decodeResponse(reader, { blocks: true })
  let step = decoder.next()
  for (const byte of bytes) {
    reader.push(Uint8Array.of(byte))
    step = decoder.next()
  }
  t.match(step, { done: true, value: { value: { type: 'LONG', value: 5n } } })
})

t.test('a value that cannot be encoded leaves nothing behind', async t => {
  const writer = new ByteWriter()
  t.throws(() => encodeResponse(writer, '1', { value: scalar('STRING', '\0') }), {
    name: 'ValueError',
  })
  t.equal(writer.byteLength, 0)
})
