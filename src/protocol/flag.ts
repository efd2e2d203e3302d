/* The flag, two bytes at the start of every object: the type, then the form (docs/protocol.md#objects). Types from 128 on are "extended";
   the only one in use is SYMBOL with a base (145). */
import type { ByteReader } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { dataForms } from './value.js'

type DataForm = keyof typeof dataForms

/** @param typeId  a number, because array vectors, symbol bases and tables have numbers that are not types */
export function encodeFlag(writer: ByteWriter, form: DataForm, typeId: number): void {
  writer.u16((dataForms[form] << 8) | typeId)
}

/** Reads an int32 count. @throws {ProtocolError} if it is negative */
export function readCount(reader: ByteReader, what: string): number {
  const count = reader.i32()
  if (count < 0) throw reader.fault(`A count of ${count} ${what} is impossible`, 4)
  return count
}
