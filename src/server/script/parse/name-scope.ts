/*
  Which names are known at a place of a script, before it runs.
*/
import { constantOf, defaultWord } from '../../values/constants.js'
import type { Runtime } from '../session/runtime.js'

/** Nesting limit of a script's nodes: checking and running deeper ones could exceed the stack. */
const maxNesting = 700

/** How deeply the checked node is nested. */
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

/** Names of one function body, or of the script's top level. */
export class NameScope {
  readonly runtime: Runtime
  /** Functions that the unit has defined so far; all its scopes share them. */
  readonly functions: Set<string>
  /** Tables that `share` statements of the parse unit create. */
  readonly tables: Set<string>
  readonly variables: Set<string>
  readonly readOnly: Set<string>
  /** Depth of the code that is being checked; all scopes of the parse unit share this object. */
  readonly nesting: Nesting
  /** '' at the top level and in functions without a name. */
  readonly functionName: string
  readonly isTop: boolean
  /** The surrounding scope that a lambda can see; undefined for named functions, which see only their own variables. */
  readonly outer: NameScope | undefined
  /** Variables of the outer scope that this lambda uses. */
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

  /** True for variables of this scope. In a lambda also for those of the outer scope: these become captures. */
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
