/* Turns one JSON object into one row: finds its members by name, and makes each value's text a cell, unchanged, or for an array its
   elements one after the other. Records of one input usually have the same order of members, so the search for a member begins at its place
   in the last record. An array is read like an object whose members are named by `names`, or by their numbers. If a column refuses a kind
   of value, the record becomes a reject, or with `lenient` the cell becomes null. */
import * as ascii from '../ascii.js'
import { option } from '../../errors.js'
import type { JsonShape } from '../../kernel/kernel.js'
import { nearestHint } from '../../schema/nearest.js'
import { clippedText, isAt, utf8Text } from '../cells/cell-bytes.js'
import { elementSeparator } from '../columns/array-column.js'
import { countLineEnds } from '../window.js'
import type { Fault } from '../batch.js'
import type { RecordBlock } from '../record-block.js'
import { jsonKinds, kindsText } from './json-kinds.js'
import { ignoredEntry, recordLevel } from './json-members.js'
import type { JsonEntry, JsonLevel, JsonMember, MemberRules } from './json-members.js'
import { attempt, halt, type JsonScanner } from './json-scanner.js'

/** The shape of at most one of this many records is learned. If records are irregular, more shapes would still not fit. */
const recordsPerLesson = 16

/** Members beyond this number are looked up by name each time; records with so many are rare. */
const maxRemembered = 4096

const notJsonAdvice = 'which is neither a value nor a null: use null instead'

/** Finds the members of one input's records. Remembers keys and the shape of records, to read later records faster. */
export class JsonRecords {
  /** Names of the elements of records that are arrays, if the input has them. */
  names: readonly string[] | undefined
  /** The reason why the last record is not a row; undefined for invalid JSON (see `stoppedAt` of the scanner). */
  obstacle: Fault | undefined
  /** Fields of the last record whose values are of a wrong kind, and null with `lenient`. */
  readonly wrong = new Set<number>()
  /** The usual shape of records, with which the kernel finds more of them: the same members in the same order. */
  shape: JsonShape | undefined
  /** True if the kernel can learn from the last record (`learn`). */
  isLesson = false
  readonly #scanner: JsonScanner
  readonly #members: readonly JsonMember[]
  readonly #rules: MemberRules
  readonly #object: JsonLevel
  readonly #array: JsonLevel
  /** Keys of the last record in their order, including those of nested objects. `text`: from the opening quote to the value, with blanks. */
  readonly #keys: Readonly<{ text: Uint8Array; level: JsonLevel; entry: JsonEntry }>[] = []
  /** Number of the record in which each field was seen last. */
  readonly #seenIn: Float64Array
  #record = 0
  /** Numbers of members examined and of fields filled in the current record. */
  #position = 0
  #seen = 0
  /** Start of the value whose key was found last. */
  #valueAt = 0
  /** Number of the next record whose shape may be learned; for each value of the current one its start, end and field, −1 for none. */
  #nextLesson = 1
  readonly #values: number[] = []

  constructor(scanner: JsonScanner, members: readonly JsonMember[], rules: MemberRules) {
    this.#scanner = scanner
    this.#members = members
    this.#rules = rules
    this.#object = recordLevel(members.map(({ name }) => name))
    this.#array = { ...this.#object }
    this.#seenIn = new Float64Array(members.length)
  }

