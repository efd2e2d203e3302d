/*
  What DolphinDB finds out about a parse unit before it runs anything: unknown names, changes of constants, `share`
  and named functions inside functions (server notes §0.4, §4). It also notes what lambdas capture.
*/
import { syntaxError } from './lexer.js'
import { NameScope } from './name-scope.js'
import type { Runtime } from './runtime.js'
import type {
  Argument,
  Assignment,
  Expression,
  FunctionDefinition,
  Lambda,
  Name,
  ParseUnit,
  Slice,
  Statement,
} from './syntax.js'

/** @throws {ScriptError} `Syntax Error: [line #n] …` */
export function checkNames(unit: ParseUnit, runtime: Runtime): void {
  const scope = new NameScope({ runtime })
  checkStatements(unit.statements, scope)
}

function checkStatements(statements: readonly Statement[], scope: NameScope): void {
  for (const statement of statements) checkStatement(statement, scope)
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
    if (scope.readOnly.has(name.name) && scope.variables.has(name.name)) {
      throw syntaxError(name.span.line, `Constant variable [${name.name}] can't be modified.`)
    }
    if (!isRebound) checkName(name, scope)
    if (target.kind === 'index') checkIndexes(target.indexes, scope)
    scope.variables.add(name.name)
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
  checkStatements(definition.body, inner)
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
  checkStatements(definition.body, inner)
  const captures = [...inner.captures]
  const leading = captures.map(name => ({ name, isMutable: false, defaultValue: undefined }))
  node.captures = captures
  node.closed = { ...definition, parameters: [...leading, ...definition.parameters] }
}

function checkAll(nodes: readonly Expression[], scope: NameScope): void {
  for (const node of nodes) checkExpression(node, scope)
}

function checkExpression(node: Expression, scope: NameScope): void {
  switch (node.kind) {
    case 'literal':
      return
    case 'name':
      return checkName(node, scope)
    case 'vector':
    case 'tuple':
      return checkAll(node.elements, scope)
    case 'dictionary':
      return checkAll(
        node.entries.map(entry => entry.value),
        scope,
      )
    case 'unary':
      return checkExpression(node.operand, scope)
    case 'binary':
      checkExpression(node.left, scope)
      return checkExpression(node.right, scope)
    case 'ternary':
      return checkAll([node.condition, node.whenTrue, node.whenFalse], scope)
    case 'call':
    case 'partial':
      checkExpression(node.callee, scope)
      return checkArguments(node.args, scope)
    case 'index':
      checkExpression(node.target, scope)
      return checkIndexes(node.indexes, scope)
    case 'member':
      return checkExpression(node.target, scope)
    case 'named':
      return checkExpression(node.expression, scope)
    case 'lambda':
      return checkLambda(node, scope)
    case 'select':
      checkExpression(node.from, scope)
      return checkSql(sqlExpressions(node), scope)
    case 'insert':
      checkTable(node.target, scope)
      return checkAll(node.rows.flat(), scope)
    case 'update':
      checkTable(node.target, scope)
      return checkSql([...node.assignments.map(one => one.value), ...node.where], scope)
    case 'delete':
      checkTable(node.target, scope)
      return checkSql(node.where, scope)
  }
}

function checkName(node: Name, scope: NameScope): void {
  const isKnown = node.isFunction
    ? scope.knowsFunction(node.name) || scope.hasVariable(node.name)
    : scope.knows(node.name)
  if (!isKnown) throw syntaxError(node.span.line, `Cannot recognize the token ${node.name}`)
}

function checkTable(node: Expression, scope: NameScope): void {
  if (node.kind !== 'name') return checkExpression(node, scope)
  if (!scope.hasVariable(node.name) && !scope.knowsTable(node.name)) {
    throw syntaxError(node.span.line, `Can't recognize table ${node.name}`)
  }
}

function checkArguments(args: readonly Argument[], scope: NameScope): void {
  for (const { value } of args) if (value !== undefined) checkExpression(value, scope)
}

function checkIndexes(indexes: readonly (Expression | Slice)[], scope: NameScope): void {
  for (const index of indexes) {
    if (index.kind !== 'slice') checkExpression(index, scope)
    else
      checkAll(
        [index.from, index.to].filter(bound => bound !== undefined),
        scope,
      )
  }
}

function sqlExpressions(node: Extract<Expression, { kind: 'select' }>): Expression[] {
  return [
    ...node.columns.map(column => column.expression),
    ...node.where,
    ...node.groupBy.map(column => column.expression),
    node.having,
    ...node.orderBy.map(item => item.expression),
    node.limitOffset,
    node.limitCount,
  ].filter(expression => expression !== undefined)
}

/** Inside SQL any name may be a column, which only running tells; functions must be known all the same. */
function checkSql(nodes: readonly Expression[], scope: NameScope): void {
  for (const node of nodes) checkSqlExpression(node, scope)
}

function checkSqlExpression(node: Expression, scope: NameScope): void {
  switch (node.kind) {
    case 'name':
      if (!node.isFunction) {
        // A variable of the surrounding function that a lambda uses in its SQL is captured as elsewhere.
        scope.hasVariable(node.name)
        return
      }
      return checkName(node, scope)
    case 'call':
    case 'partial':
      if (node.callee.kind === 'name') checkName(node.callee, scope)
      else checkSqlExpression(node.callee, scope)
      return checkSql(
        node.args.map(argument => argument.value).filter(value => value !== undefined),
        scope,
      )
    case 'binary':
      return checkSql([node.left, node.right], scope)
    case 'unary':
      return checkSqlExpression(node.operand, scope)
    case 'ternary':
      return checkSql([node.condition, node.whenTrue, node.whenFalse], scope)
    case 'vector':
    case 'tuple':
      return checkSql(node.elements, scope)
    case 'index':
      checkSqlExpression(node.target, scope)
      return checkSql(
        node.indexes.filter(index => index.kind !== 'slice'),
        scope,
      )
    case 'member':
      return checkSqlExpression(node.target, scope)
    case 'named':
      return checkSqlExpression(node.expression, scope)
    default:
      return checkExpression(node, scope)
  }
}
