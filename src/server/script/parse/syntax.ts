/*
  The nodes of a parsed script: statements, expressions, and the statements of SQL.
*/
import type { ServerValue } from '../../values/server-value.js'

/** A piece of source text: `source.slice(start, end)`. It begins on line `line` (from 1). */
export interface Span {
  readonly source: string
  readonly start: number
  readonly end: number
  readonly line: number
}

export interface Node {
  readonly span: Span
}

/** One argument of a call. `value` is undefined if the script omits the argument (`f(a,,b)`). */
export interface Argument {
  readonly name?: string
  readonly value: Expression | undefined
}

/** A constant, or a vector of several constants next to each other (`1 2 NULL`). */
export interface Literal extends Node {
  readonly kind: 'literal'
  readonly value: ServerValue
}

/** A variable, column, table, constant or function. Only the evaluation decides which one. */
export interface Name extends Node {
  readonly kind: 'name'
  readonly name: string
  /** True for `&f` and `::f`, which mean the function even if a variable has the same name. */
  readonly isFunction: boolean
}

/** `[a, b]` (vector) or `(a, b)` (tuple). */
export interface ListLiteral extends Node {
  readonly kind: 'vector' | 'tuple'
  readonly elements: readonly Expression[]
}

/** `{k: v}`. The parser turns a key that is a plain word into a string. */
export interface DictionaryLiteral extends Node {
  readonly kind: 'dictionary'
  readonly entries: readonly { key: Expression; value: Expression }[]
}

export interface Unary extends Node {
  readonly kind: 'unary'
  readonly operator: UnaryOperator
  readonly operand: Expression
}

/** The parser has already split chained comparisons: `1 < x < 3` is `1 < x && x < 3`. */
export interface Binary extends Node {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Expression
  readonly right: Expression
}

export interface Ternary extends Node {
  readonly kind: 'ternary'
  readonly condition: Expression
  readonly whenTrue: Expression
  readonly whenFalse: Expression
}

/** `f(x)`, `x.f(a)` (the object becomes the first argument), `sum x`, `x add y`. */
export interface Call extends Node {
  readonly kind: 'call'
  readonly callee: Expression
  readonly args: readonly Argument[]
}

/** `f{a,,b}`. */
export interface Partial extends Node {
  readonly kind: 'partial'
  readonly callee: Expression
  readonly args: readonly Argument[]
}

/** `x[i]`, `x[i, j]`, `x[1:]`. */
export interface Index extends Node {
  readonly kind: 'index'
  readonly target: Expression
  readonly indexes: readonly (Expression | Slice)[]
}

/** The bounds of a slice, each undefined for an open end; `to` is exclusive. */
export interface Slice extends Node {
  readonly kind: 'slice'
  readonly from: Expression | undefined
  readonly to: Expression | undefined
}

/** `t.col`, `d.key`. */
export interface Member extends Node {
  readonly kind: 'member'
  readonly target: Expression
  readonly name: string
}

/** A function without a name, used as a value. */
export interface Lambda extends Node {
  readonly kind: 'lambda'
  readonly definition: FunctionDefinition
  /** Outer variables that the body uses. The evaluation binds them as leading arguments (manual, "Closure"). */
  captures: readonly string[]
  /** The definition with `captures` as leading parameters. */
  closed: FunctionDefinition
}

/** `expression as name`, as an argument: `table(1..3 as id)`. */
export interface Named extends Node {
  readonly kind: 'named'
  readonly expression: Expression
  readonly name: string
}

/** Nodes that have a value. The value of insert, update and delete is VOID. */
export type Expression =
  | Literal
  | Name
  | ListLiteral
  | DictionaryLiteral
  | Unary
  | Binary
  | Ternary
  | Call
  | Partial
  | Index
  | Member
  | Lambda
  | Named
  | Select
  | Insert
  | Update
  | Delete

/** The parser writes `not` as `!`. */
export type UnaryOperator = '-' | '!'

/** The parser writes `and` as `&&`, `or` as `||` and `<>` as `!=`. Inside SQL, it also writes `=` as `==`. */
export type BinaryOperator =
  | '||'
  | '&&'
  | '<'
  | '<='
  | '=='
  | '!='
  | '>'
  | '>='
  | '|'
  | '^'
  | '&'
  | '<<'
  | '>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | '\\'
  | '%'
  | '$'
  | '<-'
  | ':'
  | '..'

/** A parameter of a function. The body may change it only if `isMutable` is true. */
export interface Parameter {
  readonly name: string
  readonly isMutable: boolean
  readonly defaultValue: Expression | undefined
}

/** `def f(mutable a, b=1) {…}`, `def f(x): expr`, `x -> expr`. */
export interface FunctionDefinition {
  /** '' for a function without a name. */
  readonly name: string
  readonly parameters: readonly Parameter[]
  readonly body: readonly Statement[]
  /** Source text of the whole definition. */
  readonly source: string
}

