/* The operators and the names of their functions. Makes vectors of operands, so that each operator is written once, for vectors. */
import { type DataType, dataTypes } from '../../protocol/data-type.js'
import { scalarAt } from '../../protocol/element.js'
import type { Vector } from '../../protocol/value.js'
import { columnOfScalar } from '../columns/convert-column.js'
import { ScriptError } from '../script-error.js'
import { intScalar } from '../values/values.js'
import type { ServerValue } from '../values/server-value.js'

/** Operator → name of its function (manual, "Operators"). */
// prettier-ignore
export const operatorNames = {
  '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '\\': 'ratio', '%': 'mod', '<': 'lt', '<=': 'le', '==': 'eq', '!=': 'ne',
  '>': 'gt', '>=': 'ge', '&&': 'and', '||': 'or', '<-': 'join', '..': 'seq', ':': 'pair', $: 'cast',
} as const

export type BinaryOperator = keyof typeof operatorNames
export type UnaryOperator = '-' | '!'

/** A value in the form of a vector. */
export interface Operand {
  readonly vector: Vector
  /** True if the operator combines the single element of this vector with every element of the other operand. */
  readonly isScalar: boolean
  /** Converts a vector of results, of the same length, back to the form of the operand. */
  readonly rebuild: (result: Vector) => ServerValue
}

export function operatorError(message: string): ScriptError {
  return new ScriptError(message, { category: 'SYSTEM_Operator' })
}

export function refused(operation: string, what: string): ScriptError {
  return operatorError(`Arguments for ${operation} method can not be ${what}.`)
}

/** @throws {ScriptError} with the name of `operation`, if operators do not accept this value */
export function operandOf(value: ServerValue, operation: string): Operand {
  switch (value.form) {
    case 'scalar':
      return {
        vector: columnOfScalar(value),
        isScalar: true,
        rebuild: result => scalarAt(result, 0),
      }
    case 'vector':
      return { vector: value, isScalar: false, rebuild: result => result }
    case 'type':
      return operandOf(intScalar(dataTypes[value.column.type].id), operation)
    default:
      throw refused(operation, value.form.replace('server', '').toLowerCase())
  }
}

/** Two operands, prepared for a loop: element i of the result uses `left[i * leftStep]` and `right[i * rightStep]`. */
export interface Pairing {
  readonly left: Vector
  readonly right: Vector
  readonly length: number
  /** 0 for a scalar, whose single element repeats; otherwise 1. */
  readonly leftStep: 0 | 1
  readonly rightStep: 0 | 1
  readonly rebuild: (result: Vector) => ServerValue
}

/** @throws {ScriptError} if the lengths do not match */
export function pairOperands(left: ServerValue, right: ServerValue, operation: string): Pairing {
  const a = operandOf(left, operation)
  const b = operandOf(right, operation)
  if (!a.isScalar && !b.isScalar && a.vector.length !== b.vector.length) {
    throw operatorError('Incompatible vector size')
  }
  const shape = a.isScalar ? b : a
  return {
    left: a.vector,
    right: b.vector,
    length: shape.vector.length,
    leftStep: a.isScalar ? 0 : 1,
    rightStep: b.isScalar ? 0 : 1,
    rebuild: shape.rebuild,
  }
}

export function isLiteral(type: DataType): boolean {
  return dataTypes[type].category === 'literal'
}
