/*
  One JSON object into one row: its members are found by name, each value's text becomes a cell. Records of one
  source mostly have their members in the same order, so each is first looked for where it was last time.
*/
import { nearestHint } from '../../schema/nearest.js'
import { utf8Text } from '../cells/cell-bytes.js'
import { clippedText } from '../clipped-text.js'
import { elementSeparator } from '../columns/array-column.js'
import { jsonKinds, kindsText } from './json-kinds.js'
import type { JsonMember } from './json-members.js'
import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  openBrace,
  openBracket,
  quote,
  type JsonScanner,
} from './json-scanner.js'
import { JsonTemplate, type TemplateValue } from './json-template.js'
import type { ScanFault } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'

/** What becomes of members that no column takes, and of columns that no member fills. */
export interface MemberRules {
  readonly ignoreExtra: boolean
  readonly allowMissing: boolean
}

/** Why an object is not a row although it is JSON. */
export type Obstacle = Omit<ScanFault, 'next'>

/** A key with its quotes, as words to compare; of the last word some bytes count. */
interface RememberedKey {
  readonly length: number
  readonly words: Int32Array
  readonly lastMask: number
  readonly field: number
}

function rememberedKey(quoted: Uint8Array, field: number): RememberedKey {
  const { length } = quoted
  const padded = new Uint8Array(Math.ceil(length / 4) * 4)
  padded.set(quoted)
  const lastBytes = length % 4
  const lastMask = lastBytes === 0 ? -1 : 2 ** (8 * lastBytes) - 1
  return { length, words: new Int32Array(padded.buffer), lastMask, field }
}

/** What finding a member gives besides its field. */
const passedOver = -1
const notFound = -2

/** The members of one source, learned from record to record. */
export class JsonRecords {
  /** Why the last record is not a row; undefined when it is not JSON, and `stoppedAt` of the scanner says where. */
  obstacle: Obstacle | undefined
  readonly #scanner: JsonScanner
  readonly #members: readonly JsonMember[]
  readonly #rules: MemberRules
  readonly #fieldOfName: ReadonlyMap<string, number>
  /** The n-th member as it was last. */
  readonly #keys: RememberedKey[] = []
  /** Behind the key found last. */
  #keyEnd = 0
  /** Number of the record in which each field was seen last. */
  readonly #seenIn: Float64Array
  #record = 0
  #template: JsonTemplate | undefined
  /** Values of the record being scanned, while a template is wanted from it. */
  readonly #values: TemplateValue[] = []
  /** Number of the next record that may become the template. */
  #nextLesson = 1

  constructor(scanner: JsonScanner, members: readonly JsonMember[], rules: MemberRules) {
    this.#scanner = scanner
    this.#members = members
    this.#rules = rules
    this.#fieldOfName = new Map(members.map((member, field) => [member.name, field]))
    this.#seenIn = new Float64Array(members.length)
  }

  /** Scans the object at `start` into `row` when it has the shape of the ones before; else −1. */
  scanUsual(block: RecordBlock, row: number, start: number): number {
    return this.#template === undefined ? -1 : this.#template.scan(block, row, start)
  }

  /** Scans the object at `start` into `row`; the position behind it, or −1. */
  scan(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const { bytes } = scanner
    const scratch = scanner.scratch
    this.obstacle = undefined
    this.#record++
    const next =
      bytes[start] === openBrace ? this.#scanMembers(block, row, start) : this.#other(start)
    // What was written out for a record that is not a row is not needed.
    if (next < 0) scanner.scratch = scratch
    else this.#learn(start, next)
    return next
  }

  /** Takes the record for the usual one, unless that was said of another one just before. */
  #learn(start: number, end: number): void {
    if (this.#record < this.#nextLesson || this.#values.length > maxRemembered) return
    this.#nextLesson = this.#record + recordsPerLesson
    this.#template = new JsonTemplate(this.#scanner.bytes, start, end, this.#values)
  }

