/*
  Partial applications `f{a, , b}`: making them, and the arguments they and a call give together.
*/
import type { FunctionValue, PartialFunction, ServerValue } from './server-value.js'

/** Values in the order they were written; undefined where one was left open. */
export type CallArguments = readonly (ServerValue | undefined)[]
/** Arguments given by name. */
export type Keywords = ReadonlyMap<string, ServerValue>

export const noKeywords: Keywords = new Map()

/** `fn{args}`. A partial application of another one is one application: chains of them would fill the stack. */
export function partialOf(
  fn: FunctionValue,
  bound: CallArguments,
  keywords: Keywords = noKeywords,
): PartialFunction {
  const { name } = fn
  if (fn.kind !== 'partial')
    return { form: 'function', kind: 'partial', name, target: fn, bound, keywords }
  return { ...fn, bound: filled(fn, bound), keywords: mergedKeywords(fn, keywords) }
}

/** The open places of a partial application take the arguments of the call, the rest follows. */
export function filled(partial: PartialFunction, args: CallArguments): CallArguments {
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

/** Those of the call besides those it was made with; of one name, the call's counts. */
export function mergedKeywords(partial: PartialFunction, keywords: Keywords): Keywords {
  if (partial.keywords.size === 0) return keywords
  return new Map([...partial.keywords, ...keywords])
}
