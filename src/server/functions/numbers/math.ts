/*
  The operators as functions, and functions of one or two numbers element by element (DolphinDB manual, "Operators"
  and the pages of each name).
*/
import { isDecimal } from '../../../protocol/data-type.js'
import { nullDouble } from '../../../protocol/null-value.js'
import type { Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castValue } from '../../operators/cast.js'
import { operatorNames } from '../../operators/operator-names.js'
import { chooseElements } from '../../operators/choose.js'
import { decimalAsDouble } from '../../operators/operands/operand-decimals.js'
import { doubleOf, numberKindOf } from '../../operators/operands/operand-numbers.js'
import { operate, operateUnary } from '../../operators/operate.js'
import { applyBinary, applyUnary } from '../../operators/operators.js'
import { operandOf, pairOperands } from '../../operators/operands/pairing.js'
import { integerOf, intScalar } from '../../values/scalar.js'
import type { BinaryOperator } from '../../script/parse/syntax.js'
import type { ServerValue } from '../../values/server-value.js'
import { binaryFunction, defineFunction, unaryFunction } from '../define.js'

/** Functions of a double; a null stays null, what has no value is null. */
const doubleFunctions: Readonly<Record<string, (x: number) => number>> = {
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  cbrt: Math.cbrt,
  reciprocal: x => 1 / x,
  deg2rad: x => (x * Math.PI) / 180,
  rad2deg: x => (x * 180) / Math.PI,
}

function doubleVector(data: Float64Array): Vector {
  return { form: 'vector', type: 'DOUBLE', length: data.length, data }
}

function numericOperand(value: ServerValue, name: string): ReturnType<typeof operandOf> {
  const operand = operandOf(value, name)
  const { type } = operand.vector
  if (type !== 'VOID' && !isDecimal(type) && numberKindOf(type) === undefined) {
    throw new ScriptError(`Arguments for ${name} method can not be ${type.toLowerCase()}.`, {
      category: 'SYSTEM_Operator',
    })
  }
  return operand
}

function doublesOf(vector: Vector): Float64Array {
  return doubleOf(decimalAsDouble(vector)).subarray(0, vector.length)
}

function doubleFunction(name: string, compute: (x: number) => number): Builtin {
  return unaryFunction(name, value => {
    const operand = numericOperand(value, name)
    const data = doublesOf(operand.vector).map(x => {
      const result = x === nullDouble ? x : compute(x)
      return Number.isNaN(result) ? nullDouble : result
    })
    return operand.rebuild(doubleVector(data))
  })
}

/** floor and ceil answer INT where the result fits, else LONG. */
function roundingFunction(name: string, compute: (x: number) => number): Builtin {
  return unaryFunction(name, value => {
    const operand = numericOperand(value, name)
    const { vector } = operand
    if (numberKindOf(vector.type) !== 'double' && !isDecimal(vector.type)) return value
    const data = doublesOf(vector).map(x => (x === nullDouble ? x : compute(x)))
    const rounded = operand.rebuild(doubleVector(data))
    const isWide = data.some(x => x !== nullDouble && Math.abs(x) > 2147483647)
    return castValue(rounded, { type: isWide ? 'LONG' : 'INT' })
  })
}

/** round(X, [precision=0]): LONG without precision, DOUBLE with it; halves go away from zero. */
const round = defineFunction('round', ['X', 'precision'], 1, (_, [value, precisionArgument]) => {
  const operand = numericOperand(value!, 'round')
  const precision = precisionArgument === undefined ? 0 : integerOf(precisionArgument)
  if (precision === undefined || precision < 0 || precision > 10) {
    throw new ScriptError('The precision of round must be an integer from 0 to 10.')
  }
  const factor = 10 ** precision
  const data = doublesOf(operand.vector).map(x => {
    if (x === nullDouble) return x
    // A decimal text shifts the point exactly, where x * factor may fall below the half.
    const shifted = Math.round(Number(`${Math.abs(x)}e${precision}`))
    const size = Number.isNaN(shifted)
      ? Math.round(Math.abs(x) * factor) / factor
      : shifted / factor
    return Math.sign(x) * size
  })
  const rounded = operand.rebuild(doubleVector(data))
  return precision === 0 ? castValue(rounded, { type: 'LONG' }) : rounded
})

const abs = unaryFunction('abs', value => {
  const isNegative = applyBinary('<', value, intScalar(0))
  if (value.form === 'scalar') {
    const isNull = value.value === null
    const negative = isNegative.form === 'scalar' && isNegative.value === true
    return negative && !isNull ? applyUnary('-', value) : value
  }
  return chooseElements(isNegative, applyUnary('-', value), value)
})

const signum = unaryFunction('signum', value => {
  const positive = castValue(applyBinary('>', value, intScalar(0)), { type: 'INT' })
  const negative = castValue(applyBinary('<', value, intScalar(0)), { type: 'INT' })
  // Adding 0 × value carries the nulls over.
  const nulls = castValue(applyBinary('*', value, intScalar(0)), { type: 'INT' })
  return applyBinary('+', applyBinary('-', positive, negative), nulls)
})

/** pow(X, Y): always DOUBLE. */
function power(x: ServerValue, y: ServerValue): ServerValue {
  const pairing = pairOperands(x, y, 'pow')
  const a = doublesOf(pairing.left)
  const b = doublesOf(pairing.right)
  const data = new Float64Array(pairing.length)
  for (let i = 0; i < data.length; i++) {
    const base = a[i * pairing.leftStep]!
    const exponent = b[i * pairing.rightStep]!
    const result = base === nullDouble || exponent === nullDouble ? nullDouble : base ** exponent
    data[i] = Number.isNaN(result) ? nullDouble : result
  }
  return pairing.rebuild(doubleVector(data))
}

export const mathFunctions: readonly Builtin[] = [
  ...Object.entries(operatorNames)
    // join puts tables side by side, too: it is a function of its own.
    .filter(([operator]) => operator !== '<-')
    .map(([operator, name]) =>
      binaryFunction(name, (x, y, context) => operate(context, operator as BinaryOperator, x, y), {
        pace: 'own',
      }),
    ),
  unaryFunction('neg', (x, context) => operateUnary(context, '-', x), { pace: 'own' }),
  unaryFunction('not', (x, context) => operateUnary(context, '!', x), { pace: 'own' }),
  binaryFunction('xor', (x, y) => {
    const both = [x, y].map(value => castValue(value, { type: 'BOOL' }))
    return castValue(applyBinary('^', both[0]!, both[1]!), { type: 'BOOL' })
  }),
  ...Object.entries(doubleFunctions).map(([name, compute]) => doubleFunction(name, compute)),
  roundingFunction('floor', Math.floor),
  roundingFunction('ceil', Math.ceil),
  round,
  abs,
  signum,
  { ...signum, name: 'sign' },
  binaryFunction('pow', power),
  binaryFunction('power', power),
  unaryFunction('square', x => applyBinary('*', x, x)),
]
