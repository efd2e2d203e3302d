/* Shows texts and options in messages, and describes bytes that are invalid in their encoding. */
import { option } from '../errors.js'
import type { SourceText } from '../source/byte-source.js'
import { utf8Text } from './cells/cell-bytes.js'

const mostBrokenBytes = 8

/**
 * The message about the first invalid bytes, with their place in the input; undefined if all bytes are valid.
 * @param text  how the input was decoded; undefined if unknown
 * @param bytes  a piece of the text, at `textStart`
 */
export function brokenTextMessage(
  text: SourceText | undefined,
  bytes: Uint8Array,
  textStart: number,
): string | undefined {
  const { encoding, broken } = text ?? {}
  if (encoding === undefined || broken?.mayBeBroken(textStart) !== true) return undefined
  const found = broken.brokenBytes(bytes, textStart)
  if (found === undefined) return undefined
  const shown = Buffer.from(found.bytes.subarray(0, mostBrokenBytes)).toString('hex').toUpperCase()
  const listed = shown.match(/../g)?.join(' ') ?? ''
  return `no text in ${encoding}: ${listed} at byte ${found.offsetBytes} of the input`
}

/** Three figures: `1.23M`, `45.6k`, `789`. */
export function shortCount(amount: number): string {
  for (const [unit, factor] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    const number = amount / factor
    if (number >= 1) return `${number.toFixed(number >= 100 ? 0 : number >= 10 ? 1 : 2)}${unit}`
  }
  return String(Math.round(amount))
}

/** Decimal units, as disks and networks are sold: `53.1 MB`. */
export function bytesText(bytes: number): string {
  return `${shortCount(bytes).replace(/[kMG]?$/, ' $&')}B`
}

const maxShownBytes = 80

/** At most 80 of the bytes, as text. Invalid UTF-8 becomes U+FFFD. */
export function clippedText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= maxShownBytes) return utf8Text(bytes.subarray(start, end))
  let last = start + maxShownBytes
  while (last > start && (bytes[last]! & 0xc0) === 0x80) last--
  return `${utf8Text(bytes.subarray(start, last))}…`
}

/** `` `cells.thousands` "," `` for `{ thousands: ',' }` in the group `cells`; lists and records give a text for each entry. */
export function optionTexts(group: string, options: object): string[] {
  return Object.entries(options).flatMap(([name, value]: [string, unknown]) =>
    valueTexts(value).map(text => `${option(`${group}.${name}`)}${text && ' '}${text}`),
  )
}

function valueTexts(value: unknown): string[] {
  if (value === undefined || value === false) return []
  if (value === true) return ['']
  if (Array.isArray(value)) return value.map(String)
  if (typeof value === 'string') return [/^\w+$/.test(value) ? value : `"${value}"`]
  if (typeof value !== 'object') return [JSON.stringify(value)]
  return Object.entries(value!).map(([name, text]) => shellValue(`${name}=${text}`))
}

/** The value of an option, in quotes if a shell would change it. */
export function shellValue(value: string): string {
  return /[\s*?'|[\]]/.test(value) ? `"${value}"` : value
}
