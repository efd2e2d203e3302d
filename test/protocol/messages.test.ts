/* Requests and responses. */
import { deepStrictEqual } from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { decodeValue } from '../../src/protocol/codec.js'
import {
  decodeRequest,
  defaultRequestLimits,
  encodeRequest,
  type Request,
  requestFlags,
  type RequestHead,
} from '../../src/protocol/request.js'
import {
  decodeResponse,
  encodeMessage,
  encodeResponse,
  type Response,
  type ResponseOptions,
} from '../../src/protocol/response.js'
import type { Value } from '../../src/protocol/value.js'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { bytesBy, runDecoder, readerOf } from '../helpers/decoding.js'
import { arbitraryScalar, arbitraryValue, encoded, hex, scalar } from '../helpers/codec.js'
import { forAll } from '../helpers/runs.js'

const head: RequestHead = {
  protocol: 'API2',
  sessionId: '1234567',
  flags: requestFlags.apiClient,
  priority: 4,
  parallelism: 64,
}

const written = (head: RequestHead, request: Request): Buffer =>
  bytesBy(writer => encodeRequest(writer, head, request))

const read = (bytes: Uint8Array | string): { head: RequestHead; request: Request } | undefined =>
  runDecoder(decodeRequest(readerOf(Buffer.from(bytes as string))))

const int = (value: number): Value => scalar('INT', value)

/** Header lines recorded from clients (docs/protocol.md#request). */
const headers: readonly (readonly [string, RequestHead])[] = [
  ['API 0 8 / 32_1_4_2', { ...head, protocol: 'API', sessionId: '0', parallelism: 2 }],
  ['API 0 8 / 0_1_4_2', { ...head, protocol: 'API', sessionId: '0', flags: 0, parallelism: 2 }],
  ['API2 1234567 8 / 32_1_4_64__0', { ...head, fetchSize: 0 }],
  ['API2 1234567 8 / 1_1_8_64', { ...head, flags: requestFlags.urgent, priority: 8 }],
  ['API2 1234567 8 / 32_0_4_64', { ...head, cancellable: false }],
]

t.test('header lines of official clients, both ways', async t => {
  const repeatable = 'API2 1234567 8 / 32_1_4_64__0__46e3fbf2-abba-cd29-ec4a-ff517369c667_-3'
  t.strictSame(read(`${repeatable}\nconnect\n`)?.head, { ...head, fetchSize: 0 }, 'read only')
  for (const [line, expected] of headers) {
    t.equal(written(expected, { kind: 'connect' }).toString(), `${line}\nconnect\n`)
    t.strictSame(read(`${line}\nconnect\n`), { head: expected, request: { kind: 'connect' } }, line)
  }
})

t.test('missing fields have their usual value', async t => {
  const lines = ['API 0 8 / 0', 'API 0 8 / ', 'API 0 8', 'API 0 8 / 0_1_4\r', 'API 0 8 / ____']
  for (const line of lines) {
    const expected = { protocol: 'API', sessionId: '0', flags: 0, priority: 4, parallelism: 64 }
    t.strictSame(read(`${line}\nconnect\n`)!.head, expected)
  }
})

t.test('the header of the JavaScript client counts one more line end', async t => {
  const bytes = Buffer.concat([
    Buffer.from('API2 1234567 17 / 0_1_4_64\nfunction\nadd\n2\n1\n'),
    hex('040001000000 040002000000'),
  ])
  t.strictSame(read(bytes)!.request, { kind: 'function', name: 'add', args: [int(1), int(2)] })
})

t.test('bodies, both ways', async t => {
  const requests: readonly (readonly [string, Request])[] = [
    ['connect\n', { kind: 'connect' }],
    [
      'connect\nlogin\nadmin\n123456\nfalse',
      { kind: 'connect', login: { user: 'admin', password: '123456', encrypted: false } },
    ],
    [
      'connect\nlogin\na b\n\ntrue',
      { kind: 'connect', login: { user: 'a b', password: '', encrypted: true } },
    ],
    ['script\nx = 1\ny = "数据"\n', { kind: 'script', script: 'x = 1\ny = "数据"\n' }],
    ['script\n', { kind: 'script', script: '' }],
    ['function\nversion\n0\n1', { kind: 'function', name: 'version', args: [] }],
    [
      'function\n(def(mutable tb, data){\nreturn 0;}){t}\n0\n1',
      { kind: 'function', name: '(def(mutable tb, data){\nreturn 0;}){t}', args: [] },
    ],
  ]
  for (const [body, request] of requests) {
    const line = `API2 1234567 ${Buffer.byteLength(body)} / 32_1_4_64\n`
    t.equal(written(head, request).toString(), line + body)
    t.strictSame(read(line + body)!.request, request)
  }
})

