/*
  Elements as the tests write them, independent of both codecs, and how each client represents them.
    BOOL                   boolean
    up to 32 bits          number
    64 bits, decimals      bigint; decimals without their point
    FLOAT, DOUBLE          number
    SYMBOL, STRING         text; '' is the null
    BLOB                   hexadecimal; '' is the null
    UUID, IPADDR, INT128   32 hexadecimal digits in the order in which they are written
    COMPLEX, POINT         two numbers
    DURATION               count and number of the unit
    a row of an array      the list of its cells
  null is the null of every other type.
*/
import { elementAt } from '../../src/protocol/element.js'
import type { Column, Scalar, Value } from '../../src/protocol/value.js'
import type { Client, ClientObject } from './client.js'

export type Element =
  | boolean
  | number
  | bigint
  | string
  | null
  | readonly [number, number]
  | { readonly count: number; readonly unit: number }
  | readonly Element[]

export interface Type {
  /** For example, `DECIMAL64`. */
  readonly name: string
  readonly scale: number
  readonly array: boolean
}

/** Parses texts such as `DECIMAL64(2)[]`. */
export function typeOf(text: string): Type {
  const match = /^(\w+?)(?:\((\d+)\))?(\[\])?$/.exec(text)
  if (match === null) throw new Error(`no type: ${text}`)
  return { name: match[1]!, scale: Number(match[2] ?? 0), array: match[3] !== undefined }
}

/** The types of each kind, with blanks between them; all other types are of the kind int32. */
const typesOfKind = {
  ...{ bool: 'BOOL', int8: 'CHAR', int16: 'SHORT', int64: 'LONG TIMESTAMP NANOTIME NANOTIMESTAMP' },
  ...{ float: 'FLOAT', double: 'DOUBLE', text: 'STRING', symbol: 'SYMBOL', blob: 'BLOB' },
  ...{ bytes16: 'UUID IPADDR INT128', pair: 'COMPLEX POINT', duration: 'DURATION' },
  ...{ decimal32: 'DECIMAL32', decimal64: 'DECIMAL64', decimal128: 'DECIMAL128' },
}
export type Kind = keyof typeof typesOfKind | 'int32'

const kinds: ReadonlyMap<string, Kind> = new Map(
  Object.entries(typesOfKind).flatMap(([kind, names]) =>
    names.split(' ').map(name => [name, kind as Kind]),
  ),
)

export const kindOf = (type: Type): Kind => kinds.get(type.name) ?? 'int32'

/** The client's number of a type. A vector of SYMBOL has the number of `symbol_extended`. */
function typeNumber(client: Client, type: Type): number {
  const id = client.DdbType[type.name.toLowerCase()]
  // The client has no name for this type.
  return type.name === 'DATEMINUTE' ? 29 : id!
}

const bytesOfHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hexOfBytes = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const reversed = (hex: string): Uint8Array => bytesOfHex(hex).reverse()

type Pair = readonly [number, number]
type Duration = { count: number; unit: number }

/** Elements as the client holds them in a vector: mostly a typed array, with a special value for null. */
function rawData(client: Client, kind: Kind, elements: readonly Element[]): unknown {
  const { nulls } = client
  const or = <T>(sentinel: T): T[] => elements.map(element => (element ?? sentinel) as T)
  const data: Readonly<Record<Kind, () => unknown>> = {
    bool: () => Int8Array.from(or(nulls.int8).map(Number)),
    int8: () => Int8Array.from(or(nulls.int8)),
    int16: () => Int16Array.from(or(nulls.int16)),
    int32: () => Int32Array.from(or(nulls.int32)),
    int64: () => BigInt64Array.from(or(nulls.int64)),
    float: () => Float32Array.from(or(nulls.float32)),
    double: () => Float64Array.from(or(nulls.double)),
    text: () => or(''),
    symbol: () => or(''),
    blob: () => or('').map(bytesOfHex),
    bytes16: () => Uint8Array.from(or('0'.repeat(32)).flatMap(hex => [...reversed(hex)])),
    pair: () => Float64Array.from(or<Pair>([nulls.double, nulls.double]).flat()),
    duration: () =>
      or<Duration>({ count: nulls.int32, unit: 0 }).map(({ count, unit }) => ({
        data: count,
        unit,
      })),
    decimal32: () => Int32Array.from(or(nulls.int32).map(Number)),
    decimal64: () => BigInt64Array.from(or(nulls.int64)),
    decimal128: () => new client.BigInt128Array(or(nulls.int128)),
  }
  return data[kind]()
}

