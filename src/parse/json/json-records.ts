/*
  Turns one JSON object into one row: finds its members by name, and makes each value's text a cell, unchanged, or for an array its
  elements one after the other. Records of one input usually have the same order of members, so the search for a member begins at its
  place in the last record. An array is read like an object whose members are named by `names`, or by their numbers. If a column
  refuses a kind of value, the record becomes a reject, or with `lenient` the cell becomes null.
*/
import type { JsonShape } from '../../kernel/kernel.js'
import { isAt } from '../cells/cell-bytes.js'
import { elementSeparator } from '../columns/array-column.js'
import {
  extraFault,
  kindFault,
  missingFault,
  notFiniteFault,
  recordFault,
  surrogateFault,
  twiceFault,
  ignoredEntry,
  recordLevel,
  type JsonEntry,
  type JsonLevel,
  type JsonMember,
  type MemberRules,
} from './json-members.js'
import { jsonKinds } from './json-kinds.js'
import { openBrace, openBracket, quote, type JsonScanner } from './json-scanner.js'
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

const blank = 32

/** Finds the members of one input's records. Remembers keys and the shape of records, to read later records faster. */
export class JsonRecords {
  /** Names of the elements of records that are arrays, if the input has them. */
  names: readonly string[] | undefined
  /** The reason why the last record is not a row; undefined for invalid JSON (see `stoppedAt` of the scanner). */
  obstacle: Fault | undefined
  /** What each element of an array means, as far as earlier arrays had elements. */
  readonly #elements: JsonEntry[] = []
  readonly #scanner: JsonScanner
  readonly #members: readonly JsonMember[]
  readonly #rules: MemberRules
  readonly #top: JsonLevel
  /** Keys of the last record in their order, including those of nested objects. */
  readonly #keys: RememberedKey[] = []
  /** Number of the record in which each field was seen last. */
  readonly #seenIn: Float64Array
  #record = 0
  /** Numbers of members examined and of fields filled in the current record. */
  #position = 0
  #seen = 0
  /** Start of the value whose key was found last. */
  #valueAt = 0
  /** The usual shape of records, with which the kernel finds more of them: the same members in the same order. */
  #shape: JsonShape | undefined
  /** Number of the next record whose shape may be learned; whether the current one's may, and its values so far. */
  #nextLesson = 1
  #isLesson = false
  readonly #values: ShapeValue[] = []

  constructor(scanner: JsonScanner, members: readonly JsonMember[], rules: MemberRules) {
    this.#scanner = scanner
    this.#members = members
    this.#rules = rules
    this.#top = recordLevel(members.map(({ name }) => name))
    this.#seenIn = new Float64Array(members.length)
  }

  /** The shape of the records from `firstRow` on, whose wrong cells of an earlier attempt are forgotten; undefined if it is unknown. */
  usualShape(block: RecordBlock, firstRow: number): JsonShape | undefined {
    if (block.wrongCells.length > 0) block.forgetWrongCells(firstRow)
    return this.#shape
  }

  /** Scans the object at `start` into `row`. Returns the position after the object, or −1. */
  scan(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const { scratch } = scanner
    this.obstacle = undefined
    block.forgetWrongCells(row)
    this.#record++
    this.#position = 0
    this.#seen = 0
    // The kernel marks no cells as numbers.
    const isForKernel = block.kernel !== undefined && block.numberCells === undefined
    this.#isLesson = isForKernel && this.#record >= this.#nextLesson
    this.#values.length = 0
    let next = this.#isRecord(scanner.bytes[start]!)
      ? this.#scanInside(block, row, start, this.#top)
      : this.#other(start)
    if (next >= 0 && this.#seen < this.#members.length) {
      // Records of this shape would not set the cells of the missing members.
      this.#isLesson = false
      if (!this.#fillMissing(block, row)) next = -1
    }
    // A record that is not a row needs none of the texts that were unescaped for it.
    if (next < 0) {
      scanner.scratch = scratch
      block.forgetWrongCells(row)
    } else if (this.#isLesson) this.#learn(start, next)
    return next
  }

  #isRecord(first: number): boolean {
    const isNamed = this.names !== undefined || this.#members.length === 0
    if (first === openBrace) return this.#rules.byPosition !== true
    return first === openBracket && (isNamed || this.#rules.byPosition === true)
  }

  /** Scans the members of an object, or the elements of a record that is an array. */
  #scanInside(block: RecordBlock, row: number, start: number, level: JsonLevel): number {
    const scanner = this.#scanner
    const isObject = scanner.bytes[start] === openBrace
    return scanner.items(start, (p, element) => {
      this.#valueAt = p
      const entry = isObject ? this.#findEntry(p, level) : this.#elementEntry(element)
      return entry === undefined ? -1 : this.#scanMember(block, row, this.#valueAt, entry)
    })
  }

  #elementEntry(element: number): JsonEntry | undefined {
    const known = this.#elements[element]
    if (known !== undefined) return known
    const own = this.#rules.byPosition === true ? undefined : this.names?.[element]
    const entry = this.#entryNamed(own ?? String(element + 1), this.#top)
    if (entry !== undefined && element < maxRemembered) this.#elements[element] = entry
    return entry
  }

