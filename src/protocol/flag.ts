/*
  Flag: the two bytes that open every object (docs/protocol.md#objects), type first, then form. Types from 128 on are
  "extended"; only SYMBOL with a base (145) is in use.
*/
import { ProtocolError } from '../errors.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { dataForms } from './value.js'

type DataForm = keyof typeof dataForms

/**
 * Writes the two bytes in front of every object. `typeId` is a number, because array vectors, symbol bases and tables
 * have numbers of their own.
 */
export function encodeFlag(writer: ByteWriter, form: DataForm, typeId: number): void {
  writer.u16((dataForms[form] << 8) | typeId)
}

/**
 * int32 that counts something.
 * @throws {ProtocolError} when it is negative
 */
export function readCount(reader: ByteReader, what: string): number {
  const count = reader.i32()
  if (count < 0) {
    throw new ProtocolError(`A count of ${count} ${what} is impossible`, reader.offsetBytes - 4)
  }
  return count
}
