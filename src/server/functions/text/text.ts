/*
  Prints values, and provides functions of text (DolphinDB manual, pages left and fromStdJson).
*/
import { columnTypeOf, elementAt, vectorOf } from '../../../protocol/element.js'
import { formatElement, formatScalar, formatValue } from '../../../protocol/value-text.js'
import { type Column, type Scalar, type Vector, explicitNull } from '../../../protocol/value.js'
import { ScriptError } from '../../script-error.js'
import type { Builtin, ServerValue } from '../../values/server-value.js'
import { boolScalar, doubleScalar, readNumber, stringScalar, textsOf } from '../../values/scalar.js'
import { defaultDecodeLimits } from '../../../protocol/decode-context.js'
import { functionText, makeDictionary, setEntry } from '../../elements/dictionary.js'
import { columnTypeText, dataTypes } from '../../../protocol/data-type.js'
import { tupleOf, vectorOfElements } from '../../values/vector-literal.js'
import { binaryFunction, integerArgument, unaryFunction } from '../arguments.js'
import { isLiteral, operandOf, scalarAt, textsOfVector } from '../../operators/operands.js'

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
      return gridText(
        value.columnNames.map((name, index) => ({ name, column: value.column(index) })),
        value.rows,
      )
    case 'serverDictionary':
      return [...value.entries.values()]
        .map(entry => `${printText(entry.key)}->${printText(entry.value)}`)
        .join('\n')
    case 'list':
      return listText(
        value.elements.map(element => printText(element)),
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

interface GridColumn {
  name: string
  column: Column
}

/** Prints columns next to each other, under their names. Each column is as wide as its widest cell. */
function gridText(columns: readonly GridColumn[], rows: number): string {
  const shown = Math.min(rows, maxRows)
  const cells = columns.map(({ name, column }) => {
    const texts = [name, '']
    for (let row = 0; row < shown; row++) texts.push(cellText(column, row))
    const width = Math.max(...texts.map(text => text.length))
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
  if (text.length > maxParsedLength) {
    throw new ScriptError(
      `fromStdJson: the string must not be longer than ${maxParsedLength} characters.`,
    )
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new ScriptError('fromStdJson: the string is not valid JSON.')
  }
}

function fromJson(json: unknown, depth: number): ServerValue {
  switch (typeof json) {
    case 'string':
      return temporalOf(json) ?? stringScalar(json)
    case 'number':
      return doubleScalar(json)
    case 'boolean':
      return boolScalar(json)
    default:
      break
  }
  if (typeof json !== 'object' || json === null) return explicitNull
  if (depth >= defaultDecodeLimits.maxDepth) {
    throw new ScriptError(
      `fromStdJson: the string is nested deeper than ${defaultDecodeLimits.maxDepth} levels.`,
    )
  }
  const values: ServerValue[] = []
  const dictionary = makeDictionary([], [])
  for (const [key, element] of Object.entries(json) as [string, unknown][]) {
    const value = fromJson(element, depth + 1)
    if (Array.isArray(json)) values.push(value)
    else setEntry(dictionary, stringScalar(key), value)
  }
  return Array.isArray(json) ? vectorOfElements(values) : dictionary
}

/** The temporal value of a text that consists only of a date or a time; undefined for other texts. */
function temporalOf(text: string): ServerValue | undefined {
  if (!/^\d{1,4}[.:]\d/.test(text)) return undefined
  const literal = readNumber(text, 0)
  if (literal?.end !== text.length) return undefined
  return dataTypes[literal.value.type].category === 'temporal' ? literal.value : undefined
}

export const stringFunctions: readonly Builtin[] = [
  unaryFunction('fromStdJson', value => {
    const texts = textsOf(value)
    if (texts === undefined) throw new ScriptError('fromStdJson: X must be a string.')
    const parsed: ServerValue[] = []
    for (const text of texts) parsed.push(fromJson(parseJson(text), 0))
    return value.form === 'scalar' ? parsed[0]! : tupleOf(parsed)
  }),
  /** The first n characters of each text; '' for a null. */
  binaryFunction('left', (value, number) => {
    const n = integerArgument(number, 'n')
    const { vector, rebuild } = operandOf(value, 'left')
    if (!isLiteral(vector.type) && vector.type !== 'CHAR' && vector.type !== 'VOID') {
      throw new ScriptError('left: X must be a string or a vector of strings.')
    }
    const data = textsOfVector(vector).map(text => text.slice(0, Math.max(0, n)))
    const type = vector.type === 'SYMBOL' ? 'SYMBOL' : 'STRING'
    return rebuild(vectorOf({ type }, data) as Vector)
  }),
]
