/*
  Vectors read as text, as string(x) makes it.
*/
import type { DataType } from '../../../protocol/data-type.js'
import { nullInt8 } from '../../../protocol/null-value.js'
import { stringsOf } from '../../../protocol/types/strings.js'
import { formatElement } from '../../../protocol/value-text.js'
import type { Vector } from '../../../protocol/value.js'

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
