/*
  Chooses types for all columns. Some options, such as a decimal comma, apply to every column. If such
  an option would harm a different column, the column that needs the option stays text, with a warning.
*/
import { keepsBlanks } from '../parse/types/column-types.js'
import { isDecimal } from '../protocol/data-type.js'
import { chooseType, notationOf, wordKey, type ChosenType, type TypeWishes } from './choose-type.js'
import { sureNulls, type ColumnProbe } from './column-probe.js'

/**
 * Chooses types until no column needs an option that harms a different column. Each round excludes more options.
 * @param probes  of columns that have a type
 */
export function settleTypes(
  probes: readonly ColumnProbe[],
  wishes: TypeWishes,
): readonly ChosenType[] {
  const barred = new Map<string, string>()
  for (;;) {
    const types = probes.map(probe => chooseType(probe, { ...wishes, barred })!)
    const before = barred.size
    barWords(probes, types, barred)
    barNotations(probes, types, barred)
    if (barred.size > before) continue
    const nullTexts = types.flatMap(({ options }) => options.nullTexts ?? [])
    return probes.map(probe => chooseType(probe, { ...wishes, barred, nullTexts })!)
  }
}

/** Stops a word from meaning null if the word may be a text in another column. */
function barWords(
  probes: readonly ColumnProbe[],
  types: readonly ChosenType[],
  barred: Map<string, string>,
): void {
  const texts = probes.filter((_, i) => keepsBlanks(types[i]!.type))
  const found = new Set(texts.flatMap(({ nullWords }) => nullWords.map(({ word }) => word)))
  for (const word of types.flatMap(({ options }) => options.nullTexts ?? [])) {
    const isText = found.has(word) && !sureNulls.includes(word)
    if (isText) barred.set(wordKey(word), 'a text in another column')
  }
}

function barNotations(
  probes: readonly ColumnProbe[],
  types: readonly ChosenType[],
  barred: Map<string, string>,
): void {
  const asked = types.map(({ options }) => options).filter(options => notationOf(options) !== '')
  const first = asked.find(({ thousands }) => thousands !== undefined)
  const areArrays = types.some(
    ({ type }, i) => type.array === true && (probes[i]!.rules.arrayDelimiter ?? ',') === ',',
  )
  const hasPoints = types.some(
    ({ type, options }, i) =>
      options.decimalComma !== true &&
      (type.type === 'DOUBLE' || isDecimal(type.type)) &&
      probes[i]!.facts.has(/\./),
  )
  for (const options of asked) {
    const { thousands, decimalComma } = options
    const why =
      areArrays && (thousands === ',' || decimalComma)
        ? 'numbers with commas, which stand between the elements of arrays in other columns'
        : decimalComma && (hasPoints || first?.thousands === ',')
          ? 'numbers with a decimal comma, and other columns have a point: no option reads both'
          : thousands !== undefined && thousands !== first!.thousands
            ? `numbers with "${thousands}" between thousands, and other columns have "${first!.thousands}": no option reads both`
            : undefined
    if (why !== undefined) barred.set(notationOf(options), why)
  }
}
