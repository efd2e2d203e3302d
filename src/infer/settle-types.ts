/*
  Chooses types for all columns. Some options, such as a decimal comma, apply to every column. If such
  an option would harm a different column, the column that needs the option stays text, with a warning.
*/
import { option } from '../errors.js'
import { keepsBlanks } from '../parse/types/column-types.js'
import {
  chooseType,
  notationOf,
  textType,
  wordKey,
  type ChosenType,
  type TypeWishes,
} from './choose-type.js'
import { alwaysMeansNull, type ColumnProbe } from './column-probe.js'
import { alsoNull } from './type-warnings.js'

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
    const types = probes.map(probe => chooseType(probe, wishes, barred)!)
    const before = barred.size
    barWords(probes, types, barred)
    barNotations(probes, types, barred)
    if (barred.size > before) continue
    return withNulls(probes, types)
  }
}

/** Stops a word from meaning null if the word may be a text in another column. */
function barWords(
  probes: readonly ColumnProbe[],
  types: readonly ChosenType[],
  barred: Map<string, string>,
): void {
  const wanted = types.flatMap(({ options }) => options.nullTexts ?? [])
  for (const word of new Set(wanted)) {
    if (alwaysMeansNull(word)) continue
    const isText = probes.some(
      ({ nullWords }, i) => keepsBlanks(types[i]!.type) && nullWords.some(one => one.word === word),
    )
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
      options.decimalComma !== true && isFractional(type.type) && probes[i]!.facts.hasPoint,
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

const isFractional = (type: string): boolean => type === 'DOUBLE' || type.startsWith('DECIMAL')

/** Also counts words as null in text columns, if an option makes these words null. */
function withNulls(
  probes: readonly ColumnProbe[],
  types: readonly ChosenType[],
): readonly ChosenType[] {
  const nullTexts = types.flatMap(({ options }) => options.nullTexts ?? [])
  return types.map((one, i) => {
    if (!keepsBlanks(one.type)) return one
    const probe = probes[i]!
    const { cells: rows, nullWords } = probe
    const nulled = { cells: 0, texts: 0 }
    const warnings = nullWords.flatMap(({ word, cells }) => {
      if (nullTexts.includes(word)) {
        nulled.cells += cells
        nulled.texts++
        return [`"${word}" is null with ${option('cells.nullTexts')} ${word}, ${alsoNull}`]
      }
      const kept = `"${word}" in ${cells} of ${rows} rows stays a text`
      return alwaysMeansNull(word)
        ? [`${kept}: ${option('cells.nullTexts')} ${word} makes it null`]
        : []
    })
    const isOpen = probe.type === undefined && one.type.type !== 'BLOB'
    return {
      ...one,
      type: isOpen ? textType(probe, nulled) : one.type,
      nulls: one.nulls + nulled.cells,
      warnings: [...one.warnings, ...warnings],
    }
  })
}
