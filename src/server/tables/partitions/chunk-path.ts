/*
  The path that error texts call a partition by, such as `/20240102/Key3`
  (docs/server-semantics.md#transactions).
*/
import type { Vector } from '../../../protocol/value.js'
import { formatElement } from '../../../protocol/value-text.js'
import type { LevelScheme } from '../database-handle.js'
import { levelOf, maxPartitions } from './partition-level.js'

/** @param partition  as `placeRows` gives it, not −1 */
export function chunkPath(levels: readonly LevelScheme[], partition: number): string {
  let rest = partition
  let path = ''
  for (let level = levels.length - 1; level >= 0; level--) {
    path = `/${labelOf(levels[level]!, rest % maxPartitions)}${path}`
    rest = Math.floor(rest / maxPartitions)
  }
  return path
}

/** The name of a partition's folder within its level. */
function labelOf(scheme: LevelScheme, number: number): string {
  switch (scheme.type) {
    case 'HASH':
      return `Key${number}`
    case 'LIST':
      return `List${number}`
    case 'RANGE':
      return `${valueText(scheme, number)}_${valueText(scheme, number + 1)}`
    default:
      return valueText(scheme, number)
  }
}

/** Dates are written without dots: 20240102. */
function valueText(scheme: LevelScheme, index: number): string {
  const text = formatElement(levelOf(scheme).schema as Vector, index)
  return /^\d[\d.:]*M?$/.test(text) ? text.replaceAll(/[.:]/g, '') : text
}
