/*
  Texts that columns take from an input's name. Rejects must keep these texts, because a rejects file does not have the input's name.
*/
import type { InputTexts } from '../../parse/columns/template-column.js'
import type { ColumnMapping, MappingRules } from '../../schema/cell-source.js'
import { inputTextNames } from '../../schema/set-columns.js'
import type { RejectReading } from '../rejects/reject-run.js'

/** The texts to keep; undefined if no column contains a part of the input's name. */
type HeldTexts = Pick<RejectReading, 'texts' | 'parts'> | undefined

/** Cached, because thousands of inputs may share a mapping. Most lists are empty: few columns use the input's name. */
const known = new WeakMap<ColumnMapping, readonly string[]>()

function namesIn(mapping: ColumnMapping): readonly string[] {
  const names = known.get(mapping) ?? inputTextNames(mapping)
  known.set(mapping, names)
  return names
}

export function heldTexts(
  mapping: ColumnMapping,
  texts: InputTexts,
  set: MappingRules['set'] = {},
): HeldTexts {
  const names = namesIn(mapping)
  if (names.length === 0) return undefined
  const parts = mapping.columns.filter(
    ({ name, source }) => source.kind === 'template' && !Object.hasOwn(set, name),
  )
  return {
    texts: Object.fromEntries(names.map(name => [name, texts[name] ?? null])),
    parts: parts.map(({ name }) => name),
  }
}