t.test("the JavaScript client's login does not mention encryption", async t => {
  t.strictSame(read('API2 0 26 / 0_1_4_64\nconnect\nlogin\nadmin\n123456')!.request, {
    kind: 'connect',
    login: { user: 'admin', password: '123456', encrypted: false },
  })
})

t.test('requests follow one another without a separator', async () => {
  const call = fc.record({
    name: fc.string({ unit: 'grapheme' }).filter(name => name !== '' && !name.includes('\n')),
    args: fc.array(arbitraryScalar, { maxLength: 3 }),
  })
  forAll(50)(fc.array(call, { maxLength: 4 }), fc.nat(50), (calls, size) => {
    const requests = calls.map(({ name, args }): Request => ({ kind: 'function', name, args }))
    const bytes = Buffer.concat(requests.map(request => written(head, request)))
    const reader = new ByteReader()
    for (let at = 0; at < bytes.length; at += size + 1)
      reader.push(bytes.subarray(at, at + size + 1))
    reader.end()
    const wire = requests.map(() => runDecoder(decodeRequest(reader))!.request)
    deepStrictEqual(wire, requests)
    return runDecoder(decodeRequest(reader)) === undefined
  })
})

t.test('a stream may end between two requests, but not within a request', async t => {
  t.equal(read(''), undefined)
  t.throws(() => read('API2 1'), { name: 'ProtocolError' })
  t.throws(() => read('API2 1 30 / 0_1_4_64\nscript\n1+1'), { message: /ended in the middle/ })
  const reader = new ByteReader()
  const decoder = decodeRequest(reader)
  t.notOk(decoder.next().done)
  reader.end()
  t.strictSame(decoder.next(), { done: true, value: undefined })
})

t.test('invalid requests are refused', async t => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['GET / HTTP/1.1\n', /does not begin with API/],
    ['API\n', /session id/],
    ['API2 5 x / 0_1\n', /body length/],
    ['API2 5 -8 / 0_1\n', /body length/],
    ['API2 5 8.5 / 0_1\n', /body length/],
    ['API2 5 8 / z_1\nconnect\n', /Field 1/],
    ['API2 5 8 / 0_1_4_64__1e3\nconnect\n', /Field 6/],
    ['API2 5 4 / 0_1\nquit', /none of connect/],
    ['API2 5 12 / 0_1\nconnect\nquit', /other than a login/],
    ['API2 5 13 / 0_1\nconnect\nlogin', /other than a login/],
    ['API2 5 8 / 0_1\nfunction', /argument count/],
    ['API2 5 13 / 0_1\nfunction\nf\n1\n', /argument count/],
    ['API2 5 14 / 0_1\nfunction\nf\n1\n2', /argument count/],
    ['API2 5 14 / 0_1\nfunction\nf\nx\n1', /argument count/],
    ['API2 5 12 / 0_1\nfunction\n1\n1', /argument count/],
    ['API2 5 14 / 0_1\nvariable\na\n2\n1', /2 values names 1/],
    ['API2 5 14 / 0_1\nfunction\nf\n1\n0', /big-endian/],
  ]
  for (const [bytes, message] of refused) {
    t.throws(() => read(bytes), { name: 'ProtocolError', code: 'DDB_PROTOCOL', message }, bytes)
  }
})

t.test('the byte order does not matter if no values follow', async t => {
  const expected = { kind: 'function', name: 'version', args: [] }
  t.strictSame(read('API 5 20 / 0_1\nfunction\nversion\n0\n0')!.request, expected)
})

