/*
  Rules that apply to DFS tables but not to tables in memory: DFS tables refuse some types that tables in memory convert
  (S05004), and limit the length of texts (docs/server-semantics.md#conversions-on-insert).
*/
import { Buffer } from 'node:buffer'
import { dataTypes, type ColumnType } from '../../protocol/data-type.js'
import type { Column, SymbolVector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { isInsertable } from './convert-temporal.js'

const maxStringBytes = 65_535
const maxBlobBytes = 67_108_863
const maxSymbolBytes = 255
/** The most UTF-8 bytes that one UTF-16 unit needs. */
const maxBytesPerUnit = 3

export function isStorable(actual: ColumnType, target: ColumnType): boolean {
  const from = dataTypes[actual.type].category
  const to = dataTypes[target.type].category
  if (from === 'nothing' || actual.type === 'ANY') return true
  if ((actual.array ?? false) !== (target.array ?? false)) return false
  if (actual.type === target.type) return true
  if (from === 'temporal' && to === 'temporal') return isInsertable(actual.type, target.type)
  if (from === 'binary') return false
  if (from === to) return true
  if (to === 'floating') return from === 'integral' || from === 'literal'
  return to === 'denary' && (from === 'integral' || from === 'floating' || from === 'literal')
}

/**
 * Cuts STRING and BLOB values that are too long for a DFS table.
 * @throws {ScriptError} if a SYMBOL has more than 255 bytes
 */
export function limitText(column: Column): Column {
  if (column.form !== 'vector') return column
  if (column.type === 'SYMBOL') {
    checkSymbols(column)
    return column
  }
  if (column.type === 'STRING' && 'data' in column) {
    if (column.data.every(text => byteLength(text, maxStringBytes) <= maxStringBytes)) return column
    return { ...column, data: column.data.map(text => cutText(text, maxStringBytes)) }
  }
  if (column.type === 'BLOB' && 'data' in column) {
    if (column.data.every(bytes => bytes.length <= maxBlobBytes)) return column
    return { ...column, data: column.data.map(bytes => bytes.subarray(0, maxBlobBytes)) }
  }
  return column
}

/** Checks only the texts that rows use. The base may contain unused texts. */
function checkSymbols({ codes, base, length }: SymbolVector): void {
  const isChecked = new Uint8Array(base.length)
  for (let row = 0; row < length; row++) {
    const code = codes[row]!
    if (isChecked[code] === 1) continue
    isChecked[code] = 1
    if (byteLength(base[code] ?? '', maxSymbolBytes) > maxSymbolBytes) {
      throw new ScriptError(`A SYMBOL can't exceed ${maxSymbolBytes} bytes.`)
    }
  }
}

/** The UTF-8 length. For a text that surely fits `limit`, the UTF-16 length, which is quicker and never larger. */
function byteLength(text: string, limit: number): number {
  return text.length * maxBytesPerUnit <= limit ? text.length : Buffer.byteLength(text)
}

function cutText(text: string, maxBytes: number): string {
  if (byteLength(text, maxBytes) <= maxBytes) return text
  const bytes = Buffer.from(text)
  let end = maxBytes
  // Steps back to the start of a character, because UTF-8 bytes of the form 10xxxxxx continue a character.
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
