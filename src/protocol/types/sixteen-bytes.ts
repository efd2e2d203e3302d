/*
  UUID, IPADDR and INT128: 16 bytes, sent in the reverse of their order in text
  (docs/protocol.md#sixteen-byte-values). 16 zero bytes are the null.
    UUID 00112233-4455-…-ff   ff … 22 11 00
    IPv4 1.2.3.4              04 03 02 01, then twelve 00, by which readers recognize IPv4
*/
import { Buffer } from 'node:buffer'
import type { ScalarShape, VectorShape } from '../value.js'
import { type ElementValue, typeFacts, type TypeFacts, unsuitableValue } from './type-facts.js'
import { fixedParts, type FixedStorage } from './fixed-types.js'

type Bytes16Type = 'UUID' | 'IPADDR' | 'INT128'
/** The bytes of the value are in wire order. */
export type Bytes16Scalar = ScalarShape<Bytes16Type, Uint8Array | null>
/** `data` has 16 bytes per value, in wire order. */
export type Bytes16Vector = VectorShape<Bytes16Type, Uint8Array>

const storage: FixedStorage<Uint8Array, Uint8Array> = {
  array: Uint8Array,
  perValue: 16,
  get(data, index) {
    // Does not use slice(), because the data may be a Buffer, whose slices share memory.
    const value = data.subarray(index * 16, index * 16 + 16)
    return value.every(byte => byte === 0) ? null : new Uint8Array(value)
  },
  set(data, index, value, type) {
    if (value === null) data.fill(0, index * 16, index * 16 + 16)
    else data.set(bytes16Of(type as Bytes16Type, value), index * 16)
  },
}

const parts = fixedParts(storage)

export const bytes16Types: Readonly<Record<Bytes16Type, TypeFacts>> = {
  UUID: typeFacts(19, 'binary', parts, (bytes: Uint8Array) =>
    formatHex(bytes).replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  ),
  IPADDR: typeFacts(30, 'binary', parts, formatIpAddress),
  INT128: typeFacts(31, 'binary', parts, formatHex),
}

function bytes16Of(type: Bytes16Type, value: ElementValue): Uint8Array {
  const bytes = typeof value === 'string' ? parseSixteenBytes(type, value) : value
  const isBytes = bytes instanceof Uint8Array && bytes.length === 16
  if (!isBytes || bytes.every(byte => byte === 0)) throw unsuitableValue(type, value)
  return bytes
}

/** The wire bytes of a text; undefined if the text is not a value of the type. */
export function parseSixteenBytes(type: Bytes16Type, text: string): Uint8Array | undefined {
  switch (type) {
    case 'UUID':
      return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
        ? reversedHex(text.replaceAll('-', ''))
        : undefined
    case 'INT128':
      return /^[0-9a-f]{32}$/i.test(text) ? reversedHex(text) : undefined
    case 'IPADDR':
      return parseIpAddress(text)
  }
}

function formatHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString('hex')
}

function reversedHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex').reverse())
}

function parseIpAddress(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16)
  if (!text.includes(':')) {
    const parts = parseIpv4(text)
    if (parts === undefined) return undefined
    bytes.set(parts.reverse())
    return bytes
  }
  const groups = parseIpv6(text)
  if (groups === undefined) return undefined
  for (let at = 0; at < 8; at++) {
    bytes[15 - at * 2] = groups[at]! >> 8
    bytes[14 - at * 2] = groups[at]! & 255
  }
  return bytes
}

function parseIpv4(text: string): number[] | undefined {
  if (!/^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(text)) return undefined
  const parts = text.split('.').map(Number)
  return parts.every(part => part < 256) ? parts : undefined
}

/** Eight groups. The platform parses the address, and writes it with `::` for the first longest run of zero groups. */
function parseIpv6(text: string): number[] | undefined {
  const url = `http://[${text}]/`
  if (!/^[0-9a-f:.]+$/i.test(text) || !URL.canParse(url)) return undefined
  const [head = [], tail = []] = new URL(url).hostname
    .slice(1, -1)
    .split('::')
    .map(half => (half === '' ? [] : half.split(':').map(group => Number.parseInt(group, 16))))
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.subarray(4).every(byte => byte === 0)) {
    return `${bytes[3]}.${bytes[2]}.${bytes[1]}.${bytes[0]}`
  }
  const groups: string[] = []
  for (let at = 15; at > 0; at -= 2) groups.push(((bytes[at]! << 8) | bytes[at - 1]!).toString(16))
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}
