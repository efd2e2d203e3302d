/*
  The operators as functions: add for +, seq for .., and so on (DolphinDB manual, "Operators").
*/
import { operatorNames } from '../../operators/operator-names.js'
import { operate, operateUnary } from '../../operators/operate.js'
import type { BinaryOperator } from '../../script/parse/syntax.js'
import type { Builtin } from '../../values/builtin.js'
import { binaryFunction, unaryFunction } from '../define.js'

export const operatorFunctions: readonly Builtin[] = [
  ...Object.entries(operatorNames)
    // join puts tables side by side, too: it is a function of its own.
    .filter(([operator]) => operator !== '<-')
    .map(([operator, name]) =>
      binaryFunction(name, (x, y, context) => operate(context, operator as BinaryOperator, x, y)),
    ),
  unaryFunction('neg', (x, context) => operateUnary(context, '-', x)),
  unaryFunction('not', (x, context) => operateUnary(context, '!', x)),
]