  /** Scans the object at `start` into `row`. Returns the position after the object, or −1. */
  scan(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const { scratch } = scanner
    this.obstacle = undefined
    this.wrong.clear()
    this.#record++
    this.#position = 0
    this.#seen = 0
    // The kernel marks no cells as numbers.
    const isForKernel = block.kernel !== undefined && block.numberCells === undefined
    this.isLesson = isForKernel && this.#record >= this.#nextLesson
    this.#values.length = 0
    const next = attempt(() => this.#scanRecord(block, row, start))
    // A record that is not a row needs none of the texts that were unescaped for it.
    if (next < 0) scanner.scratch = scratch
    return next
  }

  #scanRecord(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const { byPosition = false } = this.#rules
    const isNamed = this.names !== undefined || this.#members.length === 0
    const isObject = scanner.bytes[start] === ascii.openBrace
    const isArray = scanner.bytes[start] === ascii.openBracket
    if (byPosition ? isArray : isObject || (isArray && isNamed)) {
      const next = this.#inside(block, row, start, isObject ? this.#object : this.#array)
      if (this.#seen < this.#members.length) this.#fillMissing(block, row)
      return next
    }
    scanner.value(start)
    const { kind } = scanner
    const advice = `, whose elements have no names: ${option('mapping.match')} position fills the columns in their order; in a rejects file, write an object`
    const got = `${kindsText(kind)}${kind === jsonKinds.array ? advice : ''}`
    const message = `a record is ${byPosition ? 'an array' : 'an object'}, not ${got}`
    return this.#stop({ code: 'DDB_INPUT_JSON', message })
  }

  /** Scans the members of an object, or the elements of a record that is an array. */
  #inside(block: RecordBlock, row: number, start: number, level: JsonLevel): number {
    if (level.seenIn === this.#record) {
      this.#refuseSecond(level.prefix.slice(0, -1), level.fields[0]!)
    }
    level.seenIn = this.#record
    return this.#scanner.items(start, (p, element) => {
      const entry = this.#entryAt(p, level, element)
      return this.#scanMember(block, row, this.#valueAt, entry)
    })
  }

  /** Makes the last record's shape the usual one. @param from  start of what stands between the record before and this one */
  learn(from: number, start: number, end: number): void {
    const { bytes } = this.#scanner
    const values = this.#values
    const count = values.length / 3
    if (count > maxRemembered) return
    this.#nextLesson = this.#record + recordsPerLesson
    const fields = Int32Array.from({ length: count }, (_, i) => values[3 * i + 2]!)
    this.shape = {
      texts: Array.from({ length: count + 1 }, (_, i) =>
        bytes.slice(i === 0 ? from : values[3 * i - 2], i === count ? end : values[3 * i]),
      ),
      leadBytes: start - from,
      leadLines: countLineEnds(bytes, from, start),
      lines: countLineEnds(bytes, from, end),
      fields,
      // A value that no column takes may be of any kind.
      kinds: fields.map(field => this.#members[field]?.kinds ?? -1),
    }
  }

  #scanMember(block: RecordBlock, row: number, start: number, entry: JsonEntry): number {
    const { field, level } = entry
    if (level !== undefined) {
      if (this.#scanner.bytes[start] === ascii.openBrace)
        return this.#inside(block, row, start, level)
      if (field < 0) return this.#scanNoObject(block, row, start, level)
    }
    if (field >= 0) this.#see(field)
    const end = field < 0 ? this.#passOver(start) : this.#scanCell(block, row, field, start)
    if (this.isLesson) this.#values.push(start, end, field)
    return end
  }

  #passOver(start: number): number {
    const scanner = this.#scanner
    scanner.sawNotFinite = false
    const next = scanner.value(start)
    if (!scanner.sawNotFinite || this.#rules.lenient === true) return next
    const message = `the record holds NaN or an infinity, ${notJsonAdvice}`
    return this.#stop({ code: 'DDB_INPUT_JSON', message })
  }

  /** Handles a value in place of a nested object. Null makes all members of the object null; any other value is wrong. */
  #scanNoObject(block: RecordBlock, row: number, start: number, level: JsonLevel): number {
    const scanner = this.#scanner
    const next = scanner.value(start)
    this.isLesson = false
    for (const field of level.fields) {
      this.#see(field)
      putCell(block, row, field, start, start)
      if (scanner.kind !== jsonKinds.null) this.#refuse(field, jsonKinds.object)
    }
    return next
  }

  /** Scans the value at `p` into the row's cell. Returns the position after the value. */
  #scanCell(block: RecordBlock, row: number, field: number, p: number): number {
    const scanner = this.#scanner
    const { kinds, elementKinds } = this.#members[field]!
    if (elementKinds !== 0 && scanner.bytes[p] === ascii.openBracket) {
      const start = scanner.scratch
      const next = this.#scanArray(field, p)
      putCell(block, row, field, start, scanner.scratch)
      return next
    }
    const next = scanner.value(p)
    const { kind, textStart, textEnd } = scanner
    if (block.numberCells !== undefined) {
      block.numberCells[row * block.fieldCount + field] = kind === jsonKinds.number ? 1 : 0
    }
    const isNull = kind === jsonKinds.null
    const isHalf = kind === jsonKinds.string && scanner.brokenSurrogate
    const isText = elementKinds !== 0 && kind === jsonKinds.string
    const isNullText = isText && this.#isNullText(scanner.bytes.subarray(textStart, textEnd))
    const isWrong = ((kinds & kind) === 0 && !isNull && !isNullText) || isHalf
    putCell(block, row, field, textStart, isNull || isWrong ? textStart : textEnd)
    if (isWrong) this.#refuse(field, kinds)
    return next
  }

  #isNullText(bytes: Uint8Array): boolean {
    return bytes.length === 0 || this.#rules.nullTexts?.includes(utf8Text(bytes).trim()) === true
  }

  #scanArray(field: number, open: number): number {
    const scanner = this.#scanner
    const { elementKinds } = this.#members[field]!
    return scanner.elements(open, elementSeparator, () => {
      const { bytes, kind, textStart, textEnd } = scanner
      const suits =
        kind === jsonKinds.null ||
        ((elementKinds & kind) !== 0 &&
          !bytes.subarray(textStart, textEnd).includes(elementSeparator))
      if (!suits) this.#refuse(field, elementKinds)
      return suits
    })
  }

  /** Refuses the value that was scanned last: its column takes only these kinds. With `lenient`, only counts the cell, which is empty. */
  #refuse(field: number, kinds: number): void {
    if (this.#rules.lenient === true) return void this.wrong.add(field)
    const { columnName, typeText, formatHint } = this.#members[field]!
    const { bytes, kind, textStart, textEnd, brokenSurrogate } = this.#scanner
    const column = `${typeText} column "${columnName}"`
    const isString = kind === jsonKinds.string
    if (isString && brokenSurrogate && (kinds & kind) !== 0) {
      const message = `${column}: half of a surrogate pair is not text`
      return this.#stop({ code: 'DDB_INPUT_ENCODING', message, columnName })
    }
    const hint = kind === jsonKinds.number ? formatHint?.(bytes, textStart, textEnd) : undefined
    const value = clippedText(bytes, textStart, textEnd)
    const got = isString ? `the string "${value}"` : value
    const advice = kind === jsonKinds.notFinite ? `, ${notJsonAdvice}` : ''
    const expected = `${kindsText(kinds)}${hint === undefined ? '' : `, ${hint}`}`
    const message = `${column}: expected ${expected}, got ${got}${advice}`
    this.#stop({ code: 'DDB_INPUT_CELL', class: 'type', message, columnName, value })
  }

  #stop(fault: Fault): never {
    this.obstacle = fault
    throw halt
  }

  /** Finds the meaning of the member whose key begins at `p`, or of the element, and the start of its value. */
  #entryAt(p: number, level: JsonLevel, element: number): JsonEntry {
    const scanner = this.#scanner
    const { bytes } = scanner
    if (level === this.#array) {
      this.#valueAt = p
      const own = this.#rules.byPosition === true ? undefined : this.names?.[element]
      return this.#entryNamed(own ?? String(element + 1), level)
    }
    const position = this.#position++
    const key = this.#keys[position]
    if (key !== undefined && key.level === level && isAt(key.text, bytes, p)) {
      this.#valueAt = p + key.text.length
      if (bytes[this.#valueAt]! > ascii.blank) return key.entry
    }
    this.#valueAt = scanner.key(p)
    const entry = this.#entryNamed(scanner.text, level)
    // A key with escapes is longer than its text, and so would not match.
    if (scanner.textStart === p + 1 && position < maxRemembered) {
      this.#keys[position] = { text: bytes.slice(p, this.#valueAt), level, entry }
    }
    return entry
  }

  /** The meaning of a key in an object. */
  #entryNamed(key: string, { entries, alike, prefix }: JsonLevel): JsonEntry {
    const entry = entries.get(key) ?? entries.get(alike.get(key.toLowerCase()) ?? key)
    const name = `${prefix}${key}`
    const isInPath = this.#rules.fromPath?.includes(name) === true
    if (entry !== undefined || (this.#rules.ignoreExtra && !isInPath)) return entry ?? ignoredEntry
    const names = this.#members.map(member => member.name)
    const hint = this.#rules.byPosition === true ? '' : nearestHint(name, names)
    const text = Buffer.from(key)
    const message = isInPath
      ? `${this.#called(name)} is also a part of the path: rename the part in ${option('input.path')}, or write * in its place`
      : `${this.#called(name)} goes nowhere${hint}: map it with ${option('mapping.map')}, or pass over it with ${option('mapping.ignoreExtra')}`
    const value = clippedText(text, 0, text.length)
    return this.#stop({ code: 'DDB_INPUT_MEMBER', message, value })
  }

  #called(name: string): string {
    return this.#rules.byPosition === true ? `element ${name}` : `member "${name}"`
  }

  /** Marks the field as present in the record, which must not have it yet. */
  #see(field: number): void {
    if (this.#seenIn[field] === this.#record) this.#refuseSecond(this.#members[field]!.name, field)
    this.#seenIn[field] = this.#record
    this.#seen++
  }

  #refuseSecond(name: string, field: number): never {
    const { columnName } = this.#members[field]!
    const message = `the record has member "${name}" twice`
    return this.#stop({ code: 'DDB_INPUT_MEMBER', message, columnName })
  }

  #fillMissing(block: RecordBlock, row: number): void {
    // Records of this shape would not set the cells of the missing members.
    this.isLesson = false
    for (const [field, { name, columnName }] of this.#members.entries()) {
      if (this.#seenIn[field] === this.#record) continue
      if (!this.#rules.allowMissing) {
        const message = `the record has no ${this.#called(name)}: name another with ${option('mapping.map')}, or leave it null with ${option('mapping.allowMissing')}`
        this.#stop({ code: 'DDB_INPUT_MEMBER', message, columnName })
      }
      putCell(block, row, field, 0, 0)
    }
  }
}

function putCell(block: RecordBlock, row: number, field: number, start: number, end: number): void {
  const cell = row * block.fieldCount + field
  block.starts[cell] = start
  block.ends[cell] = end
}
