/*
  The nodes of SQL: select, exec, insert, update, delete.
*/
import type { Expression, Node } from './syntax.js'

/** One entry of a select list or of `group by`. */
export interface SelectColumn {
  /** undefined: `*`. */
  readonly expression: Expression | undefined
  readonly alias: string | undefined
}

/** One key of `order by`. */
export interface OrderItem {
  readonly expression: Expression
  readonly descending: boolean
}

/** `select` and `exec`; `top` and `limit` are the same by now. */
export interface Select extends Node {
  readonly kind: 'select'
  readonly isExec: boolean
  readonly isDistinct: boolean
  readonly columns: readonly SelectColumn[]
  readonly from: Expression
  /** Conditions separated by `,`; all must hold. */
  readonly where: readonly Expression[]
  readonly groupBy: readonly SelectColumn[]
  readonly having: Expression | undefined
  readonly orderBy: readonly OrderItem[]
  readonly limitOffset: Expression | undefined
  readonly limitCount: Expression | undefined
}

/** `insert into t(columns) values (…), (…)`: one list of expressions a bracket. */
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

/** `delete from t where …`. */
export interface Delete extends Node {
  readonly kind: 'delete'
  readonly target: Expression
  readonly where: readonly Expression[]
}
