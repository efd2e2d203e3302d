/*
  Which type the texts of a column have, as loadText() finds it (docs/server-semantics.md#text-of-values).
*/
import type { DataType } from '../../../protocol/data-type.js'

const intMax = 2 ** 31 - 1
const longMax = 2n ** 63n - 1n

/** Of a text that is not empty; the first that fits. */
const patterns: readonly (readonly [DataType, RegExp])[] = [
  ['DATE', /^\d{4}[-./]\d{1,2}[-./]\d{1,2}$/],
  ['MONTH', /^\d{4}\.\d{2}M$/],
  ['MINUTE', /^\d{1,2}:\d{2}m?$/],
  ['SECOND', /^\d{1,2}:\d{2}:\d{2}$/],
  ['TIME', /^\d{1,2}:\d{2}:\d{2}\.\d{3}$/],
  ['NANOTIME', /^\d{1,2}:\d{2}:\d{2}\.\d{9}$/],
  ['DATETIME', /^\d{4}[-./]\d{2}[-./]\d{2}[ T]\d{2}:\d{2}:\d{2}$/],
  ['TIMESTAMP', /^\d{4}[-./]\d{2}[-./]\d{2}[ T]\d{2}:\d{2}:\d{2}\.\d{3}$/],
  ['NANOTIMESTAMP', /^\d{4}[-./]\d{2}[-./]\d{2}[ T]\d{2}:\d{2}:\d{2}\.\d{9}$/],
  ['DOUBLE', /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/],
]

/** The narrowest type that takes every text; SYMBOL where nothing else does. */
export function typeOfTexts(texts: readonly string[]): DataType {
  let type: DataType | undefined
  for (const text of texts) {
    if (text === '') continue
    type = joined(type, typeOfText(text))
    if (type === 'SYMBOL') break
  }
  return type ?? 'SYMBOL'
}

/** As the server's own literals are written. */
export function literalText(type: DataType, text: string): string {
  const [, date, rest = ''] = /^(\d{4}[-./]\d{1,2}[-./]\d{1,2})(?:[ T](.*))?$/.exec(text) ?? []
  if (date === undefined || type === 'SYMBOL' || type === 'STRING') return text
  const [year, month, day] = date.split(/[-./]/)
  const day8 = `${year!}.${month!.padStart(2, '0')}.${day!.padStart(2, '0')}`
  return rest === '' ? day8 : `${day8}T${rest}`
}

function typeOfText(text: string): DataType {
  if (/^[+-]?\d+$/.test(text)) {
    if (Math.abs(Number(text)) <= intMax) return 'INT'
    const value = BigInt(text.replace('+', ''))
    return value <= longMax && value >= -longMax ? 'LONG' : 'DOUBLE'
  }
  return patterns.find(([, pattern]) => pattern.test(text))?.[0] ?? 'SYMBOL'
}

const numeric: readonly DataType[] = ['INT', 'LONG', 'DOUBLE']

function joined(known: DataType | undefined, next: DataType): DataType {
  if (known === undefined || known === next) return next
  const [a, b] = [numeric.indexOf(known), numeric.indexOf(next)]
  return a < 0 || b < 0 ? 'SYMBOL' : numeric[Math.max(a, b)]!
}
