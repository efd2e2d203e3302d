/*
  Matches regular expressions for parts of paths without backtracking. Matching reads a text once, so the time is at most
  proportional to the pattern's size times the text's length.
*/

export type Pattern =
  | { readonly kind: 'one'; readonly has: (character: string) => boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly Pattern[] }
  | {
      readonly kind: 'repeat'
      readonly part: Pattern
      readonly least: number
      readonly most: number
    }

export const anyCharacter: Pattern = { kind: 'one', has: () => true }

export function textPattern(text: string): Pattern {
  const parts = Array.from(text, one => ({ kind: 'one', has: (c: string) => c === one }) as const)
  return { kind: 'sequence', parts }
}

/**
 * Limit of a matcher's states. Each repetition has its own states, so nested counts like `((a{99}){99}){99}` need a million.
 */
const mostStates = 1000
/** Limit of steps, because repeating an empty pattern takes time but adds no states. */
const mostSteps = 10 * mostStates

/** The characters of a text. Matches begin and end between characters: n characters have n + 1 such places. */
export type Characters = readonly string[]

export interface Matcher {
  /** Marks the places where a match can end if it begins at a place marked in `begins`. */
  ends(text: Characters, begins: Uint8Array): Uint8Array
  /** Marks the places where a match can begin if it ends at a place marked in `ends`. */
  begins(text: Characters, ends: Uint8Array): Uint8Array
}

/** @returns undefined for a pattern with too many states */
export function matcherOf(pattern: Pattern): Matcher | undefined {
  const onwards = newAutomaton(pattern)
  const backwards = newAutomaton(reversed(pattern))
  if (onwards === undefined || backwards === undefined) return undefined
  return {
    ends: (text, begins) => onwards(text, begins),
    begins: (text, ends) => backwards(text.toReversed(), ends.toReversed()).reverse(),
  }
}

function reversed(pattern: Pattern): Pattern {
  switch (pattern.kind) {
    case 'one':
      return pattern
    case 'sequence':
      return { ...pattern, parts: pattern.parts.map(reversed).reverse() }
    case 'choice':
      return { ...pattern, parts: pattern.parts.map(reversed) }
    case 'repeat':
      return { ...pattern, part: reversed(pattern.part) }
  }
}

/** A state of Thompson's construction either consumes a character or leads to two other states. */
interface State {
  readonly has: Extract<Pattern, { kind: 'one' }>['has'] | undefined
  next: number
  other: number
}

const none = -1

class TooLarge extends Error {}

function newAutomaton(
  pattern: Pattern,
): ((text: Characters, begins: Uint8Array) => Uint8Array) | undefined {
  const states: State[] = []
  let steps = 0
  const add = (has: State['has'], next: number, other = none): number => {
    if (states.length === mostStates) throw new TooLarge()
    return states.push({ has, next, other }) - 1
  }
  /** @returns the first state of the part; its last state leads to `next` */
  const compile = (part: Pattern, next: number): number => {
    if (++steps > mostSteps) throw new TooLarge()
    switch (part.kind) {
      case 'one':
        return add(part.has, next)
      case 'sequence':
        return part.parts.reduceRight((after, one) => compile(one, after), next)
      case 'choice':
        return part.parts
          .map(one => compile(one, next))
          .reduceRight((others, one) => add(undefined, one, others))
      case 'repeat':
        return repeat(part, next)
    }
  }
  const repeat = (
    { part, least, most }: Extract<Pattern, { kind: 'repeat' }>,
    next: number,
  ): number => {
    let from = next
    if (most === Infinity) {
      from = add(undefined, none, next)
      states[from]!.next = compile(part, from)
    } else {
      for (let i = least; i < most; i++) from = add(undefined, compile(part, from), next)
    }
    for (let i = 0; i < least; i++) from = compile(part, from)
    return from
  }
  try {
    const end = add(undefined, none)
    const begin = compile(pattern, end)
    return (text, begins) => run(states, begin, end, text, begins)
  } catch (error) {
    if (error instanceof TooLarge) return undefined
    throw error
  }
}

/** Follows all possible states at once, and visits each state at most once for each place of the text. */
function run(
  states: readonly State[],
  begin: number,
  end: number,
  text: Characters,
  begins: Uint8Array,
): Uint8Array {
  const ends = new Uint8Array(text.length + 1)
  const seenAt = new Int32Array(states.length).fill(none)
  let active: number[] = []
  for (let place = 0; place <= text.length; place++) {
    const open = active
    if (begins[place] === 1) open.push(begin)
    const taking: number[] = []
    while (open.length > 0) {
      const state = open.pop()!
      if (state === none || seenAt[state] === place) continue
      seenAt[state] = place
      const { has, next, other } = states[state]!
      if (state === end) ends[place] = 1
      else if (has === undefined) open.push(other, next)
      else if (place < text.length && has(text[place]!)) taking.push(next)
    }
    active = taking
  }
  return ends
}
