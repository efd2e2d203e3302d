/*
  Matrices: making them, and their columns.
*/
import { sliceColumn } from '../../protocol/element.js'
import type { Matrix, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { joinAll } from '../values/vector-literal.js'

/** @throws {ScriptError} when the columns differ in length */
export function matrixOfColumns(columns: readonly Vector[]): Matrix {
  const [first, ...others] = columns
  if (first === undefined) throw new ScriptError('A matrix needs at least one column.')
  if (others.some(column => column.length !== first.length)) {
    throw new ScriptError('All columns must be of the same length. RefId:S02010')
  }
  const elements = joinAll(columns)
  checkElements(elements)
  return { form: 'matrix', rows: first.length, columns: columns.length, elements }
}

function checkElements(elements: Vector): void {
  if (elements.type === 'ANY') {
    throw new ScriptError('The elements of a matrix must be of the same type.')
  }
}

/** Shares memory with the matrix. */
export function matrixColumn(matrix: Matrix, index: number): Vector {
  const start = index * matrix.rows
  return sliceColumn(matrix.elements, start, start + matrix.rows) as Vector
}

/** Reshapes: `1..6$2:3`. A last column that is not full is refused. */
export function reshape(vector: Vector, rows: number, columns: number): Matrix {
  if (rows * columns !== vector.length) {
    throw new ScriptError('The size of the vector does not match the dimensions of the matrix.')
  }
  checkElements(vector)
  return { form: 'matrix', rows, columns, elements: vector }
}
