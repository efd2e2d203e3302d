/*
  Checks a unit of a script before the unit runs, as DolphinDB does (docs/server-semantics.md#parse-units). Refuses
  unknown names, changes of constants, and `share` statements or named functions inside functions. Also records which
  outer variables each lambda uses, and how deeply each function is nested.
*/
import { notEmbedded } from '../../script-error.js'
import { syntaxError } from './lexer.js'
import { NameScope } from './name-scope.js'
import type { Runtime } from '../session/runtime.js'
import type {
  Assignment,
  Binary,
  Expression,
  FunctionDefinition,
  Lambda,
  Name,
  ParseUnit,
  Slice,
  Statement,
} from './syntax.js'

/**
 * @returns the nesting depth of the unit
 * @throws {ScriptError} `Syntax Error: [line #n] …`
 */
export function checkNames(unit: ParseUnit, runtime: Runtime): number {
  const scope = new NameScope({ runtime })
  for (const statement of unit.statements) checkStatement(statement, scope)
  return scope.nesting.deepest
}

/** Like `checkNames`, for a single expression. */
export function checkNamesOf(node: Expression, runtime: Runtime): void {
  checkExpression(node, new NameScope({ runtime }))
}

const heights = new WeakMap<FunctionDefinition, number>()

/** The nesting depth of a function that has been checked. */
export function heightOf(definition: FunctionDefinition): number {
  return heights.get(definition) ?? 0
}

function descend({ nesting }: NameScope, line: number): void {
  if (!nesting.descend()) throw syntaxError(line, 'The script is nested too deeply.')
}

function checkStatements(statements: readonly Statement[], scope: NameScope): void {
  for (const statement of statements) checkStatement(statement, scope)
}

function checkStatement(statement: Statement, scope: NameScope): void {
  descend(scope, statement.span.line)
  checkParts(statement, scope)
  scope.nesting.ascend()
}

function checkParts(statement: Statement, scope: NameScope): void {
  switch (statement.kind) {
    case 'expression':
      return checkExpression(statement.expression, scope)
    case 'assign':
      return checkAssignment(statement, scope)
    case 'define':
      return checkDefine(statement.definition, statement.span.line, scope)
    case 'declare':
      scope.functions.add(statement.name)
      return
    case 'if':
      checkExpression(statement.condition, scope)
      checkStatements(statement.then, scope)
      return checkStatements(statement.otherwise, scope)
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
      scope.tables.add(statement.name)
      return
    case 'break':
    case 'continue':
      return
  }
}

function checkAssignment(node: Assignment, scope: NameScope): void {
  checkAll(node.values, scope)
  for (const target of node.targets) {
    const name = target.kind === 'name' ? target : target.target
    if (name.kind !== 'name') continue
    const isRebound = target.kind === 'name' && node.operator === undefined
    if (scope.isReadOnly(name.name)) {
      throw syntaxError(name.span.line, `Constant variable [${name.name}] can't be modified.`)
    }
    if (!isRebound) checkName(name, scope)
    if (target.kind === 'index') checkIndexes(target.indexes, scope)
    if (node.needsGo !== true) scope.variables.add(name.name)
    if (node.isConstant) scope.readOnly.add(name.name)
  }
}

function checkDefine(definition: FunctionDefinition, line: number, scope: NameScope): void {
  const { name } = definition
  if (!scope.isTop) {
    throw syntaxError(
      line,
      `Not allowed to define a named function [${name}] within another function. RefId: S06003`,
    )
  }
  if (scope.runtime.isBuiltin(name)) {
    throw syntaxError(
      line,
      'Not allowed to overwrite existing built-in functions/procedures. RefId: S06005',
    )
  }
  scope.functions.add(name)
  checkDefaults(definition, scope)
  const inner = new NameScope({
    runtime: scope.runtime,
    root: scope,
    functionName: name,
    parameters: definition.parameters,
  })
  checkBody(definition, inner)
}

/** Checks the body of a function and records its nesting depth. */
function checkBody(definition: FunctionDefinition, scope: NameScope): void {
  const { nesting } = scope
  const { deepest, depth } = nesting
  nesting.deepest = depth
  checkStatements(definition.body, scope)
  heights.set(definition, nesting.deepest - depth)
  nesting.deepest = Math.max(deepest, nesting.deepest)
}

function checkDefaults(definition: FunctionDefinition, scope: NameScope): void {
  for (const { defaultValue } of definition.parameters) {
    if (defaultValue !== undefined) checkExpression(defaultValue, scope)
  }
}

