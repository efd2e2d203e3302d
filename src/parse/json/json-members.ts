/*
  The members of JSON objects that fill columns: the kinds of values that each may have, the levels of objects in which they stand, and
  why a record is not a row although it is JSON.
*/
import { option } from '../../errors.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { textSources, type ColumnMapping, type MappedColumn } from '../../schema/cell-source.js'
import { uniqueByLowerCase } from '../../schema/field-names.js'
import { nearestHint } from '../../schema/nearest.js'
import type { CellRules } from '../cell-rules.js'
import { utf8Text } from '../cells/cell-bytes.js'
import type { ClockRules } from '../cells/pattern-format.js'
import { cellTypeOf, formatHintFor, hasDateFormat } from '../types/column-types.js'
import type { Fault } from '../record-block.js'
import { clippedText } from '../shown-text.js'
import { jsonKinds, kindsText } from './json-kinds.js'
import type { JsonScanner } from './json-scanner.js'

export interface JsonMember {
  readonly name: string
  /** Kinds of values allowed, as bits; null is always allowed. */
  readonly kinds: number
  /** Kinds allowed for elements; 0 if the member may not be an array. */
  readonly elementKinds: number
  /** Name and type of the first target column that the member fills, for messages. */
  readonly columnName: string
  readonly typeText: string
  /** Names formats that read a number as a time; undefined for other types. */
  readonly formatHint?: ClockRules['formatHint']
}

/** Rules for members that no column takes, columns that no member fills, and unsuitable values. */
export interface MemberRules {
  readonly ignoreExtra: boolean
  readonly allowMissing: boolean
  /** True to make a value of the wrong kind null and count it, instead of rejecting the record. */
  readonly lenient?: boolean | undefined
  /** True if records must be arrays, whose elements are named by number. */
  readonly byPosition?: boolean | undefined
}

/** Lists the members that fill columns. If a member fills several columns, its values must suit all of them. */
export function jsonMembers(mapping: ColumnMapping, cells: CellRules): JsonMember[] {
  const members = new Map<string, JsonMember>()
  for (const column of mapping.columns) {
    const { kinds, elementKinds } =
      column.source.kind === 'template' ? anyText : kindsOf(column, cells)
    for (const source of textSources(column.source)) {
      if (source.kind !== 'member') continue
      const { name } = source
      const other = members.get(name)
      members.set(name, {
        name,
        kinds: kinds & (other?.kinds ?? kinds),
        elementKinds: elementKinds & (other?.elementKinds ?? elementKinds),
        columnName: other?.columnName ?? column.name,
        typeText: other?.typeText ?? columnTypeText(column.type),
        ...formatHintFor(column.name, column.type.type),
      })
    }
  }
  return [...members.values()]
}

/** The kinds of values that a template (a text of `mapping.set` with names of members) can contain. */
const anyText = {
  kinds: jsonKinds.string | jsonKinds.number | jsonKinds.boolean,
  elementKinds: 0,
}

/** Kinds allowed besides null. A date may be a number if the column has a format for reading the number. */
function kindsOf(
  { name, type }: MappedColumn,
  cells: CellRules,
): { kinds: number; elementKinds: number } {
  const takesNumber = hasDateFormat(name, type.type, cells)
  const kinds = (cellTypeOf(type.type)?.jsonKinds ?? 0) | (takesNumber ? jsonKinds.number : 0)
  return type.array === true
    ? { kinds: jsonKinds.array, elementKinds: kinds }
    : { kinds, elementKinds: 0 }
}

/** Names of members that name the elements of records beside them. */
export const namesKey = /^(?:fields|columns|headers?|names|column_?names)$/i

/** The texts of an array of texts; undefined for any other array. */
export function namesIn(array: Uint8Array): readonly string[] | undefined {
  const elements = JSON.parse(utf8Text(array)) as unknown[]
  const names = elements.filter(one => typeof one === 'string')
  return names.length > 0 && names.length === elements.length ? names : undefined
}

/** The meaning of a key in an object. */
export interface JsonEntry {
  /** The field that the member fills; −1 for none. */
  readonly field: number
  /** The level inside the member's object; undefined if no column needs a member from there. */
  readonly level: JsonLevel | undefined
}

/** An object that occurs in records, or the record itself. */
export interface JsonLevel {
  /** Precedes the keys in names of members: '' for the record itself, `a.` for the object `a`. */
  readonly prefix: string
  readonly entries: ReadonlyMap<string, JsonEntry>
  /** The keys by their lower case, without those that differ in case only. */
  readonly alike: ReadonlyMap<string, string | undefined>
  /** Fields for the members of this object and of the objects in it. */
  readonly fields: readonly number[]
  /** Number of the record that had the object last. */
  seenIn: number
}

