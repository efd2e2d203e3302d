/*
  Standard JSON in and out (DolphinDB manual, pages fromStdJson, toStdJson).
*/
import { dataTypes } from '../../../protocol/data-type.js'
import { defaultDecodeLimits } from '../../../protocol/decode-context.js'
import { formatScalar } from '../../../protocol/value-text.js'
import type { Scalar } from '../../../protocol/value.js'
import { explicitNull } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { makeDictionary, setEntry } from '../../elements/dictionary.js'
import { itemsAt } from '../../elements/items.js'
import { readNumber } from '../../values/literal.js'
import { maxTextLength } from '../../operators/operands/operand-texts.js'
import { boolScalar, doubleScalar, stringScalar, textOf, textsOf } from '../../values/scalar.js'
import type { ServerDictionary, ServerValue } from '../../values/server-value.js'
import { tupleOf, vectorOfElements } from '../../values/vector-literal.js'
import type { ServerTable } from '../../tables/server-table.js'
import { unaryFunction } from '../define.js'

/** JSON is parsed in one go: what takes a tenth of a second. */
const maxParsedLength = 2_097_152

const fromStdJson = unaryFunction(
  'fromStdJson',
  function* (value, context) {
    const texts = textsOf(value)
    if (texts === undefined) throw new ScriptError('fromStdJson: X must be a string.')
    const parsed: ServerValue[] = []
    for (const text of texts) parsed.push(yield* fromJson(context, parseJson(text), 0))
    return value.form === 'scalar' ? parsed[0]! : tupleOf(parsed)
  },
  { pace: 'own' },
)

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

function* fromJson(context: CallContext, json: unknown, depth: number): Evaluation<ServerValue> {
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
    const value = yield* fromJson(context, element, depth + 1)
    context.memory.passElement(value)
    if (Array.isArray(json)) values.push(value)
    else setEntry(dictionary, stringScalar(key), value)
    const pause = context.step()
    if (pause !== undefined) yield pause
  }
  return Array.isArray(json) ? vectorOfElements(values) : dictionary
}

/** A text that is a date or a time as a whole becomes one. */
function temporalOf(text: string): ServerValue | undefined {
  if (!/^\d{1,4}[.:]\d/.test(text)) return undefined
  const literal = readNumber(text, 0)
  if (literal?.end !== text.length) return undefined
  return dataTypes[literal.value.type].category === 'temporal' ? literal.value : undefined
}

const toStdJson = unaryFunction(
  'toStdJson',
  function* (value, context) {
    context.memory.checkSize(value)
    const json = new JsonText()
    yield* writeJson(context, value, json)
    return stringScalar(json.text)
  },
  { pace: 'own' },
)

/** Text that grows no longer than a text may. */
class JsonText {
  text = ''

  add(part: string): void {
    this.text += part
    if (this.text.length <= maxTextLength) return
    throw new ScriptError(`toStdJson: the text is longer than ${maxTextLength} characters.`)
  }
}

function* writeJson(context: CallContext, value: ServerValue, json: JsonText): Evaluation<void> {
  switch (value.form) {
    case 'scalar':
      return json.add(scalarJson(value))
    case 'vector':
    case 'arrayVector':
    case 'list':
    case 'set':
      return yield* writeArray(context, value, json)
    case 'serverDictionary':
      return yield* writeEntries(context, value, json)
    case 'serverTable':
      return yield* writeRows(context, value, json)
    default:
      throw new ScriptError(`toStdJson does not convert a ${value.form}.`)
  }
}

function* writeArray(context: CallContext, value: ServerValue, json: JsonText): Evaluation<void> {
  const items = itemsAt(value)
  json.add('[')
  for (let index = 0; index < items.length; index++) {
    if (index > 0) json.add(', ')
    yield* writeElement(context, items.at(index), json)
  }
  json.add(']')
}

/** Most elements are scalars, which need no evaluation of their own. */
function* writeElement(context: CallContext, value: ServerValue, json: JsonText): Evaluation<void> {
  if (value.form === 'scalar') json.add(scalarJson(value))
  else yield* writeJson(context, value, json)
  const pause = context.step()
  if (pause !== undefined) yield pause
}

function* writeEntries(
  context: CallContext,
  { entries }: ServerDictionary,
  json: JsonText,
): Evaluation<void> {
  let before = '{'
  for (const { key, value } of entries.values()) {
    json.add(`${before}${keyJson(key)}: `)
    yield* writeElement(context, value, json)
    before = ','
  }
  json.add(entries.size === 0 ? '{}' : '}')
}

function* writeRows(context: CallContext, table: ServerTable, json: JsonText): Evaluation<void> {
  const columns = table.columnNames.map((_, index) => itemsAt(table.column(index)))
  const names = table.columnNames.map(name => JSON.stringify(name))
  const { rows } = table
  json.add('[')
  for (let row = 0; row < rows; row++) {
    json.add(row === 0 ? '{' : ',{')
    for (const [index, column] of columns.entries()) {
      json.add(`${index === 0 ? '' : ','}${names[index]!}: `)
      yield* writeElement(context, column.at(row), json)
    }
    json.add('}')
  }
  json.add(']')
}

function keyJson(key: ServerValue): string {
  if (key.form !== 'scalar') throw new ScriptError('A dictionary key must be a scalar.')
  return JSON.stringify(textOf(key) ?? formatScalar(key))
}

/** Null is null but for text; dates have a blank where DolphinDB's own text has a T. */
function scalarJson(scalar: Scalar): string {
  if (scalar.value === null) return 'null'
  const text = textOf(scalar)
  if (text !== undefined) return JSON.stringify(text)
  switch (dataTypes[scalar.type].category) {
    case 'logical':
    case 'integral':
    case 'denary':
      return formatScalar(scalar)
    case 'floating':
      return Number.isFinite(scalar.value) ? formatScalar(scalar) : 'null'
    case 'temporal':
      return JSON.stringify(formatScalar(scalar).replace('T', ' '))
    default:
      throw new ScriptError(`toStdJson does not convert the type ${scalar.type}.`)
  }
}

export const jsonFunctions: readonly Builtin[] = [fromStdJson, toStdJson]
