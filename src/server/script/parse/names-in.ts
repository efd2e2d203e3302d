/*
  The names in an expression, wherever they stand: which columns a statement may ask for.
*/
import type { Expression } from './syntax.js'

const found = new WeakMap<Expression, ReadonlySet<string>>()

/** Names of variables, columns and functions alike; those inside queries and lambdas as well. */
export function namesIn(node: Expression): ReadonlySet<string> {
  const known = found.get(node)
  if (known !== undefined) return known
  const names = new Set<string>()
  collect(node, names)
  found.set(node, names)
  return names
}

/** Goes through whatever a node is made of, but for constants and source text. */
function collect(node: Expression, names: Set<string>): void {
  const waiting: unknown[] = [node]
  while (waiting.length > 0) {
    const part = waiting.pop()
    if (typeof part !== 'object' || part === null) continue
    const { kind, name } = part as { kind?: unknown; name?: unknown }
    if (kind === 'literal') continue
    if (typeof name === 'string') names.add(name)
    for (const [key, inner] of Object.entries(part)) if (key !== 'span') waiting.push(inner)
  }
}
