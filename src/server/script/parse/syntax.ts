/*
  The nodes of a parsed script: statements, expressions, and the statements of SQL. The parser writes `and` as `&&`, `or`
  as `||`, `<>` as `!=` and `not` as `!`. Inside SQL, it also writes `=` as `==`.
*/
import type { BinaryOperator, UnaryOperator } from '../../operators/operator-names.js'
import type { ServerValue } from '../../values/server-value.js'

/** A piece of source text: `source.slice(start, end)`. It begins on line `line` (from 1). */
export interface Span {
  readonly source: string
  readonly start: number
  readonly end: number
  readonly line: number
}

/** The source text of a piece. */
export function textOfSpan({ source, start, end }: Span): string {
  return source.slice(start, end)
}

/** One argument of a call. `value` is undefined if the script omits the argument (`f(a,,b)`). */
export interface Argument {
  readonly name?: string
  readonly value: Expression | undefined
}

/** The bounds of a slice `x[1:]`, each undefined for an open end; `to` is exclusive. */
export interface Slice {
  readonly span: Span
  readonly kind: 'slice'
  readonly from: Expression | undefined
  readonly to: Expression | undefined
}

/** One entry of a select list or of `group by`. For `*`, `expression` is undefined. */
export interface SelectColumn {
  readonly expression: Expression | undefined
  readonly alias: string | undefined
}

export interface OrderItem {
  readonly expression: Expression
  readonly descending: boolean
}

type ExpressionNode =
  /** A constant, or a vector of several constants next to each other (`1 2 NULL`). */
  | { readonly kind: 'literal'; readonly value: ServerValue }
  /**
   * A variable, column, table, constant or function; only the evaluation decides which one. `isFunction` is true for
   * `&f` and `::f`, which mean the function even if a variable has the same name.
   */
  | { readonly kind: 'name'; readonly name: string; readonly isFunction: boolean }
  /** `[a, b]` or `(a, b)`. */
  | { readonly kind: 'vector' | 'tuple'; readonly elements: readonly Expression[] }
  /** `{k: v}`. The parser turns a key that is a plain word into a string. */
  | { readonly kind: 'dictionary'; readonly entries: readonly Entry[] }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  /** The parser has already split chained comparisons: `1 < x < 3` is `1 < x && x < 3`. */
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly kind: 'ternary'
      readonly condition: Expression
      readonly whenTrue: Expression
      readonly whenFalse: Expression
    }
  /** `f(x)`, `x.f(a)` (the object becomes the first argument), `sum x`, `x add y`; `f{a,,b}` is partial. */
  | {
      readonly kind: 'call' | 'partial'
      readonly callee: Expression
      readonly args: readonly Argument[]
    }
  /** `x[i]`, `x[i, j]`, `x[1:]`. */
  | {
      readonly kind: 'index'
      readonly target: Expression
      readonly indexes: readonly (Expression | Slice)[]
    }
  /** `t.col`, `d.key`. */
  | { readonly kind: 'member'; readonly target: Expression; readonly name: string }
  /**
   * A function without a name, used as a value. The check of names finds its `captures`, the outer variables that its
   * body uses (manual, "Closure"); `closed` is the definition with them as leading parameters.
   */
  | {
      readonly kind: 'lambda'
      readonly definition: FunctionDefinition
      captures: readonly string[]
      closed: FunctionDefinition
    }
  /** `expression as name`, as an argument: `table(1..3 as id)`. */
  | { readonly kind: 'named'; readonly expression: Expression; readonly name: string }
  /** A row must meet all conditions of `where`. The parser turns `top` into `limit`. */
  | {
      readonly kind: 'select'
      readonly isExec: boolean
      readonly isDistinct: boolean
      readonly columns: readonly SelectColumn[]
      readonly from: Expression
      readonly where: readonly Expression[]
      readonly groupBy: readonly SelectColumn[]
      readonly having: Expression | undefined
      readonly orderBy: readonly OrderItem[]
      readonly limitOffset: Expression | undefined
      readonly limitCount: Expression | undefined
    }
  /** `insert into t(columns) values (…), (…)`. */
  | {
      readonly kind: 'insert'
      readonly target: Expression
      readonly columnNames: readonly string[] | undefined
      readonly rows: readonly (readonly Expression[])[]
    }
  /** `update t set a = 1, b = 2 where …`. */
  | {
      readonly kind: 'update'
      readonly target: Expression
      readonly assignments: readonly { columnName: string; value: Expression }[]
      readonly where: readonly Expression[]
    }
  | { readonly kind: 'delete'; readonly target: Expression; readonly where: readonly Expression[] }

interface Entry {
  readonly key: Expression
  readonly value: Expression
}

/** Nodes that have a value. The value of insert, update and delete is VOID. */
export type Expression = ExpressionNode & { readonly span: Span }

