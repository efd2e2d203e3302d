/* Recordings of official clients have descriptions. The decoder must read the described meaning, and the encoder must write the recorded
   bytes, except for the differences in fixtures/wire/README.md. */
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import {
  decodeRequest,
  encodeRequest,
  type Request,
  type RequestHead,
} from '../../src/protocol/request.js'
import { formatElement } from '../../src/protocol/element.js'
import type { Scalar, Table, Value } from '../../src/protocol/value.js'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { bytesBy, runDecoder, readerOf } from '../helpers/decoding.js'
import {
  headOf,
  recordings,
  requestOf,
  smallPieces,
  splits,
  type Recording,
} from '../helpers/recordings.js'
import { deepTest, isTried, seed } from '../helpers/runs.js'

t.comment(`TEST_SEED=${seed}`)

interface Decoded {
  head: RequestHead
  request: Request
}

function decodeAll(reader: ByteReader): Decoded[] {
  const decoded: Decoded[] = []
  for (;;) {
    const next = runDecoder(decodeRequest(reader))
    if (next === undefined) return decoded
    decoded.push(next)
  }
}

/** Pushes `pieces` one after another, and runs the decoder after each. */
function decodePieces(pieces: readonly Uint8Array[]): Decoded[] {
  const reader = new ByteReader()
  const decoded: Decoded[] = []
  let decoder = decodeRequest(reader)
  const step = (): void => {
    for (let next = decoder.next(); next.done; next = decoder.next()) {
      if (next.value === undefined) return
      decoded.push(next.value)
      decoder = decodeRequest(reader)
    }
  }
  for (const piece of pieces) {
    reader.push(piece)
    step()
  }
  reader.end()
  step()
  return decoded
}

const encode = (head: RequestHead, request: Request): Buffer =>
  bytesBy(writer => encodeRequest(writer, head, request))

function argumentsOf(request: Request): readonly Value[] {
  if (request.kind === 'function') return request.args
  return request.kind === 'variable' ? request.values : []
}

const title = ({ client, name }: Recording): string => `${client} ${name}`

t.test('recorded bytes are read with their described meaning', async t => {
  for (const recording of recordings) {
    const decoded = decodeAll(readerOf(recording.bytes))
    t.equal(decoded.length, recording.requests.length, `${title(recording)}: requests`)
    for (const [index, { head, request }] of decoded.entries()) {
      const onWire = recording.requests[index]!
      t.strictSame(head, headOf(onWire.header), `${title(recording)}: ${onWire.header}`)
      t.equal((head.flags & 4) !== 0, onWire.async, 'the asynchronous flag')
      t.equal(request.kind, onWire.kind)
      t.equal(argumentsOf(request).length, onWire.argc)
      const logical = recording.logical[index]
      // After connect, the C++ client asks for the version. Only the recording contains this request, not its
      // description.
      if (logical === undefined)
        t.strictSame(request, { kind: 'function', name: 'version', args: [] })
      else if (logical.script !== undefined) t.match(request, { script: logical.script })
      else if (request.kind === 'function') t.equal(request.name, logical.name)
      else if (request.kind === 'variable') t.equal(request.names.join(','), logical.name)
      if (logical?.args === undefined) continue
      const stated = argumentsOf(requestOf(logical))
      t.strictSame(argumentsOf(request), stated, `${title(recording)}: values`)
    }
  }
})

t.test('a login has two texts as arguments, and may have a flag for encryption', async t => {
  for (const recording of recordings.filter(({ name }) => name.startsWith('login'))) {
    const login = decodeAll(readerOf(recording.bytes)).at(-1)!.request
    const [user, password, encrypted] = argumentsOf(login) as Scalar[]
    if (recording.name === 'login') {
      t.equal(user!.value, 'admin', title(recording))
      t.equal(password!.value, '123456')
      t.equal(encrypted?.value, recording.client === 'cpp' ? false : undefined)
    } else {
      const bytes = (text: unknown): number => Buffer.from(String(text), 'base64').length
      t.strictSame([bytes(user!.value), bytes(password!.value)], [256, 256], title(recording))
      t.equal(encrypted?.value, true)
    }
  }
})

t.test('the described meaning is written as the recorded bytes', async t => {
  for (const recording of recordings.filter(({ compressed }) => !compressed)) {
    const decoded = decodeAll(readerOf(recording.bytes))
    for (const [index, onWire] of recording.requests.entries()) {
      const logical = recording.logical[index]
      // Random arguments have no description, so the test writes them as they were read.
      const isStated =
        logical !== undefined && (logical.kind === 'script' || logical.args !== undefined)
      const request = isStated ? requestOf(logical) : decoded[index]!.request
      const written = encode(headOf(onWire.header), request)
      const expected = recording.bytes.subarray(onWire.off, onWire.off + onWire.len)
      const isEqual = normalised(recording, written).equals(normalised(recording, expected))
      t.ok(isEqual, `${title(recording)}: ${onWire.kind} ${onWire.name}`)
    }
  }
})