const isDecimal = (kind: Kind): boolean => kind.startsWith('decimal')

/** Types of which no client sends arrays. */
const noArrays: ReadonlySet<Kind> = new Set(['text', 'symbol', 'blob', 'duration'])

/** The elements as a vector or a table column of the client. */
export function clientVector(
  client: Client,
  typeText: string,
  elements: readonly Element[],
  name = '',
): ClientObject {
  const type = typeOf(typeText)
  const kind = kindOf(type)
  if (type.array && noArrays.has(kind)) throw new Error(`${typeText} does not exist`)
  if (kind === 'symbol') return new client.make['DdbVectorSymbol']!(elements, name)
  const number = typeNumber(client, type)
  const head = { form: client.DdbForm['vector'], rows: elements.length, name }
  if (type.array) {
    const rows = elements as readonly (readonly Element[])[]
    const cells = rows.flat()
    const blocks = arrayBlocks(client, kind, rows)
    if (isDecimal(kind)) Object.assign(blocks, { scale: type.scale })
    return new client.DdbObj({ ...head, type: 64 + number, cols: cells.length, value: blocks })
  }
  const data = rawData(client, kind, elements)
  const value = isDecimal(kind) ? { scale: type.scale, data } : data
  return new client.DdbObj({ ...head, type: number, cols: 1, value })
}

const lengthArrays = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array } as const

/** All rows in one block of the client (docs/protocol.md#array-vectors). */
function arrayBlocks(client: Client, kind: Kind, rows: readonly (readonly Element[])[]): unknown[] {
  if (rows.length === 0) return []
  const longest = Math.max(...rows.map(row => row.length))
  const unit = longest < 256 ? 1 : longest < 65_536 ? 2 : 4
  return [
    {
      unit,
      rows: rows.length,
      lengths: lengthArrays[unit].from(rows.map(row => row.length)),
      data: rawData(client, kind, rows.flat()),
    },
  ]
}

export function clientScalar(client: Client, typeText: string, element: Element): ClientObject {
  const type = typeOf(typeText)
  const kind = kindOf(type)
  const head = { form: client.DdbForm['scalar'], type: typeNumber(client, type) }
  const { nulls } = client
  switch (kind) {
    case 'bytes16':
      return new client.DdbObj({ ...head, value: reversed((element as string) ?? '00'.repeat(16)) })
    case 'blob':
      return new client.DdbObj({ ...head, value: bytesOfHex(element as string) })
    case 'pair':
      return new client.DdbObj({ ...head, value: element ?? [nulls.double, nulls.double] })
    case 'duration': {
      const { count, unit } = (element ?? { count: nulls.int32, unit: 0 }) as Duration
      return new client.DdbObj({ ...head, value: { data: count, unit } })
    }
    case 'decimal32':
    case 'decimal64':
    case 'decimal128': {
      const data = kind === 'decimal32' && element !== null ? Number(element) : element
      return new client.DdbObj({ ...head, value: { scale: type.scale, data } })
    }
    default:
      return new client.DdbObj({ ...head, value: element })
  }
}

/** The type of an object of the client, in the client's own numbers. */
export function shapeOf(client: Client, object: ClientObject) {
  const array = object.type >= 64 && object.type < 128
  const extended = object.type === client.DdbType['symbol_extended']
  const number = array ? object.type - 64 : object.type
  const entries = Object.entries(client.DdbType)
  const found = entries.find(([name, id]) => id === number && !/^\d+$/.test(name))?.[0]
  const name = extended ? 'SYMBOL' : (found ?? 'unknown').toUpperCase()
  const value = object.value as { scale?: number } | null
  const type = { name, scale: value?.scale ?? 0, array }
  return { type, kind: kindOf(type) }
}

