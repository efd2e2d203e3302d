/*
  Values as the server prints them: what print(x) sends and string forms of tables and dictionaries are made of.
*/
import { columnTypeOf, elementAt } from '../../../protocol/element.js'
import { formatElement, formatScalar } from '../../../protocol/value-text.js'
import type { Column, Scalar } from '../../../protocol/value.js'
import type { RequestMemory } from '../../values/request-memory.js'
import { matrixColumn } from '../../operators/matrix.js'
import { scalarAt } from '../../operators/operands/pairing.js'
import { isLiteral } from '../../operators/operands/operands.js'
import type { ServerValue } from '../../values/server-value.js'
import { functionText } from '../../elements/wire-values.js'
import { columnTypeText } from '../../../protocol/data-type.js'

/** Rows of a table, and elements of a vector, that are printed at most. */
const maxRows = 30
const maxElements = 100

/**
 * Several lines for tables, matrices and dictionaries; what is too long ends with `...`.
 *
 * @param memory  asked for the room that columns as wide as their widest cell take
 */
export function printText(value: ServerValue, memory: RequestMemory): string {
  switch (value.form) {
    case 'scalar':
      return formatScalar(value)
    case 'vector':
    case 'arrayVector':
      return listText(elementTexts(value, memory), value.form === 'vector' && value.type === 'ANY')
    case 'pair':
      return [0, 1].map(index => quoted(scalarAt(value.elements, index))).join(' : ')
    case 'set':
      return `set(${elementTexts(value.elements, memory).join(',')})`
    case 'matrix':
      return gridText(
        Array.from({ length: value.columns }, (_, index) => ({
          name: `#${index}`,
          column: matrixColumn(value, index),
        })),
        value.rows,
        memory,
      )
    case 'serverTable':
      return gridText(
        value.columnNames.map((name, index) => ({ name, column: value.column(index) })),
        value.rows,
        memory,
      )
    case 'serverDictionary':
      return [...value.entries.values()]
        .map(entry => `${printText(entry.key, memory)}->${printText(entry.value, memory)}`)
        .join('\n')
    case 'list':
      return listText(
        value.elements.map(element => printText(element, memory)),
        true,
      )
    case 'type':
      return columnTypeText(value.column)
    case 'function':
      return functionText(value)
    case 'database':
      return `DB[${value.path}]`
  }
}

function elementTexts(column: Column, memory: RequestMemory): string[] {
  const count = Math.min(column.length, maxElements)
  const texts = Array.from({ length: count }, (_, row) => {
    const element = elementAt(column, row) as ServerValue
    return element.form === 'scalar' ? quoted(element) : printText(element, memory)
  })
  if (column.length > count) texts.push('...')
  return texts
}

/** Text inside vectors and pairs stands in quotes. */
function quoted(scalar: Scalar): string {
  const text = formatScalar(scalar)
  return isLiteral(scalar.type) ? `"${text}"` : text
}

function listText(texts: readonly string[], isTuple: boolean): string {
  const joined = texts.join(',')
  return isTuple ? `(${joined})` : `[${joined}]`
}

interface GridColumn {
  name: string
  column: Column
}

/** Columns side by side under their names, as wide as their widest cell. */
function gridText(columns: readonly GridColumn[], rows: number, memory: RequestMemory): string {
  const shown = Math.min(rows, maxRows)
  let totalWidth = 0
  const cells = columns.map(({ name, column }) => {
    const texts = [name, '']
    for (let row = 0; row < shown; row++) texts.push(cellText(column, row, memory))
    const width = Math.max(...texts.map(text => text.length))
    totalWidth += width
    memory.expect(2 * totalWidth * texts.length)
    texts[1] = '-'.repeat(width)
    return texts.map(text => text.padEnd(width))
  })
  const lines = Array.from({ length: shown + 2 }, (_, line) =>
    cells
      .map(texts => texts[line]!)
      .join(' ')
      .trimEnd(),
  )
  if (rows > shown) lines.push('...')
  return lines.join('\n')
}

function cellText(column: Column, row: number, memory: RequestMemory): string {
  const { type, array } = columnTypeOf(column)
  if (type === 'ANY' || array) {
    return printText(elementAt(column, row) as ServerValue, memory)
  }
  return formatElement(column, row)
}
