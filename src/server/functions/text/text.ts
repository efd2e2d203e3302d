/*
  Prints values, and provides functions of text (DolphinDB manual, pages left and fromStdJson).
*/
import {
  columnTypeOf,
  elementAt,
  formatElement,
  formatScalar,
  formatValue,
  vectorOf,
} from '../../../protocol/element.js'
import { type Column, type Scalar, type Vector, explicitNull } from '../../../protocol/value.js'
import { ScriptError } from '../../script-error.js'
import type { ServerTable } from '../../tables/server-table.js'
import type { Builtin, ServerValue } from '../../values/server-value.js'
import { boolScalar, doubleScalar, readNumber, stringScalar } from '../../values/scalar.js'
import { defaultDecodeLimits } from '../../../protocol/decode-context.js'
import { functionText, makeDictionary } from '../../elements/dictionary.js'
import { columnTypeText, dataTypes } from '../../../protocol/data-type.js'
import { vectorOfElements } from '../../values/vector-literal.js'
import { builtin } from '../arguments.js'
import { textsOfVector } from '../../columns/column-layout.js'
import { isLiteral, operandOf, scalarAt } from '../../operators/operands.js'

/** Printed output shows at most this many rows of a table, and this many elements of a vector. */
const maxRows = 30
const maxElements = 100

/** Prints a value; tables and dictionaries take several lines. `...` replaces omitted rows or elements. */
export function printText(value: ServerValue): string {
  switch (value.form) {
    case 'scalar':
      return formatScalar(value)
    case 'vector':
    case 'arrayVector':
      return listText(elementTexts(value), value.form === 'vector' && value.type === 'ANY')
    case 'pair':
      return [0, 1].map(index => quoted(scalarAt(value.elements, index))).join(' : ')
    case 'set':
      return `set(${elementTexts(value.elements).join(',')})`
    case 'matrix':
      return formatValue(value)
    case 'serverTable':
      return gridText(value)
    case 'serverDictionary':
      return [...value.entries.values()]
        .map(entry => `${printText(entry.key)}->${printText(entry.value)}`)
        .join('\n')
    case 'type':
      return columnTypeText(value.column)
    case 'function':
      return functionText(value)
    case 'database':
      return `DB[${value.path}]`
  }
}

function elementTexts(column: Column): string[] {
  const count = Math.min(column.length, maxElements)
  const texts = Array.from({ length: count }, (_, row) => {
    const element = elementAt(column, row) as ServerValue
    return element.form === 'scalar' ? quoted(element) : printText(element)
  })
  if (column.length > count) texts.push('...')
  return texts
}

/** Quotes texts, as in the elements of vectors and pairs. */
function quoted(scalar: Scalar): string {
  const text = formatScalar(scalar)
  return isLiteral(scalar.type) ? `"${text}"` : text
}

function listText(texts: readonly string[], isTuple: boolean): string {
  const joined = texts.join(',')
  return isTuple ? `(${joined})` : `[${joined}]`
}

/** Prints columns next to each other, under their names. Each column is as wide as its widest cell. */
function gridText(table: ServerTable): string {
  const shown = Math.min(table.rows, maxRows)
  const columns = table.columnNames.map((name, index) => {
    const column = table.column(index)
    const texts = Array.from({ length: shown }, (_, row) => cellText(column, row))
    const width = Math.max(...[name, ...texts].map(text => text.length))
    return [name, '-'.repeat(width), ...texts].map(text => text.padEnd(width))
  })
  const lines = Array.from({ length: shown + 2 }, (_, line) =>
    columns
      .map(texts => texts[line]!)
      .join(' ')
      .trimEnd(),
  )
  return [...lines, ...(table.rows > shown ? ['...'] : [])].join('\n')
}

function cellText(column: Column, row: number): string {
  const { type, array } = columnTypeOf(column)
  if (type === 'ANY' || array) {
    return printText(elementAt(column, row) as ServerValue)
  }
  return formatElement(column, row)
}

/** Longest JSON text, in characters. The server parses JSON without a pause; this length takes a tenth of a second. */
const maxParsedLength = 2_097_152

function parseJson(text: string): unknown {
  try {
    if (text.length <= maxParsedLength) return JSON.parse(text)
  } catch {
    throw new ScriptError('fromStdJson: the string is not valid JSON.')
  }
  throw new ScriptError(
    `fromStdJson: the string must not be longer than ${maxParsedLength} characters.`,
  )
}

function fromJson(json: unknown, depth: number): ServerValue {
  if (typeof json === 'string') return temporalOf(json) ?? stringScalar(json)
  if (typeof json === 'number') return doubleScalar(json)
  if (typeof json === 'boolean') return boolScalar(json)
  if (typeof json !== 'object' || json === null) return explicitNull
  if (depth >= defaultDecodeLimits.maxDepth) {
    throw new ScriptError(
      `fromStdJson: the string is nested deeper than ${defaultDecodeLimits.maxDepth} levels.`,
    )
  }
  const entries = Object.entries(json)
  const values = entries.map(([, value]) => fromJson(value, depth + 1))
  if (Array.isArray(json)) return vectorOfElements(values)
  return makeDictionary(
    entries.map(([name]) => stringScalar(name)),
    values,
  )
}

/** The temporal value of a text that consists only of a date or a time; undefined for other texts. */
function temporalOf(text: string): ServerValue | undefined {
  if (!/^\d{1,4}[.:]\d/.test(text)) return undefined
  const literal = readNumber(text, 0)
  if (literal?.end !== text.length) return undefined
  return dataTypes[literal.value.type].category === 'temporal' ? literal.value : undefined
}

export const textFunctions: readonly Builtin[] = [
  builtin('fromStdJson(X: text)', (_, [text]) => fromJson(parseJson(text), 0)),
  /** The first n characters of each text; '' for a null. */
  builtin('left(X, n: int)', (_, [value, n]) => {
    const { vector, rebuild } = operandOf(value, 'left')
    if (!isLiteral(vector.type) && vector.type !== 'CHAR' && vector.type !== 'VOID') {
      throw new ScriptError('left: X must be a string or a vector of strings.')
    }
    const data = textsOfVector(vector).map(text => text.slice(0, Math.max(0, n)))
    const type = vector.type === 'SYMBOL' ? 'SYMBOL' : 'STRING'
    return rebuild(vectorOf({ type }, data) as Vector)
  }),
]
