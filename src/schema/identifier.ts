/* Names that a script may contain without quotes (docs/server-semantics.md#text-of-values). */

import { dataTypes } from '../protocol/data-type.js'

/** Begins with a letter or a Chinese character. Letters, Chinese characters, digits and `_` may follow. Literals are no names. */
const identifier = /^(?!(?:null|NULL|true|false)$)[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]*$/

/** From DolphinDB's manual (page Variables). Case matters: a column can be named `date`, but not `DATE`. */
const reservedWords: ReadonlySet<string> = new Set([
  ...Object.keys(dataTypes),
  ...'FUNCTIONDEF HANDLE CODE DATASOURCE RESOURCE'.split(' '),
  ...'SCALAR PAIR VECTOR MATRIX SET DICT TABLE'.split(' '),
  ...'LINE PIE COLUMN BAR AREA HISTOGRAM SCATTER'.split(' '),
  ...'VALUE RANGE HASH LIST COMPO VAR SHARED DEF HEAD CURRENT TAIL NULL null pi e'.split(' '),
  ...'for do if continue break select exec delete update true false def return'.split(' '),
  ...'module use try throw assert const share timer'.split(' '),
])

/** True if no table, column or function can have this name. */
export const isReservedWord = (text: string): boolean => reservedWords.has(text)

export const isIdentifier = (text: string): boolean => identifier.test(text)