  #scanMembers(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const { bytes } = scanner
    const blank = 32
    let p = start + 1
    if (bytes[p]! <= blank) p = scanner.skipBlanks(p)
    let seen = 0
    this.#values.length = 0
    if (bytes[p] !== closeBrace) {
      for (let position = 0; ; position++) {
        if (bytes[p] !== quote) return scanner.stop(p)
        const field = this.#findField(p, position)
        if (field === notFound) return -1
        p = this.#keyEnd
        if (bytes[p]! <= blank) p = scanner.skipBlanks(p)
        if (bytes[p] !== colon) return scanner.stop(p)
        p++
        if (bytes[p]! <= blank) p = scanner.skipBlanks(p)
        const valueStart = p
        p = field === passedOver ? scanner.value(p) : this.#scanCell(block, row, field, p)
        if (p < 0) return p
        if (field !== passedOver) seen++
        if (this.#record >= this.#nextLesson) {
          const kinds = field === passedOver ? 0 : this.#members[field]!.kinds
          this.#values.push({ start: valueStart, end: p, field, kinds })
        }
        if (bytes[p]! <= blank) p = scanner.skipBlanks(p)
        if (bytes[p] === closeBrace) break
        if (bytes[p] !== comma) return scanner.stop(p)
        p++
        if (bytes[p]! <= blank) p = scanner.skipBlanks(p)
      }
    }
    if (seen < this.#members.length) {
      // A record without some members is not the usual one: its template would leave their cells as they are.
      this.#nextLesson = this.#record + 1
      if (!this.#fillMissing(block, row)) return -1
    }
    return p + 1
  }

