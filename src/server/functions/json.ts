/*
  Standard JSON in and out (DolphinDB manual, pages fromStdJson, toStdJson).
*/
import { dataTypes } from '../../protocol/data-type.js'
import { elementAt } from '../../protocol/element.js'
import { formatScalar } from '../../protocol/text.js'
import type { Scalar } from '../../protocol/value.js'
import { explicitNull } from '../../protocol/value.js'
import type { Builtin } from '../script/builtin.js'
import { ScriptError } from '../script/builtin.js'
import { makeDictionary } from '../script/dictionary.js'
import { elementsOf } from '../script/items.js'
import { readNumber } from '../script/literal.js'
import { boolScalar, doubleScalar, stringScalar, textOf, textsOf } from '../script/scalar.js'
import type { ServerValue } from '../script/values.js'
import { tupleOf, vectorOfElements } from '../script/vector-literal.js'
import { unaryFunction } from './define.js'

const fromStdJson = unaryFunction('fromStdJson', value => {
  const texts = textsOf(value)
  if (texts === undefined) throw new ScriptError('fromStdJson: X must be a string.')
  const parsed = texts.map(text => fromJson(parseJson(text)))
  return value.form === 'scalar' ? parsed[0]! : tupleOf(parsed)
})

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ScriptError('fromStdJson: the string is not valid JSON.')
  }
}

function fromJson(json: unknown): ServerValue {
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
  if (Array.isArray(json)) return vectorOfElements(json.map(fromJson))
  if (typeof json !== 'object' || json === null) return explicitNull
  const entries = Object.entries(json)
  const keys = entries.map(([key]) => stringScalar(key))
  return makeDictionary(
    keys,
    entries.map(([, value]) => fromJson(value)),
  )
}

/** A text that is a date or a time as a whole becomes one. */
function temporalOf(text: string): ServerValue | undefined {
  if (!/^\d{1,4}[.:]\d/.test(text)) return undefined
  const literal = readNumber(text, 0)
  if (literal?.end !== text.length) return undefined
  return dataTypes[literal.value.type].category === 'temporal' ? literal.value : undefined
}

function toJson(value: ServerValue): string {
  switch (value.form) {
    case 'scalar':
      return scalarJson(value)
    case 'vector':
    case 'arrayVector':
      return arrayJson(elementsOf(value))
    case 'list':
      return arrayJson(value.elements)
    case 'set':
      return arrayJson(elementsOf(value.elements))
    case 'serverDictionary':
      return objectJson(
        [...value.entries.values()].map(({ key, value: entry }) => [keyJson(key), entry]),
      )
    case 'serverTable': {
      const columns = value.columnNames.map((name, index) => ({
        name,
        column: value.column(index),
      }))
      const rows = Array.from({ length: value.rows }, (_, row) =>
        objectJson(
          columns.map(({ name, column }) => [
            JSON.stringify(name),
            elementAt(column, row) as ServerValue,
          ]),
        ),
      )
      return `[${rows.join(',')}]`
    }
    default:
      throw new ScriptError(`toStdJson does not convert a ${value.form}.`)
  }
}

function arrayJson(elements: readonly ServerValue[]): string {
  return `[${elements.map(toJson).join(', ')}]`
}

function objectJson(entries: readonly (readonly [string, ServerValue])[]): string {
  return `{${entries.map(([key, value]) => `${key}: ${toJson(value)}`).join(',')}}`
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

export const jsonFunctions: readonly Builtin[] = [
  fromStdJson,
  unaryFunction('toStdJson', value => stringScalar(toJson(value))),
]
