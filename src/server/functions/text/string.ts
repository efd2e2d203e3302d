/*
  Functions of text: left, split, and values of standard JSON (DolphinDB manual, pages of each name).
*/
import { vectorOf } from '../../../protocol/element.js'
import { type Vector, explicitNull } from '../../../protocol/value.js'
import { isLiteral, textsOfVector } from '../../operators/operands/operands.js'
import { operandOf } from '../../operators/operands/pairing.js'
import { ScriptError } from '../../script-error.js'
import type { Builtin, CallContext } from '../../values/builtin.js'
import {
  stringVector,
  textsOf,
  boolScalar,
  doubleScalar,
  stringScalar,
} from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleOf, vectorOfElements } from '../../values/vector-literal.js'
import {
  builtin,
  integerArgument,
  textArgument,
  binaryFunction,
  unaryFunction,
} from '../arguments.js'
import { dataTypes } from '../../../protocol/data-type.js'
import { defaultDecodeLimits } from '../../../protocol/decode-context.js'
import { makeDictionary, setEntry } from '../../elements/dictionary.js'
import { readNumber } from '../../values/literal.js'

const bytesPerPart = 32

/** STRING vector, or single characters without a delimiter. */
const split = builtin('split(str, [delimiter])', (context, [value, delimiter]) => {
  const texts = textsOf(value)
  if (texts === undefined) throw new ScriptError('split: str must be a string.')
  let count = 0
  const parts = texts.map(text => {
    // As many pieces as it has characters, at the most.
    count += text.length
    context.memory.expect(count * bytesPerPart)
    return splitText(text, delimiter)
  })
  return parts.length === 1 && value!.form === 'scalar' ? parts[0]! : tupleOf(parts)
})

function splitText(text: string, delimiter: ServerValue | undefined): Vector {
  if (delimiter === undefined) {
    const data = Int8Array.from(text, char => char.charCodeAt(0))
    return { form: 'vector', type: 'CHAR', length: data.length, data }
  }
  return stringVector(text === '' ? [] : text.split(textArgument(delimiter, 'delimiter')))
}

export const stringFunctions: readonly Builtin[] = [
  /** The first n characters of each text; nulls are ''. */
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
  split,
]

/** JSON is parsed in one go: what takes a tenth of a second. */
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

export const jsonFunctions: readonly Builtin[] = [
  unaryFunction('fromStdJson', (value, context) => {
    const texts = textsOf(value)
    if (texts === undefined) throw new ScriptError('fromStdJson: X must be a string.')
    const parsed: ServerValue[] = []
    for (const text of texts) parsed.push(fromJson(context, parseJson(text), 0))
    return value.form === 'scalar' ? parsed[0]! : tupleOf(parsed)
  }),
]