  /** Makes the record's shape the usual one. */
  #learn(start: number, end: number): void {
    const values = this.#values
    if (values.length > maxRemembered) return
    this.#nextLesson = this.#record + recordsPerLesson
    const starts = [start, ...values.map(value => value.end)]
    const ends = [...values.map(value => value.start), end]
    this.#shape = {
      texts: starts.map((from, i) => this.#scanner.bytes.slice(from, ends[i])),
      fields: Int32Array.from(values, value => value.field),
      // A value that no column takes may be of any kind.
      kinds: Int32Array.from(values, value => this.#members[value.field]?.kinds ?? -1),
    }
  }

  #scanMember(block: RecordBlock, row: number, start: number, entry: JsonEntry): number {
    const { field, level } = entry
    if (level !== undefined) {
      if (this.#scanner.bytes[start] === openBrace) return this.#scanInner(block, row, start, level)
      if (field < 0) return this.#scanNoObject(block, row, start, level)
    }
    if (field >= 0 && !this.#see(field)) return -1
    const end = field < 0 ? this.#passOver(start) : this.#scanCell(block, row, field, start)
    if (this.#isLesson && end >= 0) this.#values.push({ start, end, field })
    return end
  }

  /** Passes over a value that no column takes. */
  #passOver(start: number): number {
    const scanner = this.#scanner
    scanner.sawNotFinite = false
    const next = scanner.value(start)
    if (next < 0) return next
    return scanner.sawNotFinite && this.#rules.lenient !== true ? this.#stop(notFiniteFault) : next
  }

  /** Scans a nested object that has members for columns. */
  #scanInner(block: RecordBlock, row: number, start: number, level: JsonLevel): number {
    if (level.seenIn === this.#record) {
      const member = this.#members[level.fields[0]!]!
      return this.#stop(twiceFault(level.prefix.slice(0, -1), member))
    }
    level.seenIn = this.#record
    return this.#scanInside(block, row, start, level)
  }

  /** Handles a value in place of a nested object. Null makes all members of the object null; any other value is wrong. */
  #scanNoObject(block: RecordBlock, row: number, start: number, level: JsonLevel): number {
    const scanner = this.#scanner
    const next = scanner.value(start)
    if (next < 0) return next
    this.#isLesson = false
    for (const field of level.fields) {
      if (!this.#see(field)) return -1
      const cell = row * block.fieldCount + field
      block.starts[cell] = start
      block.ends[cell] = start
      if (
        scanner.kind !== jsonKinds.null &&
        !this.#wrongKind(block, row, field, jsonKinds.object)
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
    return this.#stop(recordFault(this.#scanner.kind, this.#rules.byPosition === true))
  }

  /** Scans the value at `p` into the row's cell. Returns the position after the value, or −1. */
  #scanCell(block: RecordBlock, row: number, field: number, p: number): number {
    const scanner = this.#scanner
    const { kinds, elementKinds } = this.#members[field]!
    const cell = row * block.fieldCount + field
    const c = scanner.bytes[p]
    if (elementKinds !== 0 && c === openBracket) {
      const start = scanner.scratch
      const next = this.#scanArray(block, row, field, p)
      block.starts[cell] = start
      block.ends[cell] = scanner.scratch
      return next
    }
    const next = c === quote ? scanner.string(p) : scanner.value(p)
    if (next < 0) return next
    const { kind } = scanner
    block.starts[cell] = scanner.textStart
    block.ends[cell] = kind === jsonKinds.null ? scanner.textStart : scanner.textEnd
    if (block.numberCells !== undefined) {
      block.numberCells[cell] = kind === jsonKinds.number ? 1 : 0
    }
    if ((kinds & kind) === 0 && kind !== jsonKinds.null) {
      block.ends[cell] = scanner.textStart
      return this.#wrongKind(block, row, field, kinds) ? next : -1
    }
    if (kind === jsonKinds.string && scanner.brokenSurrogate) {
      block.ends[cell] = scanner.textStart
      if (this.#forgives(block, row, field)) return next
      return this.#stop(surrogateFault(this.#members[field]!))
    }
    return next
  }

  /** Writes the elements of an array one after the other, with separators between them. A null becomes an empty element. */
  #scanArray(block: RecordBlock, row: number, field: number, open: number): number {
    const scanner = this.#scanner
    const { bytes } = scanner
    const { elementKinds } = this.#members[field]!
    return scanner.items(open, (p, element) => {
      if (element > 0) bytes[scanner.scratch++] = elementSeparator
      const to = scanner.scratch
      const next = scanner.value(p)
      if (next < 0) return next
      const { kind, textStart, textEnd } = scanner
      scanner.scratch = to
      if (kind === jsonKinds.null) return next
      const suits = (elementKinds & kind) !== 0
      if (!suits || bytes.subarray(textStart, textEnd).includes(elementSeparator)) {
        return this.#wrongKind(block, row, field, elementKinds) ? next : -1
      }
      // A text with escapes needs no copying, because the scanner has already written it to `to`.
      if (textStart !== to) bytes.copyWithin(to, textStart, textEnd)
      scanner.scratch = to + textEnd - textStart
      return next
    })
  }

  /** Handles a value of a kind that the column refuses. Returns true if the record may still be a row. */
  #wrongKind(block: RecordBlock, row: number, field: number, kinds: number): boolean {
    if (this.#forgives(block, row, field)) return true
    this.obstacle = kindFault(this.#scanner, this.#members[field]!, kinds)
    return false
  }

  /** With `lenient`, counts a bad cell, which is empty. */
  #forgives(block: RecordBlock, row: number, field: number): boolean {
    const { lenient = false } = this.#rules
    if (lenient) block.addWrongCell(row, field)
    return lenient
  }

  /** Ends the scan of a record that is JSON, but no row. */
  #stop(fault: Fault): -1 {
    this.obstacle = fault
    return -1
  }