/** The elements of a vector, pair or set that the client decoded. */
export function elementsOfClient(client: Client, object: ClientObject): Element[] {
  const { type, kind } = shapeOf(client, object)
  if (type.name === 'ANY') {
    return (object.value as ClientObject[]).map(each => elementOfClient(client, each))
  }
  if (!type.array) {
    const value = object.value as { data?: unknown; base?: string[] }
    if (kind === 'symbol' && value.base !== undefined) {
      return Array.from(value.data as Uint32Array, code => value.base![code]!)
    }
    const data = isDecimal(kind) ? value.data : value
    return elementsOf(client, kind, data, object.rows!)
  }
  const blocks = object.value as { lengths: Iterable<number>; data: unknown }[]
  return blocks.flatMap(({ lengths, data }) => {
    const counts = [...lengths]
    const total = counts.reduce((sum, count) => sum + count, 0)
    const cells = elementsOf(client, kind, data, total)
    return counts.map(count => cells.splice(0, count))
  })
}

function elementsOf(client: Client, kind: Kind, data: unknown, length: number): Element[] {
  const { nulls } = client
  const from = <T>(read: (at: number) => T): T[] => Array.from({ length }, (_, at) => read(at))
  const stored = data as ArrayLike<unknown>
  const unless = (sentinel: number | bigint): Element[] =>
    from(at => (stored[at] === sentinel ? null : (stored[at] as Element)))
  const read: Readonly<Record<Kind, () => Element[]>> = {
    bool: () => from(at => (stored[at] === nulls.int8 ? null : stored[at] === 1)),
    int8: () => unless(nulls.int8),
    int16: () => unless(nulls.int16),
    int32: () => unless(nulls.int32),
    int64: () => unless(nulls.int64),
    float: () => unless(nulls.float32),
    double: () => unless(nulls.double),
    text: () => from(at => stored[at] as string),
    symbol: () => from(at => stored[at] as string),
    blob: () => from(at => hexOfBytes(stored[at] as Uint8Array)),
    bytes16: () => from(at => sixteenBytes((data as Uint8Array).slice(at * 16, at * 16 + 16))),
    pair: () =>
      from(at => pairOf(client, [stored[at * 2] as number, stored[at * 2 + 1] as number])),
    duration: () => from(at => durationOf(client, stored[at] as ClientDuration)),
    decimal32: () =>
      unless(nulls.int32).map(whole => (whole === null ? null : BigInt(whole as number))),
    decimal64: () => unless(nulls.int64),
    decimal128: () => unless(nulls.int128),
  }
  return read[kind]()
}

interface ClientDuration {
  data: number
  unit: number
}

function sixteenBytes(wire: Uint8Array): string | null {
  const hex = hexOfBytes(wire.slice().reverse())
  return /^0+$/.test(hex) ? null : hex
}

const pairOf = ({ nulls }: Client, [first, second]: Pair): Pair | null =>
  first === nulls.double || second === nulls.double ? null : [first, second]

const durationOf = ({ nulls }: Client, { data, unit }: ClientDuration): Element =>
  data === nulls.int32 ? null : { count: data, unit }

/** The element of a scalar that the client decoded; for any other form, its elements. */
export function elementOfClient(client: Client, object: ClientObject): Element {
  if (object.form !== client.DdbForm['scalar']) return elementsOfClient(client, object)
  const { kind } = shapeOf(client, object)
  const { value } = object
  switch (kind) {
    case 'blob':
      return hexOfBytes(value as Uint8Array)
    case 'bytes16':
      return sixteenBytes(value as Uint8Array)
    case 'pair':
      return pairOf(client, value as Pair)
    case 'duration':
      return durationOf(client, value as ClientDuration)
    case 'decimal32':
    case 'decimal64':
    case 'decimal128': {
      const { data } = value as { data: number | bigint | null }
      return data === null ? null : BigInt(data)
    }
    default:
      return value as Element
  }
}

/** The elements of a column that this project's codec decoded. */
export function elementsOfOurs(column: Column): Element[] {
  return Array.from({ length: column.length }, (_, row) => elementOfOurs(elementAt(column, row)))
}

export function elementOfOurs(value: Value): Element {
  switch (value.form) {
    case 'scalar':
      return scalarElement(value)
    case 'vector':
    case 'arrayVector':
      return elementsOfOurs(value)
    default:
      throw new Error(`a ${value.form} is not an element`)
  }
}

function scalarElement(scalar: Scalar): Element {
  switch (scalar.type) {
    case 'UUID':
    case 'IPADDR':
    case 'INT128':
      return scalar.value === null ? null : hexOfBytes(scalar.value.slice().reverse())
    case 'BLOB':
      return hexOfBytes(scalar.value)
    default:
      return scalar.value
  }
}
