/*
  Parses the plain regular expression that may follow the colon of a path part. Refuses lookaround and backreferences,
  because one pass over the text cannot match them.
*/
import type { Pattern } from './text-pattern.js'

const digits = (c: string): boolean => /^\d$/.test(c)
const words = (c: string): boolean => /^\w$/.test(c)
const blanks = (c: string): boolean => /^\s$/.test(c)

const classes: Readonly<Record<string, (c: string) => boolean>> = {
  d: digits,
  D: c => !digits(c),
  w: words,
  W: c => !words(c),
  s: blanks,
  S: c => !blanks(c),
}

/** Limits repetitions to the length of a file name. */
const mostTimes = 255

/** Describes what is wrong with a pattern; the message continues a sentence about the pattern. */
export class PatternFault extends Error {}

/** @throws {PatternFault} */
export function readPattern(text: string): Pattern {
  const reader = new PatternReader(Array.from(text))
  return reader.whole()
}

class PatternReader {
  readonly #text: readonly string[]
  #at = 0
  #depth = 0

  constructor(text: readonly string[]) {
    this.#text = text
  }

  whole(): Pattern {
    const pattern = this.#choice()
    if (this.#at < this.#text.length) throw new PatternFault('has a ")" without a "("')
    return pattern
  }

  #take(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false
    this.#at++
    return true
  }

  #choice(): Pattern {
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  #sequence(): Pattern {
    const parts: Pattern[] = []
    for (;;) {
      const c = this.#text[this.#at]
      if (c === undefined || c === '|' || c === ')') return { kind: 'sequence', parts }
      parts.push(this.#repeated(this.#one()))
    }
  }

  #one(): Pattern {
    const c = this.#text[this.#at++]!
    switch (c) {
      case '(':
        return this.#group()
      case '[':
        return { kind: 'one', has: this.#set() }
      case '.':
        return { kind: 'one', has: () => true }
      case '\\':
        return { kind: 'one', has: this.#escaped() }
      case '^':
      case '$':
        throw new PatternFault(`has a "${c}", but a pattern always matches the whole part`)
      case '*':
      case '+':
      case '?':
      case '{':
        throw new PatternFault(`has a "${c}" with nothing before it that could be repeated`)
      default:
        return { kind: 'one', has: other => other === c }
    }
  }

  #group(): Pattern {
    if (this.#take('?') && !this.#take(':')) {
      throw new PatternFault(
        'looks ahead, looks back or names a group, which patterns of paths cannot',
      )
    }
    // Limits the depth, because each level of parentheses needs a nested call.
    if (++this.#depth > mostTimes) throw new PatternFault('has too many brackets in brackets')
    const pattern = this.#choice()
    this.#depth -= 1
    if (!this.#take(')')) throw new PatternFault('has a "(" without a ")"')
    return pattern
  }

  #escaped(): (c: string) => boolean {
    const c = this.#text[this.#at++]
    if (c === undefined) throw new PatternFault('ends with a backslash')
    if (Object.hasOwn(classes, c)) return classes[c]!
    if (/^[0-9A-Za-z]$/.test(c)) throw new PatternFault(`has "\\${c}", which means nothing here`)
    return other => other === c
  }

  #set(): (c: string) => boolean {
    const isNot = this.#take('^')
    const tests: ((c: string) => boolean)[] = []
    for (let isFirst = true; ; isFirst = false) {
      const c = this.#text[this.#at++]
      if (c === undefined) throw new PatternFault('has a "[" without a "]"')
      if (c === ']' && !isFirst) break
      if (c === '\\') {
        tests.push(this.#escaped())
        continue
      }
      const last = this.#text[this.#at] === '-' ? this.#text[this.#at + 1] : undefined
      if (last === undefined || last === ']') {
        tests.push(other => other === c)
        continue
      }
      this.#at += 2
      const [from, to] = [c.codePointAt(0)!, last.codePointAt(0)!]
      if (last === '\\' || to < from)
        throw new PatternFault(`has "${c}-${last}", which is not a range`)
      tests.push(other => {
        const code = other.codePointAt(0)!
        return code >= from && code <= to
      })
    }
    return c => tests.some(test => test(c)) !== isNot
  }

  #repeated(part: Pattern): Pattern {
    const bounds = this.#bounds()
    if (bounds === undefined) return part
    if (this.#bounds() !== undefined || this.#text[this.#at] === '+') {
      throw new PatternFault('repeats what is repeated already')
    }
    return { kind: 'repeat', part, ...bounds }
  }

  #bounds(): { least: number; most: number } | undefined {
    if (this.#take('*')) return { least: 0, most: Infinity }
    if (this.#take('+')) return { least: 1, most: Infinity }
    if (this.#take('?')) return { least: 0, most: 1 }
    if (!this.#take('{')) return undefined
    const close = this.#text.indexOf('}', this.#at)
    const inner = this.#text.slice(this.#at, Math.max(this.#at, close)).join('')
    const found = /^(\d{1,3})(,(\d{1,3})?)?$/.exec(inner)
    const least = Number(found?.[1])
    const most = found?.[2] === undefined ? least : Number(found[3] ?? Infinity)
    const isRange = found !== null && least <= most && least <= mostTimes
    if (!isRange || (most > mostTimes && most !== Infinity)) {
      throw new PatternFault(
        `has "{${inner}", but a count is {2}, {2,} or {2,4}, up to ${mostTimes}`,
      )
    }
    this.#at = close + 1
    return { least, most }
  }
}
