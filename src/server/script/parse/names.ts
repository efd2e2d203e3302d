/*
  The names that exist where the parser is. Like DolphinDB, the parser refuses unknown names, changes of constants, and
  `share` statements or named functions inside functions, before the unit runs (docs/server-semantics.md#parse-units).
*/
import { notEmbedded } from '../../script-error.js'
import { constantOf } from '../../values/scalar.js'
import { Cursor } from './cursor.js'
import type { Name, Parameter } from './syntax.js'

/** What a name means before a unit, in the session or on the server; undefined for an unknown name. */
export type NameKind =
  'variable' | 'functionVariable' | 'function' | 'builtin' | 'table' | undefined
export type Names = (name: string) => NameKind

const variableKinds: readonly NameKind[] = ['variable', 'functionVariable']
const functionKinds: readonly NameKind[] = ['functionVariable', 'function', 'builtin']

/** The names of one function body, or of the top level of a unit. */
class Scope {
  readonly isTop: boolean
  readonly variables: Set<string>
  readonly readOnly: ReadonlySet<string>
  /** The variables of the outer scope that a lambda uses. */
  readonly captures: Set<string> = new Set()
  /** The surrounding scope of a lambda. A named function sees only its own variables. */
  readonly outer: Scope | undefined

  /** @param parameters  undefined for the top level */
  constructor(parameters?: readonly Parameter[], outer?: Scope) {
    this.isTop = parameters === undefined
    this.variables = new Set(parameters?.map(({ name }) => name))
    this.readOnly = new Set(parameters?.filter(one => !one.isMutable).map(({ name }) => name))
    this.outer = outer
  }
}

export abstract class NameParser extends Cursor {
  readonly #names: Names
  #scope = new Scope()
  /** What the unit has defined so far. */
  readonly #functions = new Set<string>()
  readonly #tables = new Set<string>()

  constructor(source: string, names: Names) {
    super(source)
    this.#names = names
  }

  protected beginUnit(): void {
    this.#scope = new Scope()
    this.#functions.clear()
    this.#tables.clear()
    this.deepest = 0
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
    const scope = new Scope(parameters, isLambda ? outer : undefined)
    this.#scope = scope
    const body = this.within({ isSql: false, hasColumns: false }, parse)
    const height = this.deepest - depth
    this.#scope = outer
    this.deepest = Math.max(deepest, this.deepest)
    return { body, captures: [...scope.captures], height }
  }

  /** True if the name is a function here, and not a variable or table that hides it. */
  protected isFunction(name: string): boolean {
    for (let scope: Scope | undefined = this.#scope; scope; scope = scope.outer) {
      if (scope.variables.has(name)) return false
    }
    const isHidden = this.#tables.has(name) || this.#names(name) === 'variable'
    return !isHidden && (this.#functions.has(name) || this.#isKnownAs(name, functionKinds))
  }

  protected isBuiltin(name: string): boolean {
    return this.#names(name) === 'builtin'
  }

  /** @throws {ScriptError} a syntax error if the name is unknown and cannot be a column */
  protected checked(node: Name, isCalled = false): Name {
    const { name, isFunction, span } = node
    // In a lambda, `#hasVariable` also records the outer variables that the lambda uses.
    const isKnown = this.#hasVariable(name) || this.#functions.has(name)
    if (isKnown || this.#isKnownAs(name, functionKinds)) return node
    if (this.mode.hasColumns && !isFunction && !isCalled) return node
    const isTable = this.#tables.has(name) || this.#names(name) === 'table'
    if (!isFunction && (isTable || constantOf(name) !== undefined)) return node
    return this.fail(`Cannot recognize the token ${name}${isCalled ? notEmbedded : ''}`, span.line)
  }

  /** @throws {ScriptError} a syntax error if the variable is a parameter without `mutable` */
  protected checkChangeable({ name, span }: Name): void {
    if (!this.#scope.readOnly.has(name)) return
    this.fail(`Constant variable [${name}] can't be modified.`, span.line)
  }

  /** Refuses statements inside a function definition. @throws {ScriptError} a syntax error with this text */
  protected checkAtTop(line: number, text: string): void {
    if (!this.#scope.isTop) this.fail(text, line)
  }

  /** From here on, the name is a function, whatever it was before. */
  protected declareFunction(name: string): void {
    this.#functions.add(name)
    this.#scope.variables.delete(name)
  }

  /** From here on, the name is a variable and hides functions of that name. */
  protected declareVariable(name: string): void {
    this.#scope.variables.add(name)
  }

  protected declareTable(name: string): void {
    this.#tables.add(name)
  }

  #isKnownAs(name: string, kinds: readonly NameKind[]): boolean {
    return kinds.includes(this.#names(name))
  }

  #hasVariable(name: string, scope = this.#scope): boolean {
    if (scope.variables.has(name)) return true
    if (scope.isTop) return this.#isKnownAs(name, variableKinds)
    if (scope.outer === undefined || !this.#hasVariable(name, scope.outer)) return false
    scope.captures.add(name)
    return true
  }
}
