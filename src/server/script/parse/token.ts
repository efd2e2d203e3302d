/*
  The words a script is made of.
*/
import type { ServerValue } from '../../values/server-value.js'

interface TokenBase {
  readonly start: number
  readonly end: number
  /** From 1. */
  readonly line: number
  /** A line break lies between the previous token and this one. */
  readonly newlineBefore: boolean
  /** A blank or line break lies between the previous token and this one. */
  readonly spaceBefore: boolean
}

/** A constant; `kind` tells which ones may stand beside each other as a vector. */
export interface LiteralToken extends TokenBase {
  readonly kind: 'number' | 'string' | 'symbol'
  readonly text: string
  readonly value: ServerValue
}

/** An identifier, keywords included, with a trailing `!` where it has one. */
export interface NameToken extends TokenBase {
  readonly kind: 'name'
  readonly text: string
}

/** Signs and brackets, the longest that fits. */
export interface OperatorToken extends TokenBase {
  readonly kind: 'operator'
  readonly text: string
}

/** Behind the last token, so that there is always a next one. */
export interface EndToken extends TokenBase {
  readonly kind: 'end'
  readonly text: ''
}

/** What the lexer makes of a script. */
export type Token = LiteralToken | NameToken | OperatorToken | EndToken
