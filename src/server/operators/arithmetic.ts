/*
  + - * / \ % and the bit operators on two vectors: what their types make of them.
*/
import { dataTypes, isDecimal } from '../../protocol/data-type.js'
import type { Vector } from '../../protocol/value.js'
import { decimalArithmetic } from './decimal-arithmetic.js'
import { numericArithmetic, refused, type ArithmeticOperator } from './numeric-arithmetic.js'
import type { Pairing } from './operands/pairing.js'
import { temporalArithmetic } from './temporal-arithmetic.js'
import { concatenate } from './concatenate.js'
import { isLiteral } from './operands/operand-texts.js'

/** @throws {ScriptError} `Arguments for add method can not be …` when the types have no arithmetic */
export function arithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const { left, right } = pairing
  if (isLiteral(left.type) || isLiteral(right.type)) {
    if (operator === '+') return concatenate(pairing)
    throw refused(operator, 'string')
  }
  if (isDecimal(left.type) || isDecimal(right.type)) return decimalArithmetic(operator, pairing)
  const isTemporal =
    dataTypes[left.type].category === 'temporal' || dataTypes[right.type].category === 'temporal'
  if (isTemporal) return temporalArithmetic(operator, pairing)
  return numericArithmetic(operator, pairing)
}
