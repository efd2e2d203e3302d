/*
  The names that are known at a position of a script, before the script runs.
*/
import { constantOf, defaultWord } from '../../values/constants.js'
import type { Runtime } from '../session/runtime.js'

/** Nesting limit of a script. Checking or running a script that is nested more deeply could exceed the stack. */
const maxNesting = 700

/** The nesting depth at the node that is being checked. */
export class Nesting {
  deepest = 0
  #depth = 0

  get depth(): number {
    return this.#depth
  }

  /** @returns false if the node is nested too deeply */
  descend(): boolean {
    this.deepest = Math.max(this.deepest, ++this.#depth)
    return this.#depth <= maxNesting
  }

  ascend(): void {
    this.#depth--
  }
}

/** The names of one function body, or of the top level of a script. */
export class NameScope {
  readonly runtime: Runtime
  /** Functions that the parse unit has defined so far. All scopes of the unit share this set. */
  readonly functions: Set<string>
  /** Tables that `share` statements of the parse unit create. */
  readonly tables: Set<string>
  readonly variables: Set<string>
  readonly readOnly: Set<string>
  /** Nesting depth. All scopes of the parse unit share this object. */
  readonly nesting: Nesting
  /** '' at the top level and in functions without a name. */
  readonly functionName: string
  readonly isTop: boolean
  /** The surrounding scope of a lambda. Undefined for a named function, which sees only its own variables. */
  readonly outer: NameScope | undefined
  /** The variables of the outer scope that this lambda uses ("captures"). */
  readonly captures: Set<string> = new Set()

  constructor(options: {
    runtime: Runtime
    outer?: NameScope | undefined
    root?: NameScope
    functionName?: string
    parameters?: readonly { name: string; isMutable: boolean }[]
  }) {
    const { runtime, outer, root, parameters } = options
    this.runtime = runtime
    this.outer = outer
    this.isTop = parameters === undefined
    this.functionName = options.functionName ?? ''
    this.functions = root?.functions ?? new Set()
    this.tables = root?.tables ?? new Set()
    this.nesting = root?.nesting ?? new Nesting()
    this.variables = new Set(parameters?.map(parameter => parameter.name))
    this.readOnly = new Set(
      parameters?.filter(parameter => !parameter.isMutable).map(parameter => parameter.name),
    )
  }

  /** True for variables of this scope. In a lambda, also finds outer variables and records them as captures. */
  hasVariable(name: string): boolean {
    if (this.variables.has(name)) return true
    if (this.isTop) return this.runtime.session.variables.has(name)
    if (this.outer?.hasVariable(name) !== true) return false
    this.captures.add(name)
    return true
  }

  isReadOnly(name: string): boolean {
    if (this.isTop && this.runtime.constants.has(name)) return this.hasVariable(name)
    return this.readOnly.has(name) && this.variables.has(name)
  }

  knows(name: string): boolean {
    return this.hasVariable(name) || this.knowsTable(name) || this.knowsWord(name)
  }

  knowsTable(name: string): boolean {
    return this.tables.has(name) || this.runtime.node.shared.has(name)
  }

  knowsFunction(name: string): boolean {
    return this.functions.has(name) || this.runtime.findFunction(name) !== undefined
  }

  private knowsWord(name: string): boolean {
    return constantOf(name) !== undefined || name === defaultWord || this.knowsFunction(name)
  }
}
