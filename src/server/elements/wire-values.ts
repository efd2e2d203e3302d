/*
  Converts received values to script values, and script values to values that can be sent.
*/
import { dataTypes } from '../../protocol/data-type.js'
import { vectorOf } from '../../protocol/element.js'
import type { Dictionary, Value, Vector } from '../../protocol/value.js'
import { tableFromWire, tableToWire } from '../tables/memory-table.js'
import { dictionaryFromWire, dictionaryKeys, dictionaryValues } from './dictionary.js'
import { intScalar } from '../values/scalar.js'
import type { FunctionValue, ServerDictionary, ServerValue } from '../values/server-value.js'
import { castVector } from '../operators/cast.js'

/** The number of each kind of function in the protocol (docs/protocol.md#data-types). */
const functionKinds = { builtin: 0, user: 3, partial: 4 } as const

/** Does not copy vectors: the session owns them after this call. */
export function fromWire(value: Value): ServerValue {
  switch (value.form) {
    case 'table':
      return tableFromWire(value)
    case 'dictionary':
      return dictionaryFromWire(value, fromWire)
    default:
      return value
  }
}

/** Converts functions and handles to text, and types to their numbers (docs/protocol.md#data-forms). */
export function toWire(value: ServerValue): Value {
  switch (value.form) {
    case 'serverTable':
      return tableToWire(value)
    case 'serverDictionary':
      return dictionaryToWire(value)
    case 'database':
      return { form: 'scalar', type: 'HANDLE', value: value.path }
    case 'function':
      return {
        form: 'scalar',
        type: 'FUNCTIONDEF',
        functionKind: functionKinds[value.kind],
        value: functionText(value),
      }
    case 'type':
      return intScalar(dataTypes[value.column.type].id)
    case 'list': {
      const data = value.elements.map(toWire)
      return { form: 'vector', type: 'ANY', length: data.length, data }
    }
    default:
      return value
  }
}

/** The text that printing a function shows: its name, its source, or `f{…}`. */
export function functionText(fn: FunctionValue): string {
  switch (fn.kind) {
    case 'builtin':
      return fn.name
    case 'user':
      return fn.name === '' ? fn.definition.source : fn.name
    case 'partial':
      return `${functionText(fn.target)}{${fn.bound.map(() => '…').join(', ')}}`
  }
}

function dictionaryToWire(value: ServerDictionary): Dictionary {
  const { valueType } = value
  const keys = dictionaryKeys(value)
  const typed = valueType === undefined ? undefined : dictionaryValues(value)
  if (valueType !== undefined && typed?.form === 'vector') {
    const values =
      typed.length === 0 ? (vectorOf(valueType, []) as Vector) : castVector(typed, valueType)
    return { form: 'dictionary', keys, values }
  }
  const data = [...value.entries.values()].map(entry => toWire(entry.value))
  return {
    form: 'dictionary',
    keys,
    values: { form: 'vector', type: 'ANY', length: data.length, data },
  }
}