/** An expression as a statement. If it is the script's last statement, its value is the script's value. */
export interface ExpressionStatement extends Node {
  readonly kind: 'expression'
  readonly expression: Expression
}

/** `x = v`, `x, y = v`, `x += v`, `x[i] = v`, `&x = v`, `const x = v`. */
export interface Assignment extends Node {
  readonly kind: 'assign'
  readonly targets: readonly (Name | Index | Member)[]
  /** undefined for plain `=`. */
  readonly operator: BinaryOperator | undefined
  readonly values: readonly Expression[]
  readonly isReference: boolean
  readonly isConstant: boolean
  /** True if the names become known only in the next unit, as after `create table t(…)`. */
  readonly needsGo?: boolean
}

/** `def f(…) …`; the function exists once the statement has run. */
export interface Define extends Node {
  readonly kind: 'define'
  readonly definition: FunctionDefinition
}

/** `def f(a, b)` without a body, from which the parser knows that `f` is a function. */
export interface Declare extends Node {
  readonly kind: 'declare'
  readonly name: string
}

/** An `else if` is an If that is the only statement of `otherwise`. */
export interface If extends Node {
  readonly kind: 'if'
  readonly condition: Expression
  readonly then: readonly Statement[]
  readonly otherwise: readonly Statement[]
}

export interface For extends Node {
  readonly kind: 'for'
  readonly variable: string
  readonly iterable: Expression
  readonly body: readonly Statement[]
}

/** `while (c) …`, and `do … while (c)`. */
export interface While extends Node {
  readonly kind: 'while' | 'doWhile'
  readonly condition: Expression
  readonly body: readonly Statement[]
}

/** The catch block gets the error in `variable` (manual, "try-catch"). */
export interface Try extends Node {
  readonly kind: 'try'
  readonly body: readonly Statement[]
  readonly variable: string
  readonly handler: readonly Statement[]
}

export interface Throw extends Node {
  readonly kind: 'throw'
  readonly value: Expression
}

/** A `return` statement, or the single expression of a short function. */
export interface Return extends Node {
  readonly kind: 'return'
  /** Without values, the function returns VOID; with several, a tuple. */
  readonly values: readonly Expression[]
}

/** `break` or `continue`, for the innermost loop. */
export interface Jump extends Node {
  readonly kind: 'break' | 'continue'
}

/** `share t as name`. Later lines of the same unit may already use the name (docs/server-semantics.md#parse-units). */
export interface Share extends Node {
  readonly kind: 'share'
  readonly value: Expression
  readonly name: string
}

/** `assert x` or `assert "case", x`. */
export interface Assert extends Node {
  readonly kind: 'assert'
  readonly label: string
  readonly condition: Expression
}

export type Statement =
  | ExpressionStatement
  | Assignment
  | Define
  | Declare
  | If
  | For
  | While
  | Try
  | Throw
  | Return
  | Jump
  | Share
  | Assert

/** The code between two `go` statements. The server checks a unit as a whole, then runs it. */
export interface ParseUnit {
  readonly statements: readonly Statement[]
}

/** One entry of a select list or of `group by`. */
export interface SelectColumn {
  /** Undefined for `*`. */
  readonly expression: Expression | undefined
  readonly alias: string | undefined
}

export interface OrderItem {
  readonly expression: Expression
  readonly descending: boolean
}

/** `select` or `exec`. The parser turns `top` into `limit`. */
export interface Select extends Node {
  readonly kind: 'select'
  readonly isExec: boolean
  readonly isDistinct: boolean
  readonly columns: readonly SelectColumn[]
  readonly from: Expression
  /** Conditions that were separated by `,`. A row must meet all of them. */
  readonly where: readonly Expression[]
  readonly groupBy: readonly SelectColumn[]
  readonly having: Expression | undefined
  readonly orderBy: readonly OrderItem[]
  readonly limitOffset: Expression | undefined
  readonly limitCount: Expression | undefined
}

/** `insert into t(columns) values (…), (…)`. Each bracket becomes a list of expressions. */
export interface Insert extends Node {
  readonly kind: 'insert'
  readonly target: Expression
  readonly columnNames: readonly string[] | undefined
  readonly rows: readonly (readonly Expression[])[]
}

/** `update t set a = 1, b = 2 where …`. */
export interface Update extends Node {
  readonly kind: 'update'
  readonly target: Expression
  readonly assignments: readonly { columnName: string; value: Expression }[]
  readonly where: readonly Expression[]
}

export interface Delete extends Node {
  readonly kind: 'delete'
  readonly target: Expression
  readonly where: readonly Expression[]
}
