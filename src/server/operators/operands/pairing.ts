/*
  Scalars, vectors, pairs, matrices and array vectors seen as one vector and a way back, so that an operator is
  written once, for vectors.
*/
import { dataTypes } from '../../../protocol/data-type.js'
import { elementAt } from '../../../protocol/element.js'
import { isFixedType } from '../../../protocol/element-bytes.js'
import type { Scalar, Vector } from '../../../protocol/value.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { ScriptError } from '../../script-error.js'
import { intScalar } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'

/** A value seen as a vector. */
export interface Operand {
  readonly vector: Vector
  /** One element that stands beside every element of the other operand. */
  readonly isScalar: boolean
  /** Puts a vector of results of the same length into the operand's own form. */
  readonly rebuild: (result: Vector) => ServerValue
}

/** Element `index` of a vector whose elements are scalars, as those of tuples need not be. */
export function scalarAt(vector: Vector, index: number): Scalar {
  return elementAt(vector, index) as Scalar
}

/** @throws {ScriptError} for values that no arithmetic is defined for, naming `operation` */
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
    case 'pair':
      return {
        vector: value.elements,
        isScalar: false,
        rebuild: elements => ({ form: 'pair', elements: ofOneType(elements, 'pair') }),
      }
    case 'matrix':
      return {
        vector: value.elements,
        isScalar: false,
        rebuild: elements => ({ ...value, elements: ofOneType(elements, 'matrix') }),
      }
    case 'arrayVector':
      return {
        vector: value.cells,
        isScalar: false,
        rebuild: cells => ({ ...value, cells: asCells(cells) }),
      }
    case 'type':
      return operandOf(intScalar(dataTypes[value.column.type].id), operation)
    default:
      throw new ScriptError(`Arguments for ${operation} method can not be ${describe(value)}.`, {
        category: 'SYSTEM_Operator',
      })
  }
}

function ofOneType(elements: Vector, form: string): Vector {
  if (elements.type !== 'ANY') return elements
  throw new ScriptError(`The elements of a ${form} must be of the same type.`)
}

function asCells(cells: Vector): Vector {
  if (isFixedType(cells.type)) return cells
  throw new ScriptError(`There are no array vectors of type ${cells.type}.`)
}

function describe(value: ServerValue): string {
  switch (value.form) {
    case 'serverTable':
      return 'table'
    case 'serverDictionary':
      return 'dictionary'
    case 'database':
      return 'handle'
    case 'list':
      return 'tuple'
    default:
      return value.form
  }
}

const formOrder: readonly string[] = ['matrix', 'arrayVector', 'vector', 'pair', 'scalar']

/**
 * Two operands made ready for one loop: element i of the result comes from `left[i * leftStep]` and `right[i *
 * rightStep]`.
 */
export interface Pairing {
  readonly left: Vector
  readonly right: Vector
  readonly length: number
  /** 0 where the one element of a scalar is used again and again, else 1. */
  readonly leftStep: 0 | 1
  readonly rightStep: 0 | 1
  readonly rebuild: (result: Vector) => ServerValue
}

/** @throws {ScriptError} when the lengths do not go together */
export function pairOperands(left: ServerValue, right: ServerValue, operation: string): Pairing {
  const a = operandOf(left, operation)
  const b = operandOf(right, operation)
  const length = a.isScalar ? b.vector.length : a.vector.length
  if (!a.isScalar && !b.isScalar && a.vector.length !== b.vector.length) {
    throw new ScriptError('Incompatible vector size', { category: 'SYSTEM_Operator' })
  }
  const shape = formOrder.indexOf(left.form) <= formOrder.indexOf(right.form) ? a : b
  const rebuild = a.isScalar ? b.rebuild : b.isScalar ? a.rebuild : shape.rebuild
  return {
    left: a.vector,
    right: b.vector,
    length,
    leftStep: a.isScalar ? 0 : 1,
    rightStep: b.isScalar ? 0 : 1,
    rebuild,
  }
}
