/*
  Scalar (docs/protocol.md#objects)
    flag     uint16  type, form 0
    scale    int32   decimals only
    kind     uint8   FUNCTIONDEF and VOID only; VOID has no value after it
    value    of the type's size; text as UTF-8 ended by 00; BLOB as int32 length and bytes
*/
import { ProtocolError } from '../errors.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import type { DataType } from './data-type.js'
import { dataTypes } from './data-type.js'
import type { DecodeContext } from './decode-context.js'
import { encodeFlag } from './flag.js'
import type { FixedElements } from './types/type-facts.js'
import type { Scalar } from './value.js'

/**
 * Writes a scalar with its flag; null becomes the sentinel of the type.
 * @throws {ValueError} DDB_INPUT_RANGE for a number too large, DDB_USAGE for bytes of wrong length, DDB_STRING_HAS_NUL
 */
export function encodeScalar(writer: ByteWriter, scalar: Scalar): void {
  const { id, fixed, scalars } = dataTypes[scalar.type]
  encodeFlag(writer, 'scalar', id)
  if (fixed !== undefined) fixed.encodeScalar(writer, scalar)
  else scalars!.encodeScalar(writer, scalar)
}

/** Reads a scalar after its flag. */
export function decodeScalar(
  reader: ByteReader,
  context: DecodeContext,
  type: DataType,
): Generator<void, Scalar, void> {
  const { fixed, scalars } = dataTypes[type]
  if (fixed !== undefined) return decodeFixedScalar(reader, context, fixed, type as Scalar['type'])
  if (scalars !== undefined) return scalars.decodeScalar(reader, context, type as Scalar['type'])
  throw new ProtocolError(`A scalar cannot be of type ${type}`, reader.offsetBytes)
}

function* decodeFixedScalar(
  reader: ByteReader,
  context: DecodeContext,
  fixed: FixedElements,
  type: Scalar['type'],
): Generator<void, Scalar, void> {
  const { scalarBytes } = fixed
  context.expect(reader, scalarBytes)
  if (!reader.has(scalarBytes)) yield* reader.need(scalarBytes)
  return fixed.readScalar(reader, type)
}
