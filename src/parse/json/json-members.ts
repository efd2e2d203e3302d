/*
  Lists the members of JSON objects that fill columns, with the kinds of values that each member may have.
*/
import { columnTypeText } from '../../protocol/data-type.js'
import { textSources, type ColumnMapping, type MappedColumn } from '../../schema/cell-source.js'
import type { CellRules } from '../cell-rules.js'
import { cellTypeOf, hasDateFormat } from '../types/column-types.js'
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
