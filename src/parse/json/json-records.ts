/*
  Turns one JSON object into one row: finds its members by name, and makes each value's text a cell. Records of one input usually
  have the same order of members, so the search for a member begins at its place in the last record. An array is read like an object
  whose members are named by `names`, or by their numbers.
*/
import { option } from '../../errors.js'
import type { JsonShape } from '../../kernel/kernel.js'
import { nearestHint } from '../../schema/nearest.js'
import { isAt, utf8Text } from '../cells/cell-bytes.js'
import { clippedText } from '../shown-text.js'
import { JsonCells, notJsonAdvice } from './json-cells.js'
import {
  jsonLevels,
  ignoredEntry,
  type JsonEntry,
  type JsonLevel,
  type JsonMember,
} from './json-members.js'
import { jsonKinds, kindsText } from './json-kinds.js'
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
import type { Fault, RecordBlock } from '../record-block.js'

/** A key of an earlier record: the object that contained it, and its meaning there. */
interface RememberedKey {
  /** From the opening quote to the value: the key, the colon and blanks around the colon. */
  readonly text: Uint8Array
  readonly level: JsonLevel
  readonly entry: JsonEntry
}

/** Start and end of a value, including quotes, and the field that it fills; −1 for none. */
interface ShapeValue {
  readonly start: number
  readonly end: number
  readonly field: number
}

/** Rules for members that no column takes, columns that no member fills, and unsuitable values. */
export interface MemberRules {
  readonly ignoreExtra: boolean
  readonly allowMissing: boolean
  /** True to make a value of the wrong kind null and count it, instead of rejecting the record. */
  readonly lenient?: boolean
  /** True if records must be arrays, whose elements are named by number. */
  readonly byPosition?: boolean | undefined
}

const blank = 32

/** Finds the members of one input's records. Remembers keys and the shape of records, to read later records faster. */
export class JsonRecords {
  /** Names of the elements of records that are arrays, if the input has them. */
  names: readonly string[] | undefined
  /** What each element of an array means, as far as earlier arrays had elements. */
  readonly #elements: JsonEntry[] = []
  readonly #cells: JsonCells
  #obstacle: Fault | undefined
  readonly #scanner: JsonScanner
  readonly #members: readonly JsonMember[]
  readonly #rules: MemberRules
  readonly #levels: readonly JsonLevel[]
  /** Keys of the last record in their order, including those of nested objects. */
  readonly #keys: RememberedKey[] = []
  /** Number of the record in which each field, and each level, was seen last. */
  readonly #seenIn: Float64Array
  readonly #levelSeenIn: Float64Array
  #record = 0
  /** Numbers of members examined and of fields filled in the current record, and whether its shape may be the usual one. */
  #position = 0
  #seen = 0
  #isUsual = true
  /** Start of the value whose key was found last. */
  #valueAt = 0
  /** The usual shape of records, with which the kernel finds more of them: the same members in the same order. */
  #shape: JsonShape | undefined
  /** Values of the current record, if its shape may be learned. */
  readonly #values: ShapeValue[] = []
  /** Number of the next record whose shape may be learned, and whether the current one's may. */
  #nextLesson = 1
  #isLesson = false

  constructor(scanner: JsonScanner, members: readonly JsonMember[], rules: MemberRules) {
    this.#scanner = scanner
    this.#members = members
    this.#rules = rules
    this.#cells = new JsonCells(scanner, members, rules.lenient === true)
    this.#levels = jsonLevels(members.map(({ name }) => name))
    this.#seenIn = new Float64Array(members.length)
    this.#levelSeenIn = new Float64Array(this.#levels.length)
  }

  /** The reason why the last record is not a row; undefined for invalid JSON (see `stoppedAt` of the scanner). */
  get obstacle(): Fault | undefined {
    return this.#obstacle ?? this.#cells.obstacle
  }

  /** The shape of the records from `firstRow` on, whose wrong cells of an earlier attempt are forgotten; undefined if it is unknown. */
  usualShape(block: RecordBlock, firstRow: number): JsonShape | undefined {
    if (block.wrongCells.length > 0) block.forgetWrongCells(firstRow)
    return this.#shape
  }

  /** Scans the object at `start` into `row`. Returns the position after the object, or −1. */
  scan(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const { bytes } = scanner
    const scratch = scanner.scratch
    this.#obstacle = undefined
    this.#cells.obstacle = undefined
    block.forgetWrongCells(row)
    this.#record++
    // The kernel marks no cells as numbers.
    const isForKernel = block.kernel !== undefined && block.numberCells === undefined
    this.#isLesson = isForKernel && this.#record >= this.#nextLesson
    let next = this.#isRecord(bytes[start]!)
      ? this.#scanRecord(block, row, start)
      : this.#other(start)
    if (next >= 0 && this.#seen < this.#members.length) {
      // Records of this shape would not set the cells of the missing members.
      this.#isUsual = false
      if (!this.#fillMissing(block, row)) next = -1
    }
    // A record that is not a row needs none of the texts that were unescaped for it.
    if (next < 0) {
      scanner.scratch = scratch
      block.forgetWrongCells(row)
    } else this.#learn(start, next)
    return next
  }

  #scanRecord(block: RecordBlock, row: number, start: number): number {
    this.#values.length = 0
    this.#position = 0
    this.#seen = 0
    this.#isUsual = true
    return this.#scanner.bytes[start] === openBrace
      ? this.#scanMembers(block, row, start, this.#levels[0]!)
      : this.#scanElements(block, row, start)
  }