  /** A value that is not an object. */
  #other(start: number): number {
    const next = this.#scanner.value(start)
    if (next < 0) return next
    this.obstacle = {
      code: 'DDB_INPUT_JSON',
      message: `a record is an object, not ${kindsText(this.#scanner.kind)}`,
    }
    return -1
  }

  /** The field of the member whose key begins at `open`. */
  #findField(open: number, position: number): number {
    const key = this.#keys[position]
    if (key !== undefined && this.#isKey(key, open)) {
      this.#keyEnd = open + key.length
      return this.#see(key.field, open)
    }
    return this.#findByName(open, position)
  }

  #isKey({ words, lastMask }: RememberedKey, open: number): boolean {
    const { view } = this.#scanner
    const last = words.length - 1
    for (let i = 0; i < last; i++) {
      if (view.getInt32(open + 4 * i, true) !== words[i]) return false
    }
    return ((view.getInt32(open + 4 * last, true) ^ words[last]!) & lastMask) === 0
  }

  #findByName(open: number, position: number): number {
    const scanner = this.#scanner
    this.#keyEnd = scanner.string(open)
    if (this.#keyEnd < 0) return notFound
    const { bytes, textStart, textEnd } = scanner
    const text = bytes.slice(textStart, textEnd)
    const name = utf8Text(text)
    const field = this.#fieldOfName.get(name) ?? passedOver
    if (field === passedOver && !this.#rules.ignoreExtra) {
      const names = this.#members.map(member => member.name)
      this.obstacle = {
        code: 'DDB_INPUT_MEMBER',
        message: `member "${name}" goes nowhere${nearestHint(name, names)}: map it with \`mapping.map\`, or pass over it with \`mapping.ignoreExtra\``,
        value: clippedText(text, 0, text.length),
      }
      return notFound
    }
    // A key written with escapes is longer than its text and would not be found by it.
    if (textStart === open + 1 && position < maxRemembered) {
      this.#keys[position] = rememberedKey(bytes.subarray(open, this.#keyEnd), field)
    }
    return this.#see(field, open)
  }

  #see(field: number, open: number): number {
    if (field === passedOver) return field
    if (this.#seenIn[field] === this.#record) {
      const { name, columnName } = this.#members[field]!
      const message = `the record has member "${name}" twice`
      this.obstacle = { code: 'DDB_INPUT_MEMBER', message, columnName }
      this.#scanner.stoppedAt = open
      return notFound
    }
    this.#seenIn[field] = this.#record
    return field
  }

  /** Scans the value at `p` into the row's cell. */
  #scanCell(block: RecordBlock, row: number, field: number, p: number): number {
    const scanner = this.#scanner
    const { kinds, elementKinds } = this.#members[field]!
    const cell = row * block.fieldCount + field
    const c = scanner.bytes[p]
    if (elementKinds !== 0 && c === openBracket) {
      const start = scanner.scratch
      const next = this.#scanElements(field, p)
      block.starts[cell] = start
      block.ends[cell] = scanner.scratch
      return next
    }
    const next = c === quote ? scanner.string(p) : scanner.value(p)
    if (next < 0) return next
    const { kind } = scanner
    block.starts[cell] = scanner.textStart
    block.ends[cell] = kind === jsonKinds.null ? scanner.textStart : scanner.textEnd
    if ((kinds & kind) === 0 && kind !== jsonKinds.null) return this.#wrongKind(field, kinds)
    return kind === jsonKinds.string && scanner.brokenSurrogate ? this.#brokenText(field) : next
  }

  /** Writes the elements of an array one after the other, with separators between; null is not text. */
  #scanElements(field: number, open: number): number {
    const scanner = this.#scanner
    const { bytes } = scanner
    const { elementKinds } = this.#members[field]!
    let p = scanner.skipBlanks(open + 1)
    if (bytes[p] === closeBracket) return p + 1
    for (;;) {
      const to = scanner.scratch
      p = scanner.value(p)
      if (p < 0) return p
      const { kind, textStart, textEnd } = scanner
      if (kind !== jsonKinds.null) {
        if ((elementKinds & kind) === 0) return this.#wrongKind(field, elementKinds)
        if (bytes.subarray(textStart, textEnd).includes(elementSeparator)) {
          return this.#wrongKind(field, elementKinds)
        }
        // A text with escapes stands there already.
        if (textStart !== to) bytes.copyWithin(to, textStart, textEnd)
        scanner.scratch = to + textEnd - textStart
      }
      p = scanner.skipBlanks(p)
      if (bytes[p] === closeBracket) return p + 1
      if (bytes[p] !== comma) return scanner.stop(p)
      bytes[scanner.scratch++] = elementSeparator
      p = scanner.skipBlanks(p + 1)
    }
  }

  #wrongKind(field: number, kinds: number): number {
    const { bytes, textStart, textEnd, kind } = this.#scanner
    const { columnName, typeText } = this.#members[field]!
    const value = clippedText(bytes, textStart, textEnd)
    const got = kind === jsonKinds.string ? `the string "${value}"` : value
    const message = `${typeText} column "${columnName}": expected ${kindsText(kinds)}, got ${got}`
    this.obstacle = { code: 'DDB_INPUT_CELL', class: 'type', message, columnName, value }
    return -1
  }

  #brokenText(field: number): number {
    const { columnName, typeText } = this.#members[field]!
    const message = `${typeText} column "${columnName}": half of a surrogate pair is not text`
    this.obstacle = { code: 'DDB_INPUT_ENCODING', message, columnName }
    return -1
  }

  #fillMissing(block: RecordBlock, row: number): boolean {
    const firstCell = row * block.fieldCount
    for (const [field, { name, columnName }] of this.#members.entries()) {
      if (this.#seenIn[field] === this.#record) continue
      if (!this.#rules.allowMissing) {
        const message = `the record has no member "${name}": name another with \`mapping.map\`, or leave it null with \`mapping.allowMissing\``
        this.obstacle = { code: 'DDB_INPUT_MEMBER', message, columnName }
        return false
      }
      block.starts[firstCell + field] = 0
      block.ends[firstCell + field] = 0
    }
    return true
  }
}

/** Records of changing shape would otherwise make a template each. */
const recordsPerLesson = 16

/** Members further behind are looked up by name each time: records with so many are rare. */
const maxRemembered = 4096
