/*
  Checks a unit of a script before the unit runs, as DolphinDB does (docs/server-semantics.md#parse-units). Refuses
  unknown names, changes of constants, and `share` statements or named functions inside functions. Also records which
  outer variables each lambda uses, and how deeply each function is nested.
*/
import { notEmbedded } from '../../script-error.js'
import { constantOf, defaultWord } from '../../values/constants.js'
import type { Runtime } from '../session/runtime.js'
import { syntaxError } from './lexer.js'
import {
  partsOf,
  type Assignment,
  type Binary,
  type Expression,
  type FunctionDefinition,
  type Lambda,
  type Name,
  type Statement,
} from './syntax.js'

/** Nesting limit of a script. Checking or running a script that is nested more deeply could exceed the stack. */
const maxNesting = 700

/** What all scopes of a unit share: its functions, the tables of its `share` statements, and the nesting depth. */
interface UnitScope {
  readonly runtime: Runtime
  readonly functions: Set<string>
  readonly tables: Set<string>
  depth: number
  deepest: number
}

/** The names of one function body, or of the top level of a script. */
class NameScope {
  readonly unit: UnitScope
  readonly isTop: boolean
  readonly variables: Set<string>
  readonly readOnly: Set<string>
  /** The variables of the outer scope that this lambda uses ("captures"). */
  readonly captures = new Set<string>()
  /** The surrounding scope of a lambda. Undefined for a named function, which sees only its own variables. */
  readonly #outer: NameScope | undefined

  constructor(unit: UnitScope, definition?: FunctionDefinition, outer?: NameScope) {
    const parameters = definition?.parameters ?? []
    this.unit = unit
    this.isTop = definition === undefined
    this.variables = new Set(parameters.map(({ name }) => name))
    this.readOnly = new Set(parameters.filter(one => !one.isMutable).map(({ name }) => name))
    this.#outer = outer
  }

