/*
  Values of standard JSON (DolphinDB manual, page fromStdJson).
*/
import { dataTypes } from '../../../protocol/data-type.js'
import { defaultDecodeLimits } from '../../../protocol/decode-context.js'
import { explicitNull } from '../../../protocol/value.js'
import type { Builtin, CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { makeDictionary, setEntry } from '../../elements/dictionary.js'
import { readNumber } from '../../values/literal.js'
import { boolScalar, doubleScalar, stringScalar, textsOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleOf, vectorOfElements } from '../../values/vector-literal.js'
import { unaryFunction } from '../define.js'

/** JSON is parsed in one go: what takes a tenth of a second. */
const maxParsedLength = 2_097_152

const fromStdJson = unaryFunction('fromStdJson', (value, context) => {
  const texts = textsOf(value)
  if (texts === undefined) throw new ScriptError('fromStdJson: X must be a string.')
  const parsed: ServerValue[] = []
  for (const text of texts) parsed.push(fromJson(context, parseJson(text), 0))
  return value.form === 'scalar' ? parsed[0]! : tupleOf(parsed)
})

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

function fromJson(context: CallContext, json: unknown, depth: number): ServerValue {
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
    const value = fromJson(context, element, depth + 1)
    context.memory.made(value)
    if (Array.isArray(json)) values.push(value)
    else setEntry(dictionary, stringScalar(key), value)
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

export const jsonFunctions: readonly Builtin[] = [fromStdJson]
