/*
  `+` on text: both sides as text, one after the other.
*/
import type { Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { textsOfVector } from './operands/operand-texts.js'
import type { Pairing } from './operands/pairing.js'

/** Characters of a text that functions make at most; a real server's requests are not longer either. */
const maxTextLength = 16_777_216

/** Null is '', so text beside a null stays. */
export function concatenate(pairing: Pairing): Vector {
  const { left, right, length, leftStep, rightStep } = pairing
  const a = textsOfVector(left)
  const b = textsOfVector(right)
  const data = new Array<string>(length)
  for (let i = 0; i < length; i++) {
    const text = a[i * leftStep]! + b[i * rightStep]!
    if (text.length > maxTextLength) {
      throw new ScriptError(`A text must not be longer than ${maxTextLength} characters.`)
    }
    data[i] = text
  }
  return { form: 'vector', type: 'STRING', length, data }
}
