/*
  The functions that operators are short for: `each(+, x, y)` means add, errors speak of add, and so do the names of
  result columns.
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

/** The operator that text spells, undefined when it spells none. */
export function operatorOf(text: string): BinaryOperator | undefined {
  return Object.hasOwn(operatorNames, text) ? (text as BinaryOperator) : undefined
}

/** Operators that make BOOL of two values, and that can be chained: `1 < x < 3`. */
export const comparisonOperators: ReadonlySet<BinaryOperator> = new Set<BinaryOperator>([
  '<',
  '<=',
  '==',
  '!=',
  '>',
  '>=',
])