t.test('limits: header, body, number of arguments, size of all arguments together', async t => {
  const limits = { ...defaultRequestLimits, maxHeaderBytes: 100, maxBodyBytes: 50 }
  const limited = (bytes: string | Buffer, maxValueBytes = 1000): unknown => {
    const reader = readerOf(Buffer.from(bytes as string))
    return runDecoder(decodeRequest(reader, { ...limits, maxValueBytes }))
  }
  const code = 'DDB_LIMIT'
  t.throws(() => limited(`API2 5 ${' '.repeat(200)}`), { code })
  t.throws(() => limited(`API2 5 51 / 0\n`), { code, message: /51 bytes/ })
  const error = { code, message: /5000 arguments/ }
  t.throws(() => limited('API2 5 17 / 0\nfunction\nf\n5000\n1'), error)
  const call: Request = { kind: 'function', name: 'f', args: [int(1), int(2), int(3)] }
  t.ok(limited(written(head, call), 18))
  t.throws(() => limited(written(head, call), 17), { code })
})

t.test('a request that cannot be encoded writes no bytes', async t => {
  const writer = new ByteWriter()
  encodeRequest(writer, head, { kind: 'script', script: '1' })
  const before = writer.byteLength
  const call: Request = { kind: 'function', name: 'f', args: [int(1), scalar('STRING', 'a\0')] }
  t.throws(() => encodeRequest(writer, head, call), { code: 'DDB_STRING_HAS_NUL' })
  t.equal(writer.byteLength, before)
})

t.test('names and logins that would change the meaning of the request are refused', async t => {
  const upload = (...names: string[]): Buffer =>
    written(head, { kind: 'variable', names, values: names.map(() => int(1)) })
  for (const name of ['', '1a', '_a', 'a b', 'a,b', 'a\nb', 'ä']) {
    t.throws(() => upload(name), { name: 'UsageError', code: 'DDB_NAME' }, name)
  }
  t.throws(() => upload(), { code: 'DDB_USAGE' })
  t.throws(() => written(head, { kind: 'variable', names: ['a'], values: [] }), {
    code: 'DDB_USAGE',
  })
  for (const [user, password] of [
    ['a\nb', 'c'],
    ['a', 'b\nc'],
  ] as const) {
    t.throws(
      () => written(head, { kind: 'connect', login: { user, password, encrypted: false } }),
      { name: 'UsageError', code: 'DDB_USAGE' },
    )
  }
})

t.test('every flag is a separate bit', async t => {
  const bits = Object.values(requestFlags)
  t.equal(
    bits.reduce((sum: number, bit) => sum + bit, 0),
    bits.reduce((all: number, bit) => all | bit, 0),
  )
})

const writtenResponse = (outcome: Parameters<typeof encodeResponse>[2]): Buffer =>
  bytesBy(writer => encodeResponse(writer, '1234567', outcome))

const readResponse = (bytes: Uint8Array | string, options?: ResponseOptions): Response =>
  runDecoder(decodeResponse(readerOf(Buffer.from(bytes as string)), options))

t.test('a value, no value and an error, both ways', async t => {
  const three = Buffer.concat([Buffer.from('1234567 1 1\nOK\n'), hex('04 00 02000000')])
  t.ok(writtenResponse({ value: scalar('INT', 2) }).equals(three))
  t.strictSame(readResponse(three), { sessionId: '1234567', ok: true, value: scalar('INT', 2) })
  t.equal(writtenResponse({ value: undefined }).toString(), '1234567 0 1\nOK\n')
  const nothing = { sessionId: '1234567', ok: true, value: undefined }
  t.strictSame(readResponse('1234567 0 1\nOK\n'), nothing)
  const failed = "1234567 0 1\nCan't recognize function name foo\n"
  t.equal(writtenResponse({ error: "Can't recognize function name foo" }).toString(), failed)
  const expected = { sessionId: '1234567', ok: false, message: "Can't recognize function name foo" }
  t.strictSame(readResponse(failed), expected)
})

t.test('an error is one line and is never read as success', async t => {
  const cases = [
    ['two\nlines', 'two lines'],
    ['\r\n carriage\r\nreturns \n', 'carriage returns'],
    ['OK', 'Error: OK'],
    ['\nOK\r\n', 'Error: OK'],
    ['', 'Error: '],
  ] as const
  for (const [error, line] of cases) {
    const expected = { sessionId: '1234567', ok: false, message: line }
    t.strictSame(readResponse(writtenResponse({ error })), expected)
  }
  forAll(100)(fc.string({ unit: fc.constantFrom('\n', '\r', ' ', 'O', 'K', 'ß') }), error => {
    const bytes = writtenResponse({ error })
    return bytes.filter(byte => byte === 10).length === 2 && !readResponse(bytes).ok
  })
})

