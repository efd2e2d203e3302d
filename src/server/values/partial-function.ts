/*
  Partial applications `f{a, , b}`: creates them, and combines their arguments with the arguments of a call.
*/
import type { FunctionValue, PartialFunction, ServerValue } from './server-value.js'

/** Values in the order in which the script writes them; undefined for omitted ones. */
export type CallArguments = readonly (ServerValue | undefined)[]
export type Keywords = ReadonlyMap<string, ServerValue>

export const noKeywords: Keywords = new Map()

/** `fn{args}`. If `fn` is a partial application of `g`, binds all to `g`, because long chains would fill the stack. */
export function partialOf(
  fn: FunctionValue,
  bound: CallArguments,
  keywords: Keywords = noKeywords,
): PartialFunction {
  const { name } = fn
  if (fn.kind !== 'partial')
    return { form: 'function', kind: 'partial', name, target: fn, bound, keywords }
  return { ...fn, bound: withOpenPlacesFilled(fn, bound), keywords: mergedKeywords(fn, keywords) }
}

/** Puts the arguments of a call into the open places, and the remaining arguments at the end. */
export function withOpenPlacesFilled(partial: PartialFunction, args: CallArguments): CallArguments {
  const all: (ServerValue | undefined)[] = []
  let next = 0
  for (const bound of partial.bound) {
    if (bound !== undefined) all.push(bound)
    else if (next < args.length) all.push(args[next++])
    else all.push(undefined)
  }
  while (next < args.length) all.push(args[next++])
  return all
}

/** Combines the keywords of a partial application and of a call. If both have a keyword, the call's value wins. */
export function mergedKeywords(partial: PartialFunction, keywords: Keywords): Keywords {
  if (partial.keywords.size === 0) return keywords
  return new Map([...partial.keywords, ...keywords])
}
