/*
  Compares the text of two expressions, for example a selected column and a key of `group by`.
*/
import type { Expression, Span } from './syntax.js'

/** Properties of a node that do not affect its value, such as its position, or `&` before a name. */
const leftOut: ReadonlySet<string> = new Set(['span', 'source', 'isFunction', 'captures', 'closed'])

/** Ignores blanks, brackets, and the difference between `x.f()` and `f(x)`. */
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
