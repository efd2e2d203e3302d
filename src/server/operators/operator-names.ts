/*
  Names of the functions behind operators, in error messages and result columns: `+` in `each(+, x, y)` means add.
*/
/** Operator → name of its function (manual, "Operators"). */
export const operatorNames = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '\\': 'ratio',
  '%': 'mod',
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
} as const

export type BinaryOperator = keyof typeof operatorNames
export type UnaryOperator = '-' | '!'

/** The operator with this spelling; undefined if there is none. */
export function operatorOf(text: string): BinaryOperator | undefined {
  return Object.hasOwn(operatorNames, text) ? (text as BinaryOperator) : undefined
}

/** Operators that compare two values. Scripts may chain them: `1 < x < 3`. */
export const comparisonOperators: ReadonlySet<BinaryOperator> = new Set([
  '<', '<=', '==', '!=', '>', '>=',
]) // prettier-ignore
