/* The flag, two bytes before every object: type, then form (docs/protocol.md#objects). From 128 on "extended": SYMBOL with a base (145). */
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