type ExpressionOf<Kind extends Expression['kind']> = Extract<Expression, { readonly kind: Kind }>
export type Literal = ExpressionOf<'literal'>
export type Name = ExpressionOf<'name'>
export type DictionaryLiteral = ExpressionOf<'dictionary'>
export type Binary = ExpressionOf<'binary'>
export type Ternary = ExpressionOf<'ternary'>
export type Call = Extract<Expression, { readonly args: unknown }>
export type Index = ExpressionOf<'index'>
export type Member = ExpressionOf<'member'>
export type Lambda = ExpressionOf<'lambda'>
export type Select = ExpressionOf<'select'>
export type Insert = ExpressionOf<'insert'>
export type Update = ExpressionOf<'update'>
export type Delete = ExpressionOf<'delete'>

/** A parameter of a function. The body may change it only if `isMutable` is true. */
export interface Parameter {
  readonly name: string
  readonly isMutable: boolean
  readonly defaultValue: Expression | undefined
}

/** `def f(mutable a, b=1) {…}`, `def f(x): expr`, `x -> expr`. A function without a name has the name ''. */
export interface FunctionDefinition {
  readonly name: string
  readonly parameters: readonly Parameter[]
  readonly body: readonly Statement[]
  /** Source text of the whole definition. */
  readonly source: string
}

type StatementNode =
  /** An expression as a statement. If it is the script's last statement, its value is the script's value. */
  | { readonly kind: 'expression'; readonly expression: Expression }
  /** `x = v`, `x, y = v`, `x += v` (only then with an operator), `x[i] = v`, `&x = v`, `const x = v`. */
  | {
      readonly kind: 'assign'
      readonly targets: readonly (Name | Index)[]
      readonly operator: BinaryOperator | undefined
      readonly values: readonly Expression[]
      readonly isReference: boolean
      readonly isConstant: boolean
      /** True if the names become known only in the next unit, as after `create table t(…)`. */
      readonly needsGo?: boolean
    }
  /** `def f(…) …`; the function exists once the statement has run. */
  | { readonly kind: 'define'; readonly definition: FunctionDefinition }
  /** `def f(a, b)` without a body, from which the parser knows that `f` is a function. */
  | { readonly kind: 'declare'; readonly name: string }
  /** An `else if` is an if that is the only statement of `otherwise`. */
  | {
      readonly kind: 'if'
      readonly condition: Expression
      readonly then: readonly Statement[]
      readonly otherwise: readonly Statement[]
    }
  | {
      readonly kind: 'for'
      readonly variable: string
      readonly iterable: Expression
      readonly body: readonly Statement[]
    }
  /** `while (c) …`, and `do … while (c)`. */
  | {
      readonly kind: 'while' | 'doWhile'
      readonly condition: Expression
      readonly body: readonly Statement[]
    }
  /** The catch block gets the error in `variable` (manual, "try-catch"). */
  | {
      readonly kind: 'try'
      readonly body: readonly Statement[]
      readonly variable: string
      readonly handler: readonly Statement[]
    }
  | { readonly kind: 'throw'; readonly value: Expression }
  /** Also the single expression of a short function. Without values, the function returns VOID; with several, a tuple. */
  | { readonly kind: 'return'; readonly values: readonly Expression[] }
  /** For the innermost loop. */
  | { readonly kind: 'break' | 'continue' }
  /** `share t as name`. Later lines of the same unit may already use the name (docs/server-semantics.md#parse-units). */
  | { readonly kind: 'share'; readonly value: Expression; readonly name: string }
  /** `assert x` or `assert "case", x`. */
  | { readonly kind: 'assert'; readonly label: string; readonly condition: Expression }

export type Statement = StatementNode & { readonly span: Span }

export type StatementOf<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>
export type Assignment = StatementOf<'assign'>
export type While = Extract<Statement, { kind: 'while' | 'doWhile' }>

/** The expressions that a node consists of, in the order of their evaluation; not the body of a lambda. */
export function partsOf(node: Expression | Slice): Expression[] {
  if (node.kind === 'literal' || node.kind === 'lambda') return []
  return Object.values(node).flatMap(expressionsIn)
}

function expressionsIn(part: unknown): Expression[] {
  if (Array.isArray(part)) return part.flatMap(expressionsIn)
  if (!isRecord(part)) return []
  if ('span' in part && part['kind'] !== 'slice') return [part as unknown as Expression]
  return Object.values(part).flatMap(expressionsIn)
}

/** Properties of a node that do not affect its value, such as its position, or `&` before a name. */
const leftOut: ReadonlySet<string> = new Set(['span', 'source', 'isFunction', 'captures', 'closed'])

/** Compares two nodes. Ignores blanks, brackets, and the difference between `x.f()` and `f(x)`. */
export function sameExpression(first: unknown, second: unknown): boolean {
  if (!isRecord(first) || !isRecord(second)) return first === second
  if (first['kind'] !== second['kind']) return false
  if (first['kind'] === 'literal') {
    return textOfSpan(first['span'] as Span) === textOfSpan(second['span'] as Span)
  }
  return [...new Set([...Object.keys(first), ...Object.keys(second)])]
    .filter(key => !leftOut.has(key))
    .every(key => sameExpression(first[key], second[key]))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