  /**
   * Finds the field or nested level for the key whose opening quote is at `open`, and the start of its value. Returns undefined
   * if there is no key and colon, or if the rules refuse the key.
   */
  #findEntry(open: number, level: JsonLevel): JsonEntry | undefined {
    const scanner = this.#scanner
    const { bytes } = scanner
    const position = this.#position++
    const key = this.#keys[position]
    if (key !== undefined && key.level === level && isAt(key.text, bytes, open)) {
      this.#valueAt = open + key.text.length
      if (bytes[this.#valueAt]! > blank) return key.entry
    }
    this.#valueAt = scanner.key(open)
    if (this.#valueAt < 0) return undefined
    const isPlain = scanner.textStart === open + 1
    const entry = this.#entryNamed(scanner.text, level)
    // A key with escapes is longer than its text, and so would not match.
    if (entry !== undefined && isPlain && position < maxRemembered) {
      this.#keys[position] = { text: bytes.slice(open, this.#valueAt), level, entry }
    }
    return entry
  }

  /** The meaning of a key in an object; undefined if the rules refuse it. */
  #entryNamed(key: string, level: JsonLevel): JsonEntry | undefined {
    const { entries, alike } = level
    const known = entries.has(key) ? key : alike.get(key.toLowerCase())
    const entry = known === undefined ? undefined : entries.get(known)
    if (entry !== undefined || this.#rules.ignoreExtra) return entry ?? ignoredEntry
    this.obstacle = extraFault(level.prefix, key, this.#members, this.#rules.byPosition === true)
    return undefined
  }

  /** Marks the field as present in the record. Returns false if the record already has the field. */
  #see(field: number): boolean {
    if (this.#seenIn[field] === this.#record) {
      const member = this.#members[field]!
      this.obstacle = twiceFault(member.name, member)
      return false
    }
    this.#seenIn[field] = this.#record
    this.#seen++
    return true
  }

  #fillMissing(block: RecordBlock, row: number): boolean {
    const firstCell = row * block.fieldCount
    const { allowMissing, byPosition = false } = this.#rules
    for (const [field, member] of this.#members.entries()) {
      if (this.#seenIn[field] === this.#record) continue
      if (!allowMissing) {
        this.obstacle = missingFault(member, byPosition)
        return false
      }
      block.starts[firstCell + field] = 0
      block.ends[firstCell + field] = 0
    }
    return true
  }
}

/** The shape of at most one of this many records is learned. If records are irregular, more shapes would still not fit. */
const recordsPerLesson = 16

/** Members beyond this number are looked up by name each time; records with so many are rare. */
const maxRemembered = 4096
