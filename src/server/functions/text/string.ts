/*
  left and split: functions of text (DolphinDB manual, pages of each name).
*/
import { vectorOf } from '../../../protocol/element.js'
import type { Vector } from '../../../protocol/value.js'
import { isLiteral, textsOfVector } from '../../operators/operands/operand-texts.js'
import { operandOf } from '../../operators/operands/pairing.js'
import { ScriptError } from '../../script-error.js'
import type { Builtin } from '../../values/builtin.js'
import { stringVector, textsOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleOf } from '../../values/vector-literal.js'
import { integerArgument, textArgument } from '../arguments.js'
import { binaryFunction, defineFunction } from '../define.js'

/** left(X, n): the first n characters of each text; nulls are ''. */
const left = binaryFunction('left', (value, number) => {
  const n = integerArgument(number, 'n')
  const { vector, rebuild } = operandOf(value, 'left')
  if (!isLiteral(vector.type) && vector.type !== 'CHAR' && vector.type !== 'VOID') {
    throw new ScriptError('left: X must be a string or a vector of strings.')
  }
  const data = textsOfVector(vector).map(text => text.slice(0, Math.max(0, n)))
  const type = vector.type === 'SYMBOL' ? 'SYMBOL' : 'STRING'
  return rebuild(vectorOf({ type }, data) as Vector)
})

const bytesPerPart = 32

/** split(str, [delimiter]): STRING vector, or single characters without a delimiter. */
const split = defineFunction('split', ['str', 'delimiter'], 1, (context, [value, delimiter]) => {
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

export const stringFunctions: readonly Builtin[] = [left, split]
