/* The members of JSON objects that fill columns: the kinds of values that each may have, and the levels of objects in which they stand. */
import { columnTypeText } from '../../protocol/data-type.js'
import { textSources, type ColumnMapping, type MappedColumn } from '../../schema/cell-source.js'
import { uniqueByLowerCase } from '../../schema/field-names.js'
import type { CellRules } from '../cell-rules.js'
import { utf8Text } from '../cells/cell-bytes.js'
import { hasNumberStyle } from '../cells/read-number.js'
import { cellTypeOf, formatHintFor, hasDateFormat } from '../types/column-types.js'
import { jsonKinds } from './json-kinds.js'

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
  readonly formatHint?: ReturnType<typeof formatHintFor>
}

/** Whether records may have other members, lack some or be arrays, and whether a value of the wrong kind is null and only counted. */
export type MemberRules = Pick<
  ColumnMapping,
  'ignoreExtra' | 'allowMissing' | 'byPosition' | 'fromPath'
> &
  Pick<CellRules, 'lenient' | 'nullTexts'>

/** Lists the members that fill columns. If a member fills several columns, its values must suit all of them. */
export function jsonMembers(mapping: ColumnMapping, cells: CellRules): JsonMember[] {
  const members = new Map<string, JsonMember>()
  for (const column of mapping.columns) {
    const { kinds, elementKinds } = kindsOf(column, cells)
    for (const source of textSources(column.source)) {
      if (source.kind !== 'member') continue
      const other = members.get(source.name)
      members.set(source.name, {
        name: source.name,
        kinds: kinds & (other?.kinds ?? kinds),
        elementKinds: elementKinds & (other?.elementKinds ?? elementKinds),
        columnName: other?.columnName ?? column.name,
        typeText: other?.typeText ?? columnTypeText(column.type),
        formatHint: formatHintFor(column.name, column.type.type),
      })
    }
  }
  return [...members.values()]
}

const scalar = jsonKinds.string | jsonKinds.number | jsonKinds.boolean

/** Kinds allowed besides null. A date may be a number if the column has a format for reading the number. */
export function kindsOf(
  { name, type, source }: MappedColumn,
  cells: CellRules,
): Pick<JsonMember, 'kinds' | 'elementKinds'> {
  // A text of `mapping.set` with names of members.
  if (source.kind === 'template') return { kinds: scalar, elementKinds: 0 }
  const takesNumber = hasDateFormat(name, type.type, cells)
  const read = cellTypeOf(type.type)
  const kinds = (read?.jsonKinds ?? 0) | (takesNumber ? jsonKinds.number : 0)
  if (type.array === true) {
    // Elements are read together, as JSON's own numbers, which have no style.
    const isStyled = read !== undefined && 'spelling' in read && hasNumberStyle(cells)
    return { kinds: jsonKinds.array, elementKinds: isStyled ? kinds & ~jsonKinds.string : kinds }
  }
  return { kinds, elementKinds: 0 }
}

/** Names of members that name the elements of records beside them. */
export const namesKey = /^(?:fields|columns|headers?|names|column_?names)$/i

/** The texts of an array of texts; undefined for any other array. */
export function namesIn(array: Uint8Array): readonly string[] | undefined {
  const elements = JSON.parse(utf8Text(array)) as unknown[]
  const names = elements.filter(one => typeof one === 'string')
  return names.length > 0 && names.length === elements.length ? names : undefined
}

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

/** The record with the members of these names, and the levels inside it. `a.b` is a member of that name, or `b` of the object `a`. */
export function recordLevel(
  names: readonly string[],
  prefix = '',
  levels: Map<string, JsonLevel> = new Map(),
): JsonLevel {
  const known = levels.get(prefix)
  if (known !== undefined) return known
  const entries = new Map<string, JsonEntry>()
  const fields = [...names.keys()].filter(field => names[field]!.startsWith(prefix))
  for (const field of fields) {
    const name = names[field]!.slice(prefix.length)
    entries.set(name, { field, level: entries.get(name)?.level })
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const key = name.slice(0, dot)
      const { field = -1, level } = entries.get(key) ?? {}
      entries.set(key, { field, level: level ?? recordLevel(names, `${prefix}${key}.`, levels) })
    }
  }
  const alike = uniqueByLowerCase(entries.keys())
  const level = { prefix, entries, alike, fields, seenIn: 0 }
  levels.set(prefix, level)
  return level
}
