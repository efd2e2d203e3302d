/*
  The names that exist where the parser is. Like DolphinDB, the parser refuses unknown names, changes of constants, and
  `share` statements or named functions inside functions, before the unit runs (docs/server-semantics.md#parse-units).
*/
import { notEmbedded } from '../../script-error.js'
import { constantOf, defaultWord } from '../../values/scalar.js'
import { Cursor } from './cursor.js'
import type { Name, Parameter } from './syntax.js'

/** The names that exist before a unit, in the session or on the server. */
export interface Names {
  isVariable(name: string): boolean
  /** True for a variable of the session that is constant. */
  isConstant(name: string): boolean
  isTable(name: string): boolean
  isFunction(name: string): boolean
  /** True for a variable of the session that is not a function. */
  hidesFunction(name: string): boolean
  isBuiltin(name: string): boolean
}

/** The names of one function body, or of the top level of a unit. */
interface Scope {
  readonly isTop: boolean
  readonly variables: Set<string>
  readonly readOnly: Set<string>
  /** The variables of the outer scope that a lambda uses. */
  readonly captures: Set<string>
  /** The surrounding scope of a lambda. A named function sees only its own variables. */
  readonly outer?: Scope | undefined
}

function topScope(): Scope {
  return { isTop: true, variables: new Set(), readOnly: new Set(), captures: new Set() }
}

export abstract class NameParser extends Cursor {
  protected readonly names: Names
  #scope = topScope()
  /** What the unit has defined so far. */
  #functions = new Set<string>()
  #tables = new Set<string>()

  constructor(source: string, names: Names) {
    super(source)
    this.names = names
  }

  protected beginUnit(): void {
    this.#scope = topScope()
    this.#functions.clear()
    this.#tables.clear()
    this.deepest = 0
  }

  /** Makes this parser see the names of another one. The other one does not see new variables. */
  protected adoptNames(other: NameParser): void {
    this.#scope = { ...other.#scope, variables: new Set(other.#scope.variables) }
    this.#functions = other.#functions
    this.#tables = other.#tables
  }

  /** Parses the body of a function, which has its own variables. */
  protected inFunction<Body>(
    parameters: readonly Parameter[],
    isLambda: boolean,
    parse: () => Body,
  ): { body: Body; captures: string[]; height: number } {
    const outer = this.#scope
    const { deepest, depth } = this
    this.deepest = depth
    const captures = new Set<string>()
    this.#scope = {
      isTop: false,
      variables: new Set(parameters.map(({ name }) => name)),
      readOnly: new Set(parameters.filter(one => !one.isMutable).map(({ name }) => name)),
      captures,
      outer: isLambda ? outer : undefined,
    }
    const body = this.within({ isSql: false, hasColumns: false }, parse)
    const height = this.deepest - depth
    this.#scope = outer
    this.deepest = Math.max(deepest, this.deepest)
    return { body, captures: [...captures], height }
  }

  /** True if the name is a function here. `sum x` applies a function, but is an error if `sum` is a variable. */
  protected isFunction(name: string): boolean {
    for (let scope: Scope | undefined = this.#scope; scope; scope = scope.outer) {
      if (scope.variables.has(name)) return false
    }
    if (this.#tables.has(name) || this.names.hidesFunction(name)) return false
    return this.#functions.has(name) || this.names.isFunction(name)
  }

  /** @throws {ScriptError} a syntax error if the name is unknown and cannot be a column */
  protected checked(node: Name, isCalled = false): Name {
    const { name, isFunction, span } = node
    // In a lambda, `#hasVariable` also records the outer variables that the lambda uses.
    const isKnown =
      this.#hasVariable(name) || this.#functions.has(name) || this.names.isFunction(name)
    if (isKnown || (this.mode.hasColumns && !isFunction && !isCalled)) return node
    const isOther = this.#hasTable(name) || constantOf(name) !== undefined || name === defaultWord
    if (isOther && !isFunction) return node
    return this.fail(`Cannot recognize the token ${name}${isCalled ? notEmbedded : ''}`, span.line)
  }

  /** @throws {ScriptError} a syntax error unless a table or a variable has the name */
  protected checkTable({ name, span }: Name): void {
    if (this.#hasVariable(name) || this.#hasTable(name)) return
    this.fail(`Can't recognize table ${name}`, span.line)
  }

  /** @throws {ScriptError} a syntax error if the variable is constant */
  protected checkChangeable({ name, span }: Name): void {
    const { isTop, readOnly, variables } = this.#scope
    const isFixed = isTop && this.names.isConstant(name) && this.#hasVariable(name)
    if (!isFixed && !(readOnly.has(name) && variables.has(name))) return
    this.fail(`Constant variable [${name}] can't be modified.`, span.line)
  }

  /** @throws {ScriptError} S06003, S06005 */
  protected checkDefinable(name: string, line: number): void {
    if (!this.#scope.isTop) {
      this.fail(
        `Not allowed to define a named function [${name}] within another function. RefId: S06003`,
        line,
      )
    }
    if (!this.names.isBuiltin(name)) return
    this.fail(
      'Not allowed to overwrite existing built-in functions/procedures. RefId: S06005',
      line,
    )
  }

  /** @throws {ScriptError} S06002 */
  protected checkSharable(line: number): void {
    if (this.#scope.isTop) return
    this.fail(
      "'share' statement can't be declared within a function definition. RefId: S06002",
      line,
    )
  }

  /** From here on, the name is a function, whatever it was before. */
  protected declareFunction(name: string): void {
    this.#functions.add(name)
    this.#scope.variables.delete(name)
  }

  /** From here on, the name is a variable and hides functions of that name. */
  protected declareVariable(name: string, isConstant = false): void {
    this.#scope.variables.add(name)
    if (isConstant) this.#scope.readOnly.add(name)
  }

  protected declareTable(name: string): void {
    this.#tables.add(name)
  }

  #hasTable(name: string): boolean {
    return this.#tables.has(name) || this.names.isTable(name)
  }

  #hasVariable(name: string, scope = this.#scope): boolean {
    if (scope.variables.has(name)) return true
    if (scope.isTop) return this.names.isVariable(name)
    if (scope.outer === undefined || !this.#hasVariable(name, scope.outer)) return false
    scope.captures.add(name)
    return true
  }
}
