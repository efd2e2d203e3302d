/* The nodes of a parsed script: statements, expressions, and the statements of SQL. The parser writes `and` as `&&`, `or` as `||`, `<>` as
   `!=` and `not` as `!`. Inside SQL, it also writes `=` as `==`. */
import type { BinaryOperator, UnaryOperator } from '../../operators/operands.js'
import type { ServerValue } from '../../values/server-value.js'

/** A piece of source text: `source.slice(start, end)`. It begins on line `line` (from 1). */
export interface Span {
  readonly source: string
  readonly start: number
  readonly end: number
  readonly line: number
}

export function textOfSpan({ source, start, end }: Span): string {
  return source.slice(start, end)
}

/** One argument of a call. `value` is undefined if the script omits the argument (`f(a,,b)`). */
export interface Argument {
  readonly name?: string
  readonly value: Expression | undefined
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

type ExpressionNode = Readonly<
  /** A constant, or a vector of several constants next to each other (`1 2 NULL`). */
  | { kind: 'literal'; value: ServerValue }
  /** Only the evaluation decides what a name is. `isFunction`: only a function can be meant, as in `x.f()` and `x in y`. */
  | { kind: 'name'; name: string; isFunction: boolean }
  /** `[a, b]` or `(a, b)`. */
  | { kind: 'vector' | 'tuple'; elements: readonly Expression[] }
  /** `{k: v}`. The parser turns a key that is a plain word into a string. */
  | { kind: 'dictionary'; keys: readonly ServerValue[]; values: readonly Expression[] }
  | { kind: 'unary'; operator: UnaryOperator; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  /** `f(x)`, `x.f(a)` (the object becomes the first argument), `x in y`; `f{a,,b}` is partial. */
  | { kind: 'call' | 'partial'; callee: Expression; args: readonly Argument[] }
  /** `x[i]`, and without an index `INT[]`. */
  | { kind: 'index'; target: Expression; index: Expression | undefined }
  /** `t.col`, `d.key`. */
  | { kind: 'member'; target: Expression; name: string }
  | { kind: 'lambda'; definition: FunctionDefinition }
  /** `expression as name`, as an argument: `table(1..3 as id)`. */
  | { kind: 'named'; expression: Expression; name: string }
  /** A row must meet all conditions of `where`. The parser turns `top` into `limit`. */
  | {
      kind: 'select'
      isExec: boolean
      isDistinct: boolean
      columns: readonly SelectColumn[]
      from: Expression
      where: readonly Expression[]
      groupBy: readonly SelectColumn[]
      having: Expression | undefined
      orderBy: readonly OrderItem[]
      limitOffset: Expression | undefined
      limitCount: Expression | undefined
    }
  /** `insert into t(columns) values (…), (…)`. */
  | {
      kind: 'insert'
      target: Expression
      columnNames: readonly string[] | undefined
      rows: readonly (readonly Expression[])[]
    }
  /** `update t set a = 1, b = 2 where …`. */
  | {
      kind: 'update'
      target: Expression
      assignments: readonly { columnName: string; value: Expression }[]
      where: readonly Expression[]
    }
  | { kind: 'delete'; target: Expression; where: readonly Expression[] }
>

/** Nodes that have a value. The value of insert, update and delete is VOID. */
export type Expression = ExpressionNode & { readonly span: Span }

export type ExpressionOf<Kind extends Expression['kind']> = Extract<
  Expression,
  { readonly kind: Kind }
>
export type Name = ExpressionOf<'name'>
export type Call = Extract<Expression, { readonly args: unknown }>
export type Index = ExpressionOf<'index'>

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

export type StatementNode = Readonly<
  /** An expression as a statement. If it is the script's last statement, its value is the script's value. */
  | { kind: 'expression'; expression: Expression }
  /** `x = v`, `x[i] = v`, `x += v` (only then with an operator). */
  | {
      kind: 'assign'
      target: Name | Index
      operator: BinaryOperator | undefined
      value: Expression
    }
  /** `def f(…) …`; the function exists once the statement has run. */
  | { kind: 'define'; definition: FunctionDefinition }
  /** An `else if` is an if that is the only statement of `otherwise`. */
  | {
      kind: 'if'
      condition: Expression
      then: readonly Statement[]
      otherwise: readonly Statement[]
    }
  | { kind: 'for'; variable: string; iterable: Expression; body: readonly Statement[] }
  /** `while (c) …`, and `do … while (c)`. */
  | { kind: 'while' | 'doWhile'; condition: Expression; body: readonly Statement[] }
  /** The catch block gets the error in `variable` (manual, "try-catch"). */
  | { kind: 'try'; body: readonly Statement[]; variable: string; handler: readonly Statement[] }
  | { kind: 'throw'; value: Expression }
  /** Also the single expression of a short function. Without a value, the function returns VOID. */
  | { kind: 'return'; value: Expression | undefined }
  | { kind: 'break' | 'continue' }
  /** `share t as name`. Later lines of the same unit may already use the name (docs/server-semantics.md#parse-units). */
  | { kind: 'share'; value: Expression; name: string }
>

export type Statement = StatementNode & { readonly span: Span }

export type StatementOf<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>
