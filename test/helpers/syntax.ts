/* Parsed scripts in which any name is a variable or a table, for tests that look at the nodes. */
import { builtins } from '../../src/server/script/session/session.js'
import type { Names } from '../../src/server/script/parse/scopes.js'
import { Parser } from '../../src/server/script/parse/statements.js'
import type { Expression, Statement } from '../../src/server/script/parse/syntax.js'
import { textsOf } from '../../src/server/values/values.js'
import type { ServerValue } from '../../src/server/values/server-value.js'

export const anyNames: Names = name =>
  name === 'f' || name === 'g' || builtins.has(name) ? 'function' : 'table'

/** The expression of `source`, which must contain nothing else. */
export const expressionOf = (source: string): Expression =>
  new Parser(source, anyNames).parseFunctionName()

export function statementsOf(source: string): Statement[] {
  const parser = new Parser(source, anyNames)
  const statements: Statement[] = []
  do statements.push(...parser.parseUnit())
  while (!parser.hasEnded)
  return statements
}

/** Every part of the nodes except their positions. Only the texts of constants are in quotes. */
export function treeOf(part: unknown): string {
  if (Array.isArray(part)) return `[${part.map(treeOf).join()}]`
  if (typeof part !== 'object' || part === null) return String(part)
  const { span: _, source: __, ...more } = part as Record<string, unknown>
  const texts = more['kind'] === 'literal' ? textsOf(more['value'] as ServerValue) : undefined
  if (texts !== undefined) return texts.map(text => JSON.stringify(text)).join(' ')
  return `{${Object.entries(more).map(([key, inner]) => `${key}:${treeOf(inner)}`)}}`
}
