/*
  The functions behind operators: `+` in `each(+, x, y)` means add. Errors and result columns use these function names.
*/
import type { BinaryOperator } from '../script/parse/syntax.js'

/** Operator → name of its function (manual, "Operators"). */
export const operatorNames: Readonly<Record<BinaryOperator, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '\\': 'ratio',
  '%': 'mod',
  '|': 'bitOr',
  '^': 'bitXor',
  '&': 'bitAnd',
  '<<': 'lshift',
  '>>': 'rshift',
  '<': 'lt',
  '<=': 'le',
  '==': 'eq',
  '!=': 'ne',
  '>': 'gt',
  '>=': 'ge',
  '&&': 'and',
  '||': 'or',
  '<-': 'join',
  '..': 'seq',
  ':': 'pair',
  $: 'cast',
}

/** The operator with this spelling, undefined if there is none. */
export function operatorOf(text: string): BinaryOperator | undefined {
  return Object.hasOwn(operatorNames, text) ? (text as BinaryOperator) : undefined
}

/** Operators that compare two values and can be chained: `1 < x < 3`. */
export const comparisonOperators: ReadonlySet<BinaryOperator> = new Set<BinaryOperator>([
  '<',
  '<=',
  '==',
  '!=',
  '>',
  '>=',
])