function checkLambda(node: Lambda, scope: NameScope): void {
  const { definition } = node
  checkDefaults(definition, scope)
  const inner = new NameScope({
    runtime: scope.runtime,
    root: scope,
    outer: scope,
    functionName: scope.functionName,
    parameters: definition.parameters,
  })
  checkBody(definition, inner)
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
  descend(scope, node.span.line)
  checkOperands(node, scope, isSql)
  scope.nesting.ascend()
}

/** Checks `a+b+c+…` in a loop, so that a long chain does not count as nested. */
function checkChain(node: Binary, scope: NameScope, isSql: boolean): void {
  const rights: Expression[] = []
  let left: Expression = node
  for (; left.kind === 'binary'; left = left.left) rights.push(left.right)
  checkExpression(left, scope, isSql)
  while (rights.length > 0) checkExpression(rights.pop()!, scope, isSql)
}

function checkOperands(node: Expression, scope: NameScope, isSql: boolean): void {
  switch (node.kind) {
    case 'literal':
      return
    case 'name':
      // If this SQL statement is in a lambda, `hasVariable` records the outer variables that it uses.
      if (isSql && !node.isFunction) scope.hasVariable(node.name)
      else checkName(node, scope)
      return
    case 'vector':
    case 'tuple':
      return checkAll(node.elements, scope, isSql)
    case 'dictionary':
      return checkAll(
        node.entries.map(entry => entry.value),
        scope,
        isSql,
      )
    case 'unary':
      return checkExpression(node.operand, scope, isSql)
    case 'binary':
      return checkChain(node, scope, isSql)
    case 'ternary':
      return checkAll([node.condition, node.whenTrue, node.whenFalse], scope, isSql)
    case 'call':
    case 'partial':
      // A called name cannot be a column, so it must be known even inside SQL.
      if (node.callee.kind === 'name') checkName(node.callee, scope, notEmbedded)
      else checkExpression(node.callee, scope, isSql)
      return checkAll(given(node.args.map(argument => argument.value)), scope, isSql)
    case 'index':
      checkExpression(node.target, scope, isSql)
      return checkIndexes(node.indexes, scope, isSql)
    case 'member':
      return checkExpression(node.target, scope, isSql)
    case 'named':
      return checkExpression(node.expression, scope, isSql)
    case 'lambda':
      return checkLambda(node, scope)
    case 'select':
      checkExpression(node.from, scope)
      return checkAll(clausesOf(node), scope, true)
    case 'insert':
      checkTable(node.target, scope)
      return checkAll(node.rows.flat(), scope)
    case 'update':
      checkTable(node.target, scope)
      return checkAll([...node.assignments.map(one => one.value), ...node.where], scope, true)
    case 'delete':
      checkTable(node.target, scope)
      return checkAll(node.where, scope, true)
  }
}

/** @param hint  added to the error message about an unknown name */
function checkName(node: Name, scope: NameScope, hint = ''): void {
  const isKnown = node.isFunction
    ? scope.knowsFunction(node.name) || scope.hasVariable(node.name)
    : scope.knows(node.name)
  if (!isKnown) throw syntaxError(node.span.line, `Cannot recognize the token ${node.name}${hint}`)
}

function checkTable(node: Expression, scope: NameScope): void {
  if (node.kind !== 'name') return checkExpression(node, scope)
  if (!scope.hasVariable(node.name) && !scope.knowsTable(node.name)) {
    throw syntaxError(node.span.line, `Can't recognize table ${node.name}`)
  }
}

function checkIndexes(
  indexes: readonly (Expression | Slice)[],
  scope: NameScope,
  isSql = false,
): void {
  for (const index of indexes) {
    if (index.kind !== 'slice') checkExpression(index, scope, isSql)
    else checkAll(given([index.from, index.to]), scope, isSql)
  }
}

function given(nodes: readonly (Expression | undefined)[]): Expression[] {
  return nodes.filter(node => node !== undefined)
}

/** The expressions of a query that may contain names of columns. */
function clausesOf(node: Extract<Expression, { kind: 'select' }>): Expression[] {
  return given([
    ...node.columns.map(column => column.expression),
    ...node.where,
    ...node.groupBy.map(column => column.expression),
    node.having,
    ...node.orderBy.map(item => item.expression),
    node.limitOffset,
    node.limitCount,
  ])
}
