/*
  A value of the server without a password that it repeats there. Texts are looked at, and bytes that may be one; a number
  is never taken for a password.
*/
import type { Hide } from '../../client/login/hide-password.js'
import type { Column, Value, Vector } from '../../protocol/value.js'

/** @returns the value itself if nothing in it is to be hidden */
export function hideInValue(value: Value, hide: Hide): Value {
  switch (value.form) {
    case 'scalar': {
      if (typeof value.value === 'string') return changed(value, { value: hide(value.value) })
      if (value.type !== 'BLOB') return value
      return changed(value, { value: hiddenBytes(value.value, hide) })
    }
    case 'vector':
    case 'arrayVector':
      return hideInColumn(value, hide)
    case 'pair':
    case 'set':
      return changed(value, { elements: hideInVector(value.elements, hide) })
    case 'matrix': {
      const { elements, rowLabels, columnLabels } = value
      return changed(value, {
        elements: hideInVector(elements, hide),
        ...(rowLabels === undefined ? {} : { rowLabels: hideInVector(rowLabels, hide) }),
        ...(columnLabels === undefined ? {} : { columnLabels: hideInVector(columnLabels, hide) }),
      })
    }
    case 'dictionary': {
      const keys = hideInVector(value.keys, hide)
      return changed(value, { keys, values: hideInVector(value.values, hide) })
    }
    case 'table': {
      const columns = mapped(value.columns, column => hideInColumn(column, hide))
      return changed(value, { columns, columnNames: mapped(value.columnNames, hide) })
    }
  }
}

function hideInColumn(column: Column, hide: Hide): Column {
  if (column.form === 'vector') return hideInVector(column, hide)
  return changed(column, { cells: hideInVector(column.cells, hide) })
}

function hideInVector(vector: Vector, hide: Hide): Vector {
  switch (vector.type) {
    case 'STRING':
      return 'data' in vector ? changed(vector, { data: mapped(vector.data, hide) }) : vector
    case 'SYMBOL':
      return changed(vector, { base: mapped(vector.base, hide) })
    case 'BLOB':
      return 'data' in vector
        ? changed(vector, { data: mapped(vector.data, bytes => hiddenBytes(bytes, hide)) })
        : vector
    case 'ANY':
      return changed(vector, { data: mapped(vector.data, each => hideInValue(each, hide)) })
    default:
      return vector
  }
}

function hiddenBytes(bytes: Uint8Array, hide: Hide): Uint8Array {
  const text = Buffer.from(bytes).toString('utf8')
  const safe = hide(text)
  return safe === text ? bytes : Buffer.from(safe)
}

/** The list itself where each of its elements stays. */
function mapped<Element>(
  list: readonly Element[],
  change: (element: Element) => Element,
): readonly Element[] {
  const made = list.map(change)
  return made.every((element, i) => element === list[i]) ? list : made
}

/** The object itself where each of the members has that value already. */
function changed<Whole extends object>(whole: Whole, members: Partial<Whole>): Whole {
  const names = Object.keys(members) as (keyof Whole)[]
  return names.every(name => whole[name] === members[name]) ? whole : { ...whole, ...members }
}