  /** True for variables of this scope. In a lambda, also finds outer variables and records them as captures. */
  hasVariable(name: string): boolean {
    if (this.variables.has(name)) return true
    if (this.isTop) return this.unit.runtime.session.variables.has(name)
    if (this.#outer?.hasVariable(name) !== true) return false
    this.captures.add(name)
    return true
  }

  isReadOnly(name: string): boolean {
    if (this.isTop && this.unit.runtime.constants.has(name)) return this.hasVariable(name)
    return this.readOnly.has(name) && this.variables.has(name)
  }

  knowsTable(name: string): boolean {
    return this.unit.tables.has(name) || this.unit.runtime.node.shared.has(name)
  }

  knowsFunction(name: string): boolean {
    return this.unit.functions.has(name) || this.unit.runtime.findFunction(name) !== undefined
  }

  knows({ name, isFunction }: Name): boolean {
    if (this.hasVariable(name) || this.knowsFunction(name)) return true
    if (isFunction) return false
    return this.knowsTable(name) || constantOf(name) !== undefined || name === defaultWord
  }
}

function topScope(runtime: Runtime): NameScope {
  return new NameScope({ runtime, functions: new Set(), tables: new Set(), depth: 0, deepest: 0 })
}

/**
 * @returns the nesting depth of the unit
 * @throws {ScriptError} `Syntax Error: [line #n] …`
 */
export function checkNames(statements: readonly Statement[], runtime: Runtime): number {
  const scope = topScope(runtime)
  checkStatements(statements, scope)
  return scope.unit.deepest
}

/** Like `checkNames`, for a single expression. */
export function checkNamesOf(node: Expression, runtime: Runtime): void {
  checkExpression(node, topScope(runtime))
}

const heights = new WeakMap<FunctionDefinition, number>()

/** The nesting depth of a function that has been checked. */
export function heightOf(definition: FunctionDefinition): number {
  return heights.get(definition) ?? 0
}

function nested(node: Statement | Expression, { unit }: NameScope, check: () => void): void {
  unit.deepest = Math.max(unit.deepest, ++unit.depth)
  if (unit.depth > maxNesting) {
    throw syntaxError(node.span.line, 'The script is nested too deeply.')
  }
  check()
  unit.depth--
}

function checkStatements(statements: readonly Statement[], scope: NameScope): void {
  for (const statement of statements) {
    nested(statement, scope, () => checkStatement(statement, scope))
  }
}

function checkStatement(statement: Statement, scope: NameScope): void {
  switch (statement.kind) {
    case 'expression':
      return checkExpression(statement.expression, scope)
    case 'assign':
      return checkAssignment(statement, scope)
    case 'define':
      return checkDefine(statement.definition, statement.span.line, scope)
    case 'declare':
      scope.unit.functions.add(statement.name)
      return
    case 'if':
      checkExpression(statement.condition, scope)
      return checkStatements([...statement.then, ...statement.otherwise], scope)
    case 'for':
      checkExpression(statement.iterable, scope)
      scope.variables.add(statement.variable)
      return checkStatements(statement.body, scope)
    case 'while':
      checkExpression(statement.condition, scope)
      return checkStatements(statement.body, scope)
    case 'doWhile':
      checkStatements(statement.body, scope)
      return checkExpression(statement.condition, scope)
    case 'try':
      checkStatements(statement.body, scope)
      scope.variables.add(statement.variable)
      return checkStatements(statement.handler, scope)
    case 'throw':
      return checkExpression(statement.value, scope)
    case 'return':
      return checkAll(statement.values, scope)
    case 'assert':
      return checkExpression(statement.condition, scope)
    case 'share':
      if (!scope.isTop) {
        throw syntaxError(
          statement.span.line,
          "'share' statement can't be declared within a function definition. RefId: S06002",
        )
      }
      checkExpression(statement.value, scope)
      scope.unit.tables.add(statement.name)
      return
    case 'break':
    case 'continue':
      return
  }
}

function checkAssignment(node: Assignment, scope: NameScope): void {
  checkAll(node.values, scope)
  for (const target of node.targets) {
    const name = target.kind === 'name' ? target : (target.target as Name)
    if (scope.isReadOnly(name.name)) {
      throw syntaxError(name.span.line, `Constant variable [${name.name}] can't be modified.`)
    }
    const isRebound = target.kind === 'name' && node.operator === undefined
    if (!isRebound) checkName(name, scope)
    if (target.kind === 'index') checkAll(partsOf(target).slice(1), scope)
    if (node.needsGo !== true) scope.variables.add(name.name)
    if (node.isConstant) scope.readOnly.add(name.name)
  }
}

function checkDefine(definition: FunctionDefinition, line: number, scope: NameScope): void {
  const { name } = definition
  const { unit } = scope
  if (!scope.isTop) {
    throw syntaxError(
      line,
      `Not allowed to define a named function [${name}] within another function. RefId: S06003`,
    )
  }
  if (unit.runtime.isBuiltin(name)) {
    throw syntaxError(
      line,
      'Not allowed to overwrite existing built-in functions/procedures. RefId: S06005',
    )
  }
  unit.functions.add(name)
  checkFunction(definition, scope, new NameScope(unit, definition))
}

/** Checks default values and body of a function, and records its nesting depth. @param inner  scope of the body */
function checkFunction(definition: FunctionDefinition, scope: NameScope, inner: NameScope): void {
  for (const { defaultValue } of definition.parameters) {
    if (defaultValue !== undefined) checkExpression(defaultValue, scope)
  }
  const { unit } = scope
  const { deepest, depth } = unit
  unit.deepest = depth
  checkStatements(definition.body, inner)
  heights.set(definition, unit.deepest - depth)
  unit.deepest = Math.max(deepest, unit.deepest)
}

function checkLambda(node: Lambda, scope: NameScope): void {
  const { definition } = node
  const inner = new NameScope(scope.unit, definition, scope)
  checkFunction(definition, scope, inner)
  const captures = [...inner.captures]
  const leading = captures.map(name => ({ name, isMutable: false, defaultValue: undefined }))
  node.captures = captures
  node.closed = { ...definition, parameters: [...leading, ...definition.parameters] }
  heights.set(node.closed, heightOf(definition))
}

function checkAll(nodes: readonly Expression[], scope: NameScope, isSql = false): void {
  for (const node of nodes) checkExpression(node, scope, isSql)
}

/** Inside SQL an unknown name may be a column, so the check covers only names of functions. */
function checkExpression(node: Expression, scope: NameScope, isSql = false): void {
  nested(node, scope, () => checkParts(node, scope, isSql))
}

function checkParts(node: Expression, scope: NameScope, isSql: boolean): void {
  switch (node.kind) {
    case 'name':
      // If this SQL statement is in a lambda, `hasVariable` records the outer variables that it uses.
      if (isSql && !node.isFunction) scope.hasVariable(node.name)
      else checkName(node, scope)
      return
    case 'binary':
      return checkChain(node, scope, isSql)
    case 'call':
    case 'partial': {
      const [callee, ...args] = partsOf(node)
      // A called name cannot be a column, so it must be known even inside SQL.
      if (callee!.kind === 'name') checkName(callee!, scope, notEmbedded)
      else checkExpression(callee!, scope, isSql)
      return checkAll(args, scope, isSql)
    }
    case 'lambda':
      return checkLambda(node, scope)
    case 'select': {
      const [from, ...clauses] = partsOf(node)
      checkExpression(from!, scope)
      return checkAll(clauses, scope, true)
    }
    case 'insert':
    case 'update':
    case 'delete': {
      const [table, ...values] = partsOf(node)
      checkTable(table!, scope)
      return checkAll(values, scope, node.kind !== 'insert')
    }
    default:
      return checkAll(partsOf(node), scope, isSql)
  }
}

/** Checks `a+b+c+…` in a loop, so that a long chain does not count as nested. */
function checkChain(node: Binary, scope: NameScope, isSql: boolean): void {
  const rights: Expression[] = []
  let left: Expression = node
  for (; left.kind === 'binary'; left = left.left) rights.push(left.right)
  checkExpression(left, scope, isSql)
  while (rights.length > 0) checkExpression(rights.pop()!, scope, isSql)
}

/** @param hint  added to the error message about an unknown name */
function checkName(node: Name, scope: NameScope, hint = ''): void {
  if (scope.knows(node)) return
  throw syntaxError(node.span.line, `Cannot recognize the token ${node.name}${hint}`)
}

function checkTable(node: Expression, scope: NameScope): void {
  if (node.kind !== 'name') return checkExpression(node, scope)
  if (!scope.hasVariable(node.name) && !scope.knowsTable(node.name)) {
    throw syntaxError(node.span.line, `Can't recognize table ${node.name}`)
  }
}
