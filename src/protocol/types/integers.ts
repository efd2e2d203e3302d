/*
  CHAR, SHORT, INT and LONG: signed integers of 1, 2, 4 and 8 bytes. The smallest value is the null.
*/
import type { ScalarShape, VectorShape } from '../value.js'
import { int16Elements, int32Elements, int64Elements, int8Elements } from './integer-elements.js'
import { fixedType, type TypeFacts } from './type-facts.js'

export type IntegerOf8Bits = 'CHAR'
export type Int16Type = 'SHORT'
export type IntegerOf32Bits = 'INT'
export type IntegerOf64Bits = 'LONG'

export type IntegerScalar =
  | ScalarShape<IntegerOf8Bits | Int16Type | IntegerOf32Bits, number | null>
  | ScalarShape<IntegerOf64Bits, bigint | null>

export type IntegerVector =
  | VectorShape<IntegerOf8Bits, Int8Array>
  | VectorShape<Int16Type, Int16Array>
  | VectorShape<IntegerOf32Bits, Int32Array>
  | VectorShape<IntegerOf64Bits, BigInt64Array>

export const integerTypes: Readonly<Record<IntegerScalar['type'], TypeFacts>> = {
  CHAR: fixedType(2, 'integral', int8Elements, charText),
  SHORT: fixedType(3, 'integral', int16Elements, String),
  INT: fixedType(4, 'integral', int32Elements, String),
  LONG: fixedType(5, 'integral', int64Elements, String),
}

/** The text of a CHAR. A printable character is in quotes, as in DolphinDB's output. */
function charText(value: number): string {
  return value > 31 && value < 127 ? `'${String.fromCharCode(value)}'` : String(value)
}
