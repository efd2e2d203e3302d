/* The recordings in fixtures/wire: their bytes, their descriptions, and the described requests as values of this project. */
import { readdirSync, readFileSync } from 'node:fs'
import { vectorOf, type ElementValue } from '../../src/protocol/element.js'
import type { DataType } from '../../src/protocol/data-type.js'
import type { Request, RequestHead } from '../../src/protocol/request.js'
import type { Column, Scalar, Value, Vector } from '../../src/protocol/value.js'
import { deep } from './runs.js'

const folder = new URL('../../fixtures/wire/', import.meta.url)

type Plain = boolean | number | string | null | readonly Plain[]

export interface PlainColumn {
  name: string
  type: string
  scale?: number
  values: readonly Plain[]
  text?: readonly (string | null)[]
}

/** A value in the form of the .json description. */
export type PlainValue =
  | { form: 'scalar'; type: DataType; value: Plain }
  | { form: 'vector' | 'pair'; type: DataType; values: readonly Plain[] }
  | { form: 'dictionary'; type: DataType; keys: PlainValue; vals: PlainValue }
  | { form: 'table'; rows: number; columns: readonly PlainColumn[] }

export interface LogicalRequest {
  kind: 'connect' | 'script' | 'function' | 'variable'
  name?: string
  script?: string
  args?: readonly PlainValue[]
}

export interface WireRequest {
  off: number
  len: number
  header: string
  kind: string
  name: string
  argc: number
  flags: number
  async: boolean
  rows: number
}

export interface Recording {
  client: 'cpp' | 'java'
  name: string
  bytes: Buffer
  requests: readonly WireRequest[]
  logical: readonly LogicalRequest[]
  /** Whether columns are sent compressed. */
  compressed: boolean
}

function load(client: 'cpp' | 'java', name: string): Recording {
  const stated = JSON.parse(readFileSync(new URL(`${client}/${name}.json`, folder), 'utf8')) as {
    requests_on_wire: WireRequest[]
    logical: LogicalRequest[]
  }
  return {
    client,
    name,
    bytes: readFileSync(new URL(`${client}/${name}.bin`, folder)),
    requests: stated.requests_on_wire,
    logical: stated.logical,
    compressed: /_(lz4|delta)$/.test(name),
  }
}

/** All recordings, by client and name. */
export const recordings: readonly Recording[] = (['cpp', 'java'] as const).flatMap(client =>
  readdirSync(new URL(`${client}/`, folder))
    .filter(file => file.endsWith('.bin'))
    .sort()
    .map(file => load(client, file.slice(0, -4))),
)

/** The recorded bytes without the connect request, changed to the session with this id. */
export function inSession({ bytes, requests }: Recording, id: string): Buffer {
  const pieces = requests.map(({ off, len, header, kind }) => {
    const request = bytes.subarray(off, off + len)
    if (kind === 'connect') return request
    const [protocol, , ...rest] = header.split(' ')
    const behind = request.subarray(request.indexOf('\n'))
    return Buffer.concat([Buffer.from([protocol, id, ...rest].join(' ')), behind])
  })
  return Buffer.concat(pieces)
}

/** Distance between two chunk boundaries, for streams too long to be divided at every byte. */
const spacingBytes = 127

/** Divides a stream into single bytes. Divides a long stream into pieces of 13 bytes, except in deep test runs. */
export function smallPieces(bytes: Buffer): Buffer[] {
  const pieceBytes = deep || bytes.length <= 2000 ? 1 : 13
  return Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  )
}

/**
 * Divides a short stream into two chunks, once at every byte. Divides a long stream into chunks of one size; each
 * division shifts the boundaries by a byte.
 */
export function* splits(bytes: Buffer): Generator<Buffer[]> {
  const isSmall = bytes.length <= 2000
  const last = isSmall ? bytes.length - 1 : spacingBytes
  for (let first = 1; first <= last; first++) {
    const pieces = [bytes.subarray(0, first)]
    const step = isSmall ? bytes.length : spacingBytes
    for (let at = first; at < bytes.length; at += step) pieces.push(bytes.subarray(at, at + step))
    yield pieces
  }
}

/** The head of a request, read from its header line by code that is independent of the decoder. */
export function headOf(header: string): RequestHead {
  const [protocol, sessionId, , , properties] = header.split(' ') as [
    string,
    string,
    string,
    string,
    string,
  ]
  const [flags, cancellable, priority, parallelism, , fetchSize] = properties.split('_').map(Number)
  if (cancellable !== 1) throw new Error('recorded clients send 1')
  return {
    protocol: protocol as 'API' | 'API2',
    sessionId,
    flags: flags!,
    priority: priority!,
    parallelism: parallelism!,
    ...(fetchSize !== undefined && { fetchSize }),
  }
}

export function requestOf(logical: LogicalRequest): Request {
  const values = (logical.args ?? []).map(valueOf)
  switch (logical.kind) {
    case 'connect':
      return { kind: 'connect' }
    case 'script':
      return { kind: 'script', script: logical.script! }
    case 'function':
      return { kind: 'function', name: logical.name!, args: values }
    case 'variable':
      return { kind: 'variable', names: logical.name!.split(','), values }
  }
}

function valueOf(plain: PlainValue): Value {
  switch (plain.form) {
    case 'scalar':
      return {
        form: 'scalar',
        type: plain.type,
        value: elementOf(plain.type, plain.value),
      } as Scalar
    case 'vector':
      return columnOf({ name: '', type: plain.type, values: plain.values })
    case 'pair': {
      const elements = columnOf({ name: '', type: plain.type, values: plain.values }) as Vector
      return { form: 'pair', elements }
    }
    case 'dictionary':
      return {
        form: 'dictionary',
        keys: valueOf(plain.keys) as Vector,
        values: valueOf(plain.vals) as Vector,
      }
    case 'table':
      return {
        form: 'table',
        name: '',
        rows: plain.rows,
        columnNames: plain.columns.map(column => column.name),
        columns: plain.columns.map(columnOf),
      }
  }
}

function columnOf(plain: PlainColumn): Column {
  const type = plain.type.replace('[]', '') as DataType
  const array = plain.type.endsWith('[]')
  const values = plain.values.map(value =>
    array ? (value as readonly Plain[]).map(cell => elementOf(type, cell)) : elementOf(type, value),
  )
  return vectorOf({ type, array, ...(plain.scale !== undefined && { scale: plain.scale }) }, values)
}

const bigTypes = new Set(['LONG', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP'])

function elementOf(type: string, value: Plain): ElementValue {
  if (type === 'ANY') return valueOf(value as unknown as PlainValue)
  if (value === null) return null
  if (bigTypes.has(type) || type.startsWith('DECIMAL')) return BigInt(value as number | string)
  if (type === 'BLOB') return new Uint8Array(Buffer.from(value as string, 'hex'))
  return value
}
