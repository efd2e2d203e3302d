/*
  Text of a script → tokens. Comments vanish; line breaks and blanks are kept as flags, because a line break ends a
  statement and a blank separates the elements of `1 2 3`.
*/
import { ScriptError } from './builtin.js'
import { readNumber } from './literal.js'
import { stringScalar, stringVector } from './scalar.js'
import type { Token } from './token.js'
import type { ServerValue } from './values.js'

/** A message of the form `Syntax Error: [line #n] …`, which needs no further prefix. */
export function syntaxError(line: number, message: string): ScriptError {
  return new ScriptError(`Syntax Error: [line #${line}] ${message}`, {
    category: 'SYSTEM_Syntax',
    located: true,
  })
}

/** Longest first: the first that fits is the token. */
const operators = [
  '<-', '<=', '<>', '<<', '>=', '>>', '==', '!=', '&&', '||', '**', '..', '->', '::', '+=', '-=', '*=', '/=', '\\=',
  '+', '-', '*', '/', '\\', '%', '$', '<', '>', '=', '!', '&', '|', '^', ':', '.', ',', ';', '(', ')', '[', ']', '{',
  '}', '?', '@',
] // prettier-ignore

const blankPattern = /(?:[^\S\n]+|\n|\/\/[^\n]*|\/\*[^]*?\*\/)+/y
const namePattern = /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*(?:!(?!=))?/y
const symbolPattern = /`((?:[\w\u0080-\uffff#@]|\.(?=[\w\u0080-\uffff])(?![A-Za-z]\w*!?\s*\())*)/y

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' }

class Lexer {
  readonly source: string
  readonly tokens: Token[] = []
  private position = 0
  private line = 1

  constructor(source: string) {
    this.source = source
  }

  run(): Token[] {
    for (;;) {
      const start = this.position
      const lineBefore = this.line
      this.skipBlank()
      const flags = {
        start: this.position,
        line: this.line,
        newlineBefore: this.line > lineBefore,
        spaceBefore: this.position > start,
      }
      if (this.position >= this.source.length) {
        this.tokens.push({ kind: 'end', text: '', end: this.position, ...flags })
        return this.tokens
      }
      const token = this.next()
      this.tokens.push({ ...token, ...flags, end: this.position } as Token)
    }
  }

  private skipBlank(): void {
    blankPattern.lastIndex = this.position
    const match = blankPattern.exec(this.source)
    if (match !== null) this.advanceTo(this.position + match[0].length)
  }

  private advanceTo(end: number): void {
    for (let i = this.position; i < end; i++) if (this.source.charCodeAt(i) === 10) this.line++
    this.position = end
  }

  private next(): { kind: Token['kind']; text: string; value?: ServerValue } {
    const { source, position } = this
    const char = source.charAt(position)
    if (char === '"' || char === "'") return this.quoted(char)
    if (char === '`') return this.symbols()
    const isNumber =
      /[0-9]/.test(char) || (char === '.' && /[0-9]/.test(source.charAt(position + 1)))
    if (isNumber && !this.isMember()) return this.number()
    namePattern.lastIndex = position
    const name = namePattern.exec(source)
    if (name !== null) {
      this.position += name[0].length
      return { kind: 'name', text: name[0] }
    }
    const operator = operators.find(text => source.startsWith(text, position))
    if (operator === undefined) {
      throw syntaxError(this.line, `Cannot recognize the token ${char}`)
    }
    this.position += operator.length
    return { kind: 'operator', text: operator }
  }

  /** `.2` right behind an operand is a member (`d.2`), not a number. */
  private isMember(): boolean {
    if (this.source.charAt(this.position) !== '.') return false
    const before = this.tokens.at(-1)
    if (before?.end !== this.position) return false
    return before.kind === 'name' || before.text === ')' || before.text === ']'
  }

  private number(): { kind: 'number'; text: string; value: ServerValue } {
    const literal = readNumber(this.source, this.position)
    if (literal === undefined) {
      const rest = /[\w.:]*/.exec(this.source.slice(this.position))
      throw syntaxError(this.line, `Cannot recognize the token ${rest?.[0] ?? ''}`)
    }
    const text = this.source.slice(this.position, literal.end)
    this.position = literal.end
    return { kind: 'number', text, value: literal.value }
  }

  /** `"…"` and `'…'`; a single character in single quotes is a CHAR. */
  private quoted(quote: string): { kind: 'string' | 'number'; text: string; value: ServerValue } {
    const { source } = this
    const start = this.position
    let text = ''
    let index = start + 1
    for (; index < source.length && source.charAt(index) !== quote; index++) {
      const char = source.charAt(index)
      if (char !== '\\') {
        text += char
        continue
      }
      index++
      const escaped = source.charAt(index)
      text += escapes[escaped] ?? (/["'\\`]/.test(escaped) ? escaped : `\\${escaped}`)
    }
    if (index >= source.length) throw syntaxError(this.line, 'The string is not closed.')
    const raw = source.slice(start, index + 1)
    this.advanceTo(index + 1)
    const code = text.charCodeAt(0)
    if (quote === "'" && text.length === 1 && code < 128) {
      return { kind: 'number', text: raw, value: { form: 'scalar', type: 'CHAR', value: code } }
    }
    return { kind: 'string', text: raw, value: stringScalar(text) }
  }

  /** `` `a `` is a STRING, `` `a`b `` a STRING vector. */
  private symbols(): { kind: 'symbol'; text: string; value: ServerValue } {
    const start = this.position
    const texts: string[] = []
    for (;;) {
      symbolPattern.lastIndex = this.position
      const match = symbolPattern.exec(this.source)
      if (match === null) break
      texts.push(match[1]!)
      this.position += match[0].length
    }
    const text = this.source.slice(start, this.position)
    const value = texts.length === 1 ? stringScalar(texts[0]!) : stringVector(texts)
    return { kind: 'symbol', text, value }
  }
}

/**
 * @returns tokens, an `end` token last
 * @throws {ScriptError} `Syntax Error: [line #n] Cannot recognize the token …`
 */
export function tokenize(source: string): Token[] {
  return new Lexer(source).run()
}
