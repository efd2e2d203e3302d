/*
  Opens the decoder of an encoding. Makes each table once, when a decoder first needs it.
*/
import type { CharacterDecoder } from './character-decoder.js'
import type { CharacterTable } from './character-table.js'
import { isSingleByte, isUtf16, type Encoding } from './encodings.js'
import { multiByteTable } from './multi-byte-tables.js'
import { singleByteTable } from './single-byte-tables.js'
import { TableDecoder } from './table-decoder.js'
import { Utf16Decoder } from './utf16-decoder.js'

const tables = new Map<Encoding, CharacterTable>()

/** @throws {UsageError} DDB_USAGE if this Node was built without the encoding */
export function openDecoder(encoding: Exclude<Encoding, 'utf-8'>): CharacterDecoder {
  if (isUtf16(encoding)) return new Utf16Decoder(encoding)
  let table = tables.get(encoding)
  if (table === undefined) {
    table = isSingleByte(encoding) ? singleByteTable(encoding) : multiByteTable(encoding)
    tables.set(encoding, table)
  }
  return new TableDecoder(table)
}