/** Removes the differences that README.md allows for Java. Recordings of the C++ client are compared unchanged. */
function normalised({ client, name }: Recording, request: Buffer): Buffer {
  if (client === 'cpp') return request
  const bodyStart = request.indexOf('\n') + 1
  const bodyBytes = Number(request.toString('latin1').split(' ')[2])
  const argumentStart = bodyStart + bodyBytes
  const copy = Buffer.from(request)
  if (copy[argumentStart + 1] === 6) copy[argumentStart] = 0
  if (name === 'tableInsert_empty') {
    const emptyBase = Buffer.from('91010000000001000000' + '0000000001000000' + '00', 'hex')
    const at = copy.indexOf(emptyBase)
    if (at < 0) return copy
    const plain = Buffer.from('11010000000001000000', 'hex')
    return Buffer.concat([copy.subarray(0, at), plain, copy.subarray(at + emptyBase.length)])
  }
  return name === 'bigarray_plain' ? withoutBlocks(copy) : copy
}

/** The row counts and cells of the array columns of `bigarray`, without the division into blocks. */
function withoutBlocks(request: Buffer): Buffer {
  const parts: Buffer[] = []
  let at = request.indexOf(Buffer.from('0401e803000001000000', 'hex'))
  const firstColumnBytes = 10 + 1000 * 4
  parts.push(request.subarray(0, at + firstColumnBytes))
  at += firstColumnBytes
  while (at < request.length) {
    const cellBytes = request[at] === 0x44 ? 4 : 8
    parts.push(request.subarray(at, at + 10))
    at += 10
    const counts: number[] = []
    const cells: Buffer[] = []
    while (counts.length < 1000) {
      const rows = request.readUInt16LE(at)
      const countBytes = request[at + 2]!
      at += 4
      let cellCount = 0
      for (let row = 0; row < rows; row++, at += countBytes) {
        counts.push(request.readUIntLE(at, countBytes))
        cellCount += counts.at(-1)!
      }
      cells.push(request.subarray(at, at + cellCount * cellBytes))
      at += cellCount * cellBytes
    }
    parts.push(Buffer.from(Uint32Array.from(counts).buffer), ...cells)
  }
  return Buffer.concat(parts)
}

t.test('a compressed recording holds the same table as the plain one', async t => {
  const bodyOf = (recording: Recording): Buffer => {
    const { head, request } = decodeAll(readerOf(recording.bytes))[0]!
    return encode({ ...head, sessionId: '1', flags: 0 }, request)
  }
  for (const recording of recordings.filter(({ compressed }) => compressed)) {
    const plainName = recording.name
      .replace(/_(lz4|delta)$/, '')
      .replace(/^(big|bigarray)$/, '$1_plain')
    const plain = recordings.find(
      ({ client, name }) => client === recording.client && name === plainName,
    )!
    t.ok(bodyOf(recording).equals(bodyOf(plain)), title(recording))
  }
})

t.test("the recorded values have DolphinDB's texts", async t => {
  for (const recording of recordings.filter(({ name }) => name.startsWith('alltypes'))) {
    const stated = recording.logical[0]!.args![0]!
    const table = argumentsOf(decodeAll(readerOf(recording.bytes))[0]!.request)[0] as Table
    if (stated.form !== 'table') throw new Error('alltypes is a table')
    for (const [index, column] of stated.columns.entries()) {
      if (column.text === undefined) continue
      const texts = column.values.map((_, row) => formatElement(table.columns[index]!, row))
      const expected = column.text.map(text => text ?? '')
      t.strictSame(texts, expected, `${title(recording)} ${column.name}`)
    }
  }
})

deepTest(t, 'a stream divided at any byte is read the same', async t => {
  t.equal(recordings.length, 74)
  for (const recording of recordings) {
    const { bytes } = recording
    const whole = decodeAll(readerOf(bytes))
    const borders = new Set<number>()
    let isSame = true
    for (const [index, pieces] of [...splits(bytes)].entries()) {
      if (isTried(index)) isSame &&= isDeepStrictEqual(decodePieces(pieces), whole)
      let at = 0
      for (const piece of pieces) borders.add((at += piece.length))
    }
    t.ok(isSame, `${title(recording)}: in chunks`)
    t.equal(borders.size, bytes.length, 'divided at every byte')
    const small = decodePieces(smallPieces(bytes))
    t.ok(isDeepStrictEqual(small, whole), `${title(recording)}: in small chunks`)
  }
})

t.test('a stream that ends early is refused, not misread', async t => {
  for (const recording of recordings.filter(({ bytes }) => bytes.length <= 2000)) {
    const { bytes, requests } = recording
    const wrong: number[] = []
    for (let end = 1; end < bytes.length; end++) {
      if (!isTried(end) || requests.some(({ off }) => off === end)) continue
      const reader = readerOf(bytes.subarray(0, end))
      try {
        decodeAll(reader)
        wrong.push(end)
      } catch (error) {
        if ((error as Error).name !== 'ProtocolError') wrong.push(end)
      }
    }
    t.strictSame(wrong, [], title(recording))
  }
})
