/*
  `+` on text: both sides as text, one after the other.
*/
import type { DataType } from '../../../protocol/data-type.js'
import { nullInt8 } from '../../../protocol/null-value.js'
import { stringsOf } from '../../../protocol/types/strings.js'
import { formatElement } from '../../../protocol/value-text.js'
import type { Vector } from '../../../protocol/value.js'
import { ScriptError } from '../../script-error.js'
import type { Pairing } from './pairing.js'

/** Characters of a text that functions make at most; a real server's requests are not longer either. */
const maxTextLength = 16_777_216

/** True for types that hold text. */
export function isLiteral(type: DataType): boolean {
  return type === 'STRING' || type === 'SYMBOL' || type === 'BLOB'
}

/** Every element as text, as string(x) gives it; nulls are ''. */
export function textsOfVector(vector: Vector): readonly string[] {
  if (vector.type === 'STRING') {
    const texts = stringsOf(vector)
    return texts.length === vector.length ? texts : texts.slice(0, vector.length)
  }
  if (vector.type === 'CHAR') {
    return Array.from(vector.data.subarray(0, vector.length), charText)
  }
  const texts = new Array<string>(vector.length)
  if (vector.type === 'SYMBOL') {
    for (let i = 0; i < vector.length; i++) texts[i] = vector.base[vector.codes[i]!] ?? ''
    return texts
  }
  for (let i = 0; i < vector.length; i++) texts[i] = formatElement(vector, i)
  return texts
}

/** A CHAR prints in quotes, but as text it is its character; codes that cannot be printed are their number. */
function charText(code: number): string {
  if (code === nullInt8) return ''
  return code > 31 && code < 127 ? String.fromCharCode(code) : String(code)
}

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