/** The entry of keys that no column needs. */
export const ignoredEntry: JsonEntry = { field: -1, level: undefined }

/**
 * The record with the members of these names, and the levels inside it. The name `a.b` means a member of that name or the member `b` of
 * the object `a`, whichever a record has.
 */
export function recordLevel(names: readonly string[]): JsonLevel {
  const byPrefix = new Map<string, JsonLevel>()
  const levelOf = (prefix: string): JsonLevel => {
    const known = byPrefix.get(prefix)
    if (known !== undefined) return known
    const entries = new Map<string, JsonEntry>()
    const fields = [...names.keys()].filter(field => names[field]!.startsWith(prefix))
    for (const field of fields) {
      const name = names[field]!.slice(prefix.length)
      entries.set(name, { field, level: entries.get(name)?.level })
      for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
        const key = name.slice(0, dot)
        const inner = levelOf(`${prefix}${key}.`)
        entries.set(key, { field: entries.get(key)?.field ?? -1, level: inner })
      }
    }
    const level = { prefix, entries, alike: uniqueByLowerCase(entries.keys()), fields, seenIn: 0 }
    byPrefix.set(prefix, level)
    return level
  }
  return levelOf('')
}

/** The end of each message that refuses NaN or an infinity. */
const notJsonAdvice = 'which is neither a value nor a null: use null instead'

export const notFiniteFault: Fault = {
  code: 'DDB_INPUT_JSON',
  message: `the record holds NaN or an infinity, ${notJsonAdvice}`,
}

/** The fault of a record of the wrong kind. @param byPosition  true if records must be arrays */
export function recordFault(kind: number, byPosition: boolean): Fault {
  const advice =
    kind === jsonKinds.array
      ? `, whose elements have no names: ${option('mapping.match')} position fills the columns in their order`
      : ''
  const message = `a record is ${byPosition ? 'an array' : 'an object'}, not ${kindsText(kind)}${advice}`
  return { code: 'DDB_INPUT_JSON', message }
}

/** The fault of the value that was scanned last, if its column takes only these kinds. */
export function kindFault(
  { bytes, textStart, textEnd, kind }: JsonScanner,
  { columnName, typeText, formatHint }: JsonMember,
  kinds: number,
): Fault {
  const hint = kind === jsonKinds.number ? formatHint?.(bytes, textStart, textEnd) : undefined
  const value = clippedText(bytes, textStart, textEnd)
  const got = kind === jsonKinds.string ? `the string "${value}"` : value
  const advice = kind === jsonKinds.notFinite ? `, ${notJsonAdvice}` : ''
  const message = `${typeText} column "${columnName}": expected ${kindsText(kinds)}${hint === undefined ? '' : `, ${hint}`}, got ${got}${advice}`
  return { code: 'DDB_INPUT_CELL', class: 'type', message, columnName, value }
}

export function surrogateFault({ columnName, typeText }: JsonMember): Fault {
  const message = `${typeText} column "${columnName}": half of a surrogate pair is not text`
  return { code: 'DDB_INPUT_ENCODING', message, columnName }
}

/** The fault of a member, or by position an element, that no column takes. @param prefix  of the names in its object */
export function extraFault(
  prefix: string,
  key: string,
  members: readonly JsonMember[],
  byPosition: boolean,
): Fault {
  const names = members.map(member => member.name)
  const name = `${prefix}${key}`
  const hint = byPosition ? '' : nearestHint(name, names)
  const text = Buffer.from(key)
  return {
    code: 'DDB_INPUT_MEMBER',
    message: `${called(name, byPosition)} goes nowhere${hint}: map it with ${option('mapping.map')}, or pass over it with ${option('mapping.ignoreExtra')}`,
    value: clippedText(text, 0, text.length),
  }
}

export function missingFault({ name, columnName }: JsonMember, byPosition: boolean): Fault {
  const message = `the record has no ${called(name, byPosition)}: name another with ${option('mapping.map')}, or leave it null with ${option('mapping.allowMissing')}`
  return { code: 'DDB_INPUT_MEMBER', message, columnName }
}

export function twiceFault(name: string, { columnName }: JsonMember): Fault {
  return {
    code: 'DDB_INPUT_MEMBER',
    message: `the record has member "${name}" twice`,
    columnName,
  }
}

const called = (name: string, byPosition: boolean): string =>
  byPosition ? `element ${name}` : `member "${name}"`
