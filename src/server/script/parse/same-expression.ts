/*
  Whether two expressions are written alike, for example a column of a query and one of its keys.
*/
import type { Expression, Span } from './syntax.js'

/** Properties that do not affect an expression's value, such as its position, or `&` before a name. */
const leftOut: ReadonlySet<string> = new Set(['span', 'source', 'isFunction', 'captures', 'closed'])

/** Blanks, brackets and `x.f()` for `f(x)` make no difference. */
export function sameExpression(first: Expression, second: Expression): boolean {
  return sameParts(first, second)
}

function sameParts(first: unknown, second: unknown): boolean {
  if (!isRecord(first) || !isRecord(second)) return first === second
  if (first['kind'] !== second['kind']) return false
  if (first['kind'] === 'literal') return textOf(first) === textOf(second)
  return [...new Set([...Object.keys(first), ...Object.keys(second)])]
    .filter(key => !leftOut.has(key))
    .every(key => sameParts(first[key], second[key]))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function textOf(node: Readonly<Record<string, unknown>>): string {
  const { source, start, end } = node['span'] as Span
  return source.slice(start, end)
}
