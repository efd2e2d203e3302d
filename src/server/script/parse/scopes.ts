/*
  The names that exist where the parser is. Like DolphinDB, the parser refuses unknown names, changes of constants, and
  `share` statements or named functions inside functions, before the unit runs (docs/server-semantics.md#parse-units).
*/
import type { Parameter } from './syntax.js'

/** What a name means before a unit, in the session or on the server; undefined for an unknown name. */
export type NameKind =
  'variable' | 'functionVariable' | 'function' | 'builtin' | 'table' | undefined
export type Names = (name: string) => NameKind

/** The names of one function body, or of the top level of a unit. */
interface Scope {
  readonly isTop: boolean
  readonly variables: Set<string>
  readonly readOnly: ReadonlySet<string>
  /** The variables of the outer scope that a lambda uses. */
  readonly captures: Set<string>
  /** The surrounding scope of a lambda. A named function sees only its own variables. */
  readonly outer: Scope | undefined
}

/** @param parameters  undefined for the top level */
function scopeOf(parameters?: readonly Parameter[], outer?: Scope): Scope {
  const namesOf = (some: readonly Parameter[]): Set<string> => new Set(some.map(one => one.name))
  const all = parameters ?? []
  const readOnly = namesOf(all.filter(one => !one.isMutable))
  const isTop = parameters === undefined
  return { isTop, variables: namesOf(all), readOnly, captures: new Set(), outer }
}

export class Scopes {
  readonly #names: Names
  #scope = scopeOf()
  /** What the unit has defined so far. */
  readonly #functions = new Set<string>()
  readonly #tables = new Set<string>()

  constructor(names: Names) {
    this.#names = names
  }

  beginUnit(): void {
    this.#scope = scopeOf()
    this.#functions.clear()
    this.#tables.clear()
  }

  /** Runs `parse` for the body of a function. Also returns the outer variables that a lambda uses. */
  inFunction<T>(
    parameters: readonly Parameter[],
    isLambda: boolean,
    parse: () => T,
  ): [T, string[]] {
    const outer = this.#scope
    const scope = scopeOf(parameters, isLambda ? outer : undefined)
    this.#scope = scope
    const body = parse()
    this.#scope = outer
    return [body, [...scope.captures]]
  }

  get isTop(): boolean {
    return this.#scope.isTop
  }

  /** True if nothing may change the variable: a parameter without `mutable`. */
  isReadOnly(name: string): boolean {
    return this.#scope.readOnly.has(name)
  }

  /** In a lambda, records the outer variables that the lambda uses. */
  isVariable(name: string, scope = this.#scope): boolean {
    if (scope.variables.has(name)) return true
    if (scope.isTop) return this.#is(name, 'variable', 'functionVariable')
    if (scope.outer === undefined || !this.isVariable(name, scope.outer)) return false
    scope.captures.add(name)
    return true
  }

  /** True even if a variable or a table hides the function. */
  isFunction(name: string): boolean {
    return this.#functions.has(name) || this.#is(name, 'functionVariable', 'function', 'builtin')
  }

  /** True if the name is a function here, and not a variable or table that hides it. */
  isVisibleFunction(name: string): boolean {
    for (let scope: Scope | undefined = this.#scope; scope; scope = scope.outer) {
      if (scope.variables.has(name)) return false
    }
    return this.isFunction(name) && !this.#tables.has(name) && !this.#is(name, 'variable')
  }

  isTable(name: string): boolean {
    return this.#tables.has(name) || this.#is(name, 'table')
  }

  isBuiltin(name: string): boolean {
    return this.#is(name, 'builtin')
  }

  #is(name: string, ...kinds: readonly NameKind[]): boolean {
    return kinds.includes(this.#names(name))
  }

  /** From here on, the name is a function, whatever it was before. */
  declareFunction(name: string): void {
    this.#functions.add(name)
    this.#scope.variables.delete(name)
  }

  /** From here on, the name is a variable and hides functions of that name. */
  declareVariable(name: string): void {
    this.#scope.variables.add(name)
  }

  declareTable(name: string): void {
    this.#tables.add(name)
  }
}
