/*
  Determines how the numbers of a column are written: with thousands separators, a decimal comma or a percent sign. The
  unambiguous texts decide. If there are none, `1,234` counts as 1234, and a warning says so.
*/
import { trimmedEnd } from '../parse/cells/cell-bytes.js'
import { clippedText } from '../parse/shown-text.js'
import type { CellRules } from '../parse/cell-rules.js'

/** The notation that options must name so that `load` can read the column's numbers. */
export interface NumberFlags {
  /** Separator between groups of three digits; '' for none. */
  readonly thousands: string
  readonly decimalComma: boolean
  readonly isPercent: boolean
}

const zero = 48
const nine = 57
const point = 46
const comma = 44
const percent = 37
const plus = 43
const minus = 45
const groupDigits = 3
/** A double keeps every number with at most this many digits exactly. */
const sureDigits = 15

const encoder = new TextEncoder()
/** Thousands separators found in files, including non-breaking blanks. */
const groupSigns = [',', '.', ' ', "'", '\u00a0', '\u202f', '\u2019'].map(text => ({
  text,
  bytes: encoder.encode(text),
}))

/** Parts of the number examined last; see `readMarks`. */
const marks: number[] = []
const lengths: number[] = []

/** Examines those texts of a column that begin like numbers. */
export class NumberSpelling {
  /** Number of texts with a percent sign. */
  percents = 0
  /** The first ambiguous number, such as `1,234`. */
  unclearText: string | undefined
  /** The first number that may have too many digits for a double. */
  longText: string | undefined
  /** The certain and the possible thousands separator, as indexes of `groupSigns`; −1 for none. */
  #sure = -1
  #unclear = -1
  /** Number of texts with a decimal comma. */
  #commas = 0
  /** `#points` counts numbers like `1.5`, `#pointGroups` those like `1.234`, where the point may separate thousands. */
  #points = 0
  #pointGroups = 0
  /** Counts numbers with decimals after groups, such as `1,234.5`. */
  #decimals = 0
  #isMixed = false

  /** Notation of the numbers seen so far; undefined if they are plain, or differ in notation. */
  get flags(): NumberFlags | undefined {
    if (this.#isMixed) return undefined
    const isPercent = this.percents > 0
    const group = this.#sure >= 0 ? this.#sure : this.#commas > 0 ? -1 : this.#unclear
    const thousands = group < 0 ? '' : groupSigns[group]!.text
    const decimalComma = this.#commas > 0 || thousands === '.'
    if (thousands === ',' && decimalComma) return undefined
    if (thousands === '' && !decimalComma && !isPercent) return undefined
    return { thousands, decimalComma, isPercent }
  }

  /** True if some number has decimals, even if these are only zeros. */
  get hasFraction(): boolean {
    const isPoint = this.flags?.thousands !== '.' && this.#pointGroups > 0
    return isPoint || this.#points + this.#commas + this.#decimals > 0
  }

  /** True if `1,234` may also mean 1.234. */
  get isUnclear(): boolean {
    return this.#sure < 0 && this.#commas === 0 && this.unclearText !== undefined
  }

  /** Examines a text without surrounding blanks. */
  look(bytes: Uint8Array, start: number, to: number): void {
    const isPercent = bytes[to - 1] === percent
    const end = isPercent ? trimmedEnd(bytes, start, to - 1) : to
    const first = bytes[start] === plus || bytes[start] === minus ? start + 1 : start
    let p = first
    while (p < end && isDigit(bytes[p]!)) p++
    if (p === end && p > first) {
      if (isPercent) this.percents++
      return
    }
    if (!readMarks(bytes, p, end, p - first)) return
    if (isPercent) this.percents++
    const last = lengths.length - 1
    const isGrouped = lengths[0]! <= groupDigits && lengths[0]! > 0 && bytes[first] !== zero
    if (last === 1) {
      const isGroup = isGrouped && lengths[1] === groupDigits
      if (this.#lookAtOne(marks[0]!, isGroup)) this.unclearText ??= clippedText(bytes, start, to)
    } else if (isGrouped) this.#lookAtGroups(last)
    let digits = 0
    for (const length of lengths) digits += length
    if (digits > sureDigits && this.flags !== undefined) {
      this.longText ??= clippedText(bytes, start, to)
    }
  }

  /**
   * Examines a number with one separator. Returns true for a comma that may separate thousands or decimals.
   * @param mark  index of the separator in `groupSigns`
   * @param isGroup  true if the separator may separate thousands: one to three digits precede it, and three follow
   */
  #lookAtOne(mark: number, isGroup: boolean): boolean {
    const sign = groupSigns[mark]!.bytes[0]
    if (sign === point) {
      if (isGroup) this.#pointGroups++
      else this.#points++
      return false
    }
    if (!isGroup && sign === comma) this.#commas++
    else if (isGroup && sign === comma) this.#unclear = mark
    else if (isGroup) this.#setGroup(mark)
    return isGroup && sign === comma
  }

  /** Examines a number with several separators: the same one for all groups, perhaps a different one for decimals. */
  #lookAtGroups(last: number): void {
    const [mark] = marks
    for (let i = 1; i < last - 1; i++) if (marks[i] !== mark) return
    for (let i = 1; i < last; i++) if (lengths[i] !== groupDigits) return
    const lastMark = marks[last - 1]!
    if (lastMark === mark) {
      if (lengths[last] === groupDigits) this.#setGroup(mark)
      return
    }
    const sign = groupSigns[lastMark]!.bytes[0]
    if (sign !== point && sign !== comma) return
    if (sign === comma) this.#commas++
    this.#decimals++
    this.#setGroup(mark!)
  }

  #setGroup(mark: number): void {
    if (this.#sure >= 0 && this.#sure !== mark) this.#isMixed = true
    this.#sure = mark
  }
}

/** Returns rules that read numbers in this notation. */
export function rulesWith(rules: CellRules, name: string, flags: NumberFlags): CellRules {
  const { percentColumns = [] } = rules
  return {
    ...rules,
    ...(flags.thousands === '' ? {} : { thousands: flags.thousands }),
    ...(flags.decimalComma ? { decimalComma: true } : {}),
    ...(flags.isPercent ? { percentColumns: [...percentColumns, name] } : {}),
  }
}

/** Sets `marks` to the separators, and `lengths` to how many digits are around them. Returns false for other texts. */
function readMarks(bytes: Uint8Array, start: number, end: number, digitsBefore: number): boolean {
  marks.length = 0
  lengths.length = 0
  lengths.push(digitsBefore)
  let p = start
  while (p < end) {
    const mark = groupSigns.findIndex(({ bytes: sign }) =>
      sign.every((one, i) => bytes[p + i] === one),
    )
    if (mark < 0) return false
    p += groupSigns[mark]!.bytes.length
    const digits = p
    while (p < end && isDigit(bytes[p]!)) p++
    if (p === digits) return false
    marks.push(mark)
    lengths.push(p - digits)
  }
  return true
}

const isDigit = (byte: number): boolean => byte >= zero && byte <= nine
