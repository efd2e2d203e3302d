/*
  Formats of temporal text such as `yyyy.MM.dd HH:mm:ss.SSS` (docs/server-semantics.md#text-of-values): what each run of
  letters stands for.
*/
import { ScriptError } from '../../script-error.js'

/**
 * What a run of this letter stands for: `h` is the hour of half a day, `a` which half, `S` milliseconds, `n` micro-
 * or nanoseconds.
 */
export type FieldLetter = 'y' | 'M' | 'd' | 'H' | 'h' | 'm' | 's' | 'a' | 'S' | 'n'

/** A run of one letter. */
export interface Field {
  readonly letter: FieldLetter
  /** How often the letter is repeated. */
  readonly width: number
  /** Stands right beside another field, so that only its width tells where it ends. */
  readonly isFixed: boolean
}

/** A field, or text that stands for itself. */
export type PatternPart = Field | string

export const monthNames: readonly string[] = [
  'JAN',
  'FEB',
  'MAR',
  'APR',
  'MAY',
  'JUN',
  'JUL',
  'AUG',
  'SEP',
  'OCT',
  'NOV',
  'DEC',
]

/** All fields a moment has, with words between them. */
const maxFormatLength = 256

/** @throws {ScriptError} for fractions of a wrong width */
export function parsePattern(format: string): readonly PatternPart[] {
  if (format.length > maxFormatLength) {
    throw new ScriptError(
      `Invalid temporal format: it is longer than ${maxFormatLength} characters.`,
    )
  }
  const runs = format.match(/([yMdHhmsaSn])\1*|[^yMdHhmsaSn]+/g) ?? []
  const isField = runs.map(run => /^[yMdHhmsaSn]/.test(run))
  return runs.map((run, index) => {
    if (!isField[index]!) return run
    const letter = run[0] as FieldLetter
    const width = run.length
    if (letter === 'S' && width !== 3) {
      throw new ScriptError(
        `Invalid temporal format: '${format}'. Millisecond (S) must have three digits.`,
      )
    }
    if (letter === 'n' && width !== 6 && width !== 9) {
      throw new ScriptError(
        `Invalid temporal format: '${format}'. Nanosecond (n) must have six or nine digits.`,
      )
    }
    const isFixed = (isField[index - 1] ?? false) || (isField[index + 1] ?? false)
    return { letter, width, isFixed }
  })
}

/** The letters a format uses. */
export function lettersOf(parts: readonly PatternPart[]): ReadonlySet<FieldLetter> {
  return new Set(parts.flatMap(part => (typeof part === 'string' ? [] : [part.letter])))
}
