/* The names that the parser knows. It refuses unknown ones before the unit runs (docs/server-semantics.md#parse-units). */
import type { Parameter } from './syntax.js'

/** What a name means before a unit, in the session or on the server; undefined for an unknown name. */
export type NameKind =
  'variable' | 'functionVariable' | 'function' | 'builtin' | 'table' | undefined
export type Names = (name: string) => NameKind

/** The names of one function body, or of the top level of a unit. */
interface Scope {
  readonly isTop: boolean
  /** They hide functions of the same names. */
  readonly variables: Set<string>
  /** Parameters without `mutable`. */
  readonly readOnly: ReadonlySet<string>
}

/** @param parameters  undefined for the top level */
function scopeOf(parameters?: readonly Parameter[]): Scope {
  const namesOf = (some: readonly Parameter[]): Set<string> => new Set(some.map(one => one.name))
  const all = parameters ?? []
  const readOnly = namesOf(all.filter(one => !one.isMutable))
  return { isTop: parameters === undefined, variables: namesOf(all), readOnly }
}

export class Scopes {
  readonly #names: Names
  /** What the unit has defined so far. */
  readonly #functions = new Set<string>()
  readonly tables: Set<string> = new Set()
  current: Scope = scopeOf()

  constructor(names: Names) {
    this.#names = names
  }

  beginUnit(): void {
    this.current = scopeOf()
    this.#functions.clear()
    this.tables.clear()
  }

  /** Runs `parse` for the body of a function, which sees only its own variables. */
  inFunction<T>(parameters: readonly Parameter[], parse: () => T): T {
    const outer = this.current
    this.current = scopeOf(parameters)
    const body = parse()
    this.current = outer
    return body
  }

  isVariable(name: string): boolean {
    const { variables, isTop } = this.current
    return variables.has(name) || (isTop && this.is(name, 'variable', 'functionVariable'))
  }

  /** True even if a variable or a table hides the function. */
  isFunction(name: string): boolean {
    return this.#functions.has(name) || this.is(name, 'functionVariable', 'function', 'builtin')
  }

  isTable(name: string): boolean {
    return this.tables.has(name) || this.is(name, 'table')
  }

  /** What the name meant before the unit. */
  is(name: string, ...kinds: readonly NameKind[]): boolean {
    return kinds.includes(this.#names(name))
  }

  /** From here on, the name is a function, whatever it was before. */
  declareFunction(name: string): void {
    this.#functions.add(name)
    this.current.variables.delete(name)
  }
}
