/*
  Encodes and decodes the values of type-values.js with one codec, in a process of its own. So a codec never collects the other codec's
  garbage, and never meets prototypes that the other one has changed:
    node --expose-gc bench/lib/codec.js ours|js-client
  The program answers a message `{ name, rows }` with `{ works, byteLength }`: the names of the works that it can time, and the size of
  the value. It answers each later message `{ work, seconds }` with the mean time of one run. Times are processor time, including
  garbage collector and compiler, so other programs on the machine do not count.
*/
import { performance } from 'node:perf_hooks'
import {
  ByteWriter,
  dataTypes,
  decodeValue,
  encodeValue,
  readerOf,
  runDecoder,
  symbolVectorOf,
} from './internals.js'
import { importClient } from './packages.js'
import { typeValues } from './type-values.js'

/** After three samples the compiler has optimized the work, and the process has obtained its memory from the kernel. */
const warmUps = 3
const maxBlockRows = 65_535

/** Gives codes to the texts of a SYMBOL column, which is part of the measured work. */
function numbered(value) {
  if (value.form === 'table') return { ...value, columns: value.columns.map(numbered) }
  return 'texts' in value ? symbolVectorOf(value.texts) : value
}

function chunksOf(value) {
  const writer = new ByteWriter()
  encodeValue(writer, numbered(value))
  return writer.take()
}

function encodeInto(target, value) {
  let offset = 0
  for (const chunk of chunksOf(value)) {
    target.set(chunk, offset)
    offset += chunk.length
  }
}

/**
 * Our encoder passes views of numeric columns, so every encoding ends with a copy of all bytes into one buffer: without it, there would
 * be nothing to measure. `copy` is Buffer.copy of the bytes. If the elements are one array, `copy` reads that array, like the encoder,
 * because the speed of copying depends on the addresses.
 */
function ours(value) {
  const encode = () => Buffer.concat(chunksOf(value))
  const bytes = encode()
  const target = Buffer.alloc(bytes.length)
  const { data } = value
  const source = ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : bytes
  return {
    encode,
    encodeInto: () => encodeInto(target, value),
    copy: () => source.copy(target, target.length - source.length),
    decode: () => runDecoder(decodeValue(readerOf(bytes))),
  }
}

/** Rows of an array vector in as few blocks as possible, because the client has no constructor that makes blocks. */
function blocksOf({ length, offsets, cells }) {
  const blocks = []
  for (let start = 0; start < length; start += maxBlockRows) {
    const end = Math.min(length, start + maxBlockRows)
    const lengths = Uint8Array.from(offsets.subarray(start, end), (offset, row) => {
      return offsets[start + row + 1] - offset
    })
    const data = cells.data.subarray(offsets[start], offsets[end])
    blocks.push({ unit: 1, rows: end - start, lengths, data })
  }
  return blocks
}

function elementsOf({ BigInt128Array }, { type, scale, data, codes, base }) {
  if (type === 'SYMBOL') return { base_id: 0, base, data: codes }
  if (type === 'DURATION') {
    const rows = { length: data.length / 2 }
    return Array.from(rows, (_, row) => ({ data: data[row * 2], unit: data[row * 2 + 1] }))
  }
  if (type === 'DECIMAL128') {
    return { scale, data: new BigInt128Array(data.buffer, data.byteOffset, data.length / 16) }
  }
  return type.startsWith('DECIMAL') ? { scale, data } : data
}

/**
 * Returns a function that makes the client's value from ours; the time of that function counts. Vectors are made beforehand,
 * except SYMBOL from texts, because the client's constructor for SYMBOL does the work of finding the codes.
 */
function maker(client, value) {
  const { DdbForm, DdbObj, DdbTable, DdbType, DdbVectorSymbol } = client
  const { form, texts, name, type, cells } = value
  if (form === 'table') {
    const makers = value.columns.map((column, index) =>
      maker(client, { ...column, name: value.columnNames[index] }),
    )
    return () => new DdbTable(makers.map(make => make()))
  }
  if (texts !== undefined) return () => new DdbVectorSymbol(texts, name)
  const head = { form: DdbForm.vector, rows: value.length, name }
  const vector =
    form === 'arrayVector'
      ? { type: 64 + dataTypes[cells.type].id, cols: cells.length, value: blocksOf(value) }
      : {
          type: type === 'SYMBOL' ? DdbType.symbol_extended : dataTypes[type].id,
          cols: 1,
          value: elementsOf(client, value),
        }
  const made = new DdbObj({ ...head, ...vector })
  return () => made
}

/** Leaves out works that the client refuses. Its values use the same typed arrays as ours. */
function clientsOf(client) {
  return value => {
    const bytes = new Uint8Array(Buffer.concat(chunksOf(value)))
    const make = maker(client, value)
    const works = {
      encode: () => make().pack(),
      decode: () => client.DdbObj.parse(bytes, true),
    }
    return Object.fromEntries(Object.entries(works).filter(([, work]) => succeeds(work)))
  }
}

function succeeds(work) {
  try {
    return work() !== undefined
  } catch {
    return false
  }
}

/** Keeps the last result, so that the compiler cannot remove the work. */
const kept = { result: undefined }

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Mean processor seconds of one run. Runs are repeated for `seconds`. */
function secondsOf(work, seconds) {
  // Collects the garbage of earlier works, which would otherwise be counted here.
  kept.result = undefined
  globalThis.gc()
  const endMs = performance.now() + seconds * 1000
  const startedSeconds = cpuSeconds()
  let runs = 0
  do {
    kept.result = work()
    runs += 1
  } while (performance.now() < endMs)
  return (cpuSeconds() - startedSeconds) / runs
}

const worksOf = process.argv[2] === 'ours' ? ours : clientsOf(await importClient())
let works = {}
let warm = new Set()
process.on('message', ({ name, rows, work, seconds }) => {
  if (name !== undefined) {
    works = worksOf(typeValues.get(name).make(rows))
    warm = new Set()
    process.send({ works: Object.keys(works), byteLength: works.encode?.().length })
    return
  }
  if (!warm.has(work)) secondsOf(works[work], warmUps * seconds)
  warm.add(work)
  process.send(secondsOf(works[work], seconds))
})