  #isRecord(first: number): boolean {
    const isNamed = this.names !== undefined || this.#members.length === 0
    if (first === openBrace) return this.#rules.byPosition !== true
    return first === openBracket && (isNamed || this.#rules.byPosition === true)
  }

  #scanElements(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const { bytes } = scanner
    let p = scanner.skipBlanks(start + 1)
    if (bytes[p] === closeBracket) return p + 1
    for (let element = 0; ; element++) {
      const entry = this.#elementEntry(element)
      if (entry === undefined) return -1
      p = this.#scanMember(block, row, p, entry)
      if (p < 0) return p
      p = scanner.skipBlanks(p)
      if (bytes[p] === closeBracket) return p + 1
      if (bytes[p] !== comma) return scanner.stop(p)
      p = scanner.skipBlanks(p + 1)
    }
  }

  #elementEntry(element: number): JsonEntry | undefined {
    const known = this.#elements[element]
    if (known !== undefined) return known
    const own = this.#rules.byPosition === true ? undefined : this.names?.[element]
    const entry = this.#entryNamed(own ?? String(element + 1), this.#levels[0]!)
    if (entry !== undefined && element < maxRemembered) this.#elements[element] = entry
    return entry
  }

  /** Makes the record's shape the usual one. */
  #learn(start: number, end: number): void {
    const values = this.#values
    if (!this.#isLesson || values.length > maxRemembered) return
    this.#nextLesson = this.#record + (this.#isUsual ? recordsPerLesson : 1)
    if (!this.#isUsual) return
    const starts = [start, ...values.map(value => value.end)]
    const ends = [...values.map(value => value.start), end]
    this.#shape = {
      texts: starts.map((from, i) => this.#scanner.bytes.slice(from, ends[i])),
      fields: Int32Array.from(values, value => value.field),
      kinds: Int32Array.from(values, value => this.#members[value.field]?.kinds ?? anyKind),
    }
  }

  #scanMembers(block: RecordBlock, row: number, start: number, level: JsonLevel): number {
    const scanner = this.#scanner
    const { bytes } = scanner
    let p = start + 1
    if (bytes[p]! <= blank) p = scanner.skipBlanks(p)
    if (bytes[p] === closeBrace) return p + 1
    for (;;) {
      if (bytes[p] !== quote) return scanner.stop(p)
      const entry = this.#findEntry(p, level)
      if (entry === undefined) return -1
      p = this.#scanMember(block, row, this.#valueAt, entry)
      if (p < 0) return p
      if (bytes[p]! <= blank) p = scanner.skipBlanks(p)
      if (bytes[p] === closeBrace) return p + 1
      if (bytes[p] !== comma) return scanner.stop(p)
      p++
      if (bytes[p]! <= blank) p = scanner.skipBlanks(p)
    }
  }

  #scanMember(block: RecordBlock, row: number, start: number, entry: JsonEntry): number {
    const { field, level } = entry
    if (level !== undefined) {
      if (this.#scanner.bytes[start] === openBrace) return this.#scanInner(block, row, start, level)
      if (field < 0) return this.#scanNoObject(block, row, start, level)
    }
    if (field >= 0 && !this.#see(field)) return -1
    const end = field < 0 ? this.#passOver(start) : this.#cells.scan(block, row, field, start)
    if (this.#isLesson && end >= 0) this.#values.push({ start, end, field })
    return end
  }

  /** Passes over a value that no column takes. */
  #passOver(start: number): number {
    const scanner = this.#scanner
    scanner.sawNotFinite = false
    const next = scanner.value(start)
    if (next < 0) return next
    if (scanner.sawNotFinite && this.#rules.lenient !== true) {
      const message = `the record holds NaN or an infinity, ${notJsonAdvice}`
      this.#obstacle = { code: 'DDB_INPUT_JSON', message }
      return -1
    }
    return next
  }

  /** Scans a nested object that has members for columns. */
  #scanInner(block: RecordBlock, row: number, start: number, level: JsonLevel): number {
    if (this.#levelSeenIn[level.index] === this.#record) {
      return this.#twice(level.prefix.slice(0, -1), this.#members[level.fields[0]!]!)
    }
    this.#levelSeenIn[level.index] = this.#record
    return this.#scanMembers(block, row, start, level)
  }

  /** Handles a value in place of a nested object. Null makes all members of the object null; any other value is wrong. */
  #scanNoObject(block: RecordBlock, row: number, start: number, level: JsonLevel): number {
    const scanner = this.#scanner
    const next = scanner.value(start)
    if (next < 0) return next
    this.#isUsual = false
    for (const field of level.fields) {
      if (!this.#see(field)) return -1
      const cell = row * block.fieldCount + field
      block.starts[cell] = start
      block.ends[cell] = start
      if (
        scanner.kind !== jsonKinds.null &&
        !this.#cells.wrongKind(block, row, field, jsonKinds.object)
      ) {
        return -1
      }
    }
    return next
  }

  /** Handles a record that is not an object. */
  #other(start: number): number {
    const next = this.#scanner.value(start)
    if (next < 0) return next
    const { kind } = this.#scanner
    const isArray = kind === jsonKinds.array
    const { byPosition = false } = this.#rules
    const advice = isArray
      ? `, whose elements have no names: ${option('mapping.match')} position fills the columns in their order`
      : ''
    const message = `a record is ${byPosition ? 'an array' : 'an object'}, not ${kindsText(kind)}${advice}`
    this.#obstacle = { code: 'DDB_INPUT_JSON', message }
    return -1
  }

  /**
   * Finds the field or nested level for the key whose opening quote is at `open`, and the start of its value. Returns undefined
   * if there is no key and colon, or if the rules refuse the key.
   */
  #findEntry(open: number, level: JsonLevel): JsonEntry | undefined {
    const position = this.#position++
    const key = this.#keys[position]
    if (key !== undefined && key.level === level && isAt(key.text, this.#scanner.bytes, open)) {
      this.#valueAt = open + key.text.length
      if (this.#scanner.bytes[this.#valueAt]! > blank) return key.entry
    }
    return this.#findByName(open, level, position)
  }

  #findByName(open: number, level: JsonLevel, position: number): JsonEntry | undefined {
    const scanner = this.#scanner
    const keyEnd = scanner.string(open)
    if (keyEnd < 0) return undefined
    const { bytes, textStart, textEnd } = scanner
    const entry = this.#entryNamed(utf8Text(bytes.slice(textStart, textEnd)), level)
    if (entry === undefined) return undefined
    const colonAt = scanner.skipBlanks(keyEnd)
    if (bytes[colonAt] !== colon) {
      scanner.stop(colonAt)
      return undefined
    }
    this.#valueAt = scanner.skipBlanks(colonAt + 1)
    // A key with escapes is longer than its text, and so would not match.
    if (textStart === open + 1 && position < maxRemembered) {
      this.#keys[position] = { text: bytes.slice(open, this.#valueAt), level, entry }
    }
    return entry
  }

  /** The meaning of a key in an object; undefined if the rules refuse it. */
  #entryNamed(key: string, level: JsonLevel): JsonEntry | undefined {
    const entry = level.entries.get(key) ?? level.anyCase.get(key.toLowerCase())
    if (entry !== undefined || this.#rules.ignoreExtra) return entry ?? ignoredEntry
    const names = this.#members.map(member => member.name)
    const name = `${level.prefix}${key}`
    const hint = this.#rules.byPosition === true ? '' : nearestHint(name, names)
    const text = Buffer.from(key)
    this.#obstacle = {
      code: 'DDB_INPUT_MEMBER',
      message: `${this.#called(name)} goes nowhere${hint}: map it with ${option('mapping.map')}, or pass over it with ${option('mapping.ignoreExtra')}`,
      value: clippedText(text, 0, text.length),
    }
    return undefined
  }

  #called(name: string): string {
    return this.#rules.byPosition === true ? `element ${name}` : `member "${name}"`
  }

  /** Marks the field as present in the record. Returns false if the record already has the field. */
  #see(field: number): boolean {
    if (this.#seenIn[field] === this.#record) {
      const member = this.#members[field]!
      this.#twice(member.name, member)
      return false
    }
    this.#seenIn[field] = this.#record
    this.#seen++
    return true
  }

  #twice(name: string, { columnName }: JsonMember): number {
    const message = `the record has member "${name}" twice`
    this.#obstacle = { code: 'DDB_INPUT_MEMBER', message, columnName }
    return -1
  }

  #fillMissing(block: RecordBlock, row: number): boolean {
    const firstCell = row * block.fieldCount
    for (const [field, { name, columnName }] of this.#members.entries()) {
      if (this.#seenIn[field] === this.#record) continue
      if (!this.#rules.allowMissing) {
        const message = `the record has no ${this.#called(name)}: name another with ${option('mapping.map')}, or leave it null with ${option('mapping.allowMissing')}`
        this.#obstacle = { code: 'DDB_INPUT_MEMBER', message, columnName }
        return false
      }
      block.starts[firstCell + field] = 0
      block.ends[firstCell + field] = 0
    }
    return true
  }
}

/** A value that no column takes may be of any kind. */
const anyKind = -1

/** The shape of at most one of this many records is learned. If records are irregular, more shapes would still not fit. */
const recordsPerLesson = 16

/** Members beyond this number are looked up by name each time; records with so many are rare. */
const maxRemembered = 4096
