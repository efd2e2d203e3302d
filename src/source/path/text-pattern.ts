/*
  Regular expressions for parts of paths, without backtracking: a text is read once, so no pattern takes longer than its size
  times that of the text.
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

/** Limit of states: repetitions are written out, so a few digits could stand for millions. */
const mostStates = 1000
/** Repeating an empty pattern makes no states but takes steps. */
const mostSteps = 10 * mostStates

/** Characters of a text. Byte arrays, longer by one, mark the places at which patterns begin and end. */
export type Characters = readonly string[]

export interface Matcher {
  /** Places where a match can end that begins at one of `begins`; both are one longer than the text. */
  ends(text: Characters, begins: Uint8Array): Uint8Array
  /** Places where a match can begin that ends at one of `ends`. */
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

/** Thompson's construction: a state takes a character, or leads on to two others. */
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
  /** @returns where it begins; it leads to `next` */
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

/** Follows all ways at once: each state is visited once per place. */
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