t.test('any value is read back, with messages before it', async () => {
  forAll(50)(
    arbitraryValue,
    fc.array(fc.string({ unit: fc.constantFrom('a', 'ß', '数', '\n', '\0') }), { maxLength: 3 }),
    fc.nat(40),
    (value, messages, size) => {
      const bytes = bytesBy(writer => {
        for (const message of messages) encodeMessage(writer, message)
        encodeResponse(writer, '5', { value })
      })
      const reader = new ByteReader()
      for (let at = 0; at < bytes.length; at += size + 1)
        reader.push(bytes.subarray(at, at + size + 1))
      reader.end()
      const heard: string[] = []
      const response = runDecoder(decodeResponse(reader, { onMessage: text => heard.push(text) }))
      const sent = messages.map(message => message.replaceAll('\0', ''))
      return (
        isDeepStrictEqual(response, { sessionId: '5', ok: true, value }) &&
        isDeepStrictEqual(heard, sent) &&
        reader.available === 0
      )
    },
  )
})

t.test('messages without a listener are skipped', async t => {
  t.match(readResponse('MSG\nhello\0MSG\nworld\0' + '7 0 1\nOK\n'), { sessionId: '7', ok: true })
})

t.test('carriage returns before line ends are removed', async t => {
  t.strictSame(readResponse('7 0 1\r\nOK\r\n'), { sessionId: '7', ok: true, value: undefined })
  t.strictSame(readResponse('7 0 1\r\nbad\r\n'), { sessionId: '7', ok: false, message: 'bad' })
})

t.test('invalid responses are refused', async t => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['HTTP/1.1 400 Bad Request\r\n', /is this a DolphinDB server/],
    ['7 0\nOK\n', /is this a DolphinDB server/],
    ['7 2 1\nOK\n', /is this a DolphinDB server/],
    ['7 0 1 \nOK\n', /is this a DolphinDB server/],
    [' 0 1\nOK\n', /is this a DolphinDB server/],
    ['1e3 0 1\nOK\n', /is this a DolphinDB server/],
    ['7 0 0\nOK\n', /big-endian/],
    ['7 1 1\nOK\n', /ended in the middle/],
    ['7 1 1\nO', /ended in the middle/],
  ]
  for (const [bytes, message] of refused) {
    t.throws(() => readResponse(bytes), { name: 'ProtocolError', message }, JSON.stringify(bytes))
  }
})

t.test('limits of values apply', async t => {
  const options = { limits: { maxValueBytes: 100, maxDepth: 8 } }
  const value: Value = scalar('STRING', 'x'.repeat(200))
  t.throws(() => readResponse(writtenResponse({ value }), options), { code: 'DDB_LIMIT' })
})

t.test('with blocks, the caller decodes the elements of a tuple', async t => {
  const data: Value[] = [scalar('INT', 1), scalar('STRING', 'two')]
  const tuple: Value = { form: 'vector', type: 'ANY', length: 2, data }
  const reader = readerOf(writtenResponse({ value: tuple }))
  const expected = { sessionId: '1234567', ok: true, value: undefined, blockCount: 2 }
  t.strictSame(runDecoder(decodeResponse(reader, { blocks: true })), expected)
  t.strictSame([runDecoder(decodeValue(reader)), runDecoder(decodeValue(reader))], data)
  t.equal(reader.available, 0)
})

t.test('with blocks, the decoder waits for the shape of the tuple', async t => {
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

t.test('with blocks, all other results are decoded as usual', async t => {
  for (const value of [scalar('INT', 1), scalar('BLOB', new Uint8Array(0))]) {
    const expected = { sessionId: '1234567', ok: true, value }
    t.strictSame(readResponse(writtenResponse({ value }), { blocks: true }), expected)
  }
  t.match(readResponse('7 0 1\nOK\n', { blocks: true }), { value: undefined })
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

t.test('a value that cannot be encoded writes no bytes', async t => {
  const writer = new ByteWriter()
  t.throws(() => encodeResponse(writer, '1', { value: scalar('STRING', '\0') }), {
    name: 'ValueError',
  })
  t.equal(writer.byteLength, 0)
})
