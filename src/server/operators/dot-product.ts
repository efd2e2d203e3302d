/*
  `x ** y` of vectors and matrices.
*/
import { nullDouble, nullInt64 } from '../../protocol/null-value.js'
import type { Matrix, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { doubleScalar, intScalar, longScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'
import { doubleOf, int64Of, numberKindOf } from './operands/operand-numbers.js'

/**
 * Inner product of vectors, product of matrices; undefined where `**` is `*`. Nulls count as zero.
 * @throws {ScriptError} when the sizes do not go together
 */
export function dotProduct(left: ServerValue, right: ServerValue): ServerValue | undefined {
  if (left.form === 'vector' && right.form === 'vector') return innerProduct(left, right)
  if (left.form === 'matrix' && right.form === 'matrix') return matrixProduct(left, right)
  if (left.form === 'matrix' && right.form === 'vector') {
    return matrixProduct(left, asMatrix(right, right.length === left.columns))
  }
  if (left.form === 'vector' && right.form === 'matrix') {
    return matrixProduct(asMatrix(left, right.rows !== left.length), right)
  }
  if (left.form === 'matrix' || right.form === 'matrix') {
    throw new ScriptError('Use * rather than ** for scalar and matrix multiplication.')
  }
  return undefined
}

/** Beside a matrix a vector is a column or a row, as the sizes need it. */
function asMatrix(elements: Vector, isColumn: boolean): Matrix {
  const { length } = elements
  return { form: 'matrix', rows: isColumn ? length : 1, columns: isColumn ? 1 : length, elements }
}

function innerProduct(left: Vector, right: Vector): ServerValue {
  if (left.length !== right.length) throw new ScriptError('Incompatible vector size')
  const isWhole = (vector: Vector): boolean => numberKindOf(vector.type) !== 'double'
  if (isWhole(left) && isWhole(right)) {
    const a = int64Of(left)
    const b = int64Of(right)
    let sum = 0n
    for (let i = 0; i < left.length; i++) {
      if (a[i] !== nullInt64 && b[i] !== nullInt64) sum += a[i]! * b[i]!
    }
    const isLong = numberKindOf(left.type) === 'int64' || numberKindOf(right.type) === 'int64'
    return isLong ? longScalar(BigInt.asIntN(64, sum)) : intScalar(Number(BigInt.asIntN(32, sum)))
  }
  return doubleScalar(productSum(doubleOf(left), doubleOf(right), left.length))
}

function productSum(a: Float64Array, b: Float64Array, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) {
    if (a[i] !== nullDouble && b[i] !== nullDouble) sum += a[i]! * b[i]!
  }
  return sum
}

/** Products of two cells that are summed up in one go at most, so that other sessions do not wait. */
const maxProducts = 2 ** 26

function matrixProduct(left: Matrix, right: Matrix): Matrix {
  if (left.columns !== right.rows) throw new ScriptError('Incompatible matrix size')
  if (left.rows * right.columns * Math.max(1, left.columns) > maxProducts) {
    throw new ScriptError(`The embedded server sums up at most ${maxProducts} products of cells.`)
  }
  const a = doubleOf(left.elements)
  const b = doubleOf(right.elements)
  const rows = left.rows
  const data = new Float64Array(rows * right.columns)
  for (let column = 0; column < right.columns; column++) {
    for (let row = 0; row < rows; row++) {
      let sum = 0
      for (let k = 0; k < left.columns; k++) {
        const x = a[k * rows + row]!
        const y = b[column * right.rows + k]!
        if (x !== nullDouble && y !== nullDouble) sum += x * y
      }
      data[column * rows + row] = sum
    }
  }
  const elements: Vector = { form: 'vector', type: 'DOUBLE', length: data.length, data }
  return { form: 'matrix', rows, columns: right.columns, elements }
}
