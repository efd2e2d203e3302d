/*
  Finds the options that read the texts of a column whose type is given, for example by an existing table.
*/
import { optionTexts } from '../parse/option-texts.js'
import { keepsBlanks } from '../parse/types/column-types.js'
import type { ChosenType } from './choose-type.js'
import type { ColumnProbe } from './column-probe.js'
import { alsoNull, refusedTextWarnings, wordWarnings } from './type-warnings.js'

/** Why the given type does not take some texts, and the options that read these texts. */
export function remediesOf(
  probe: ColumnProbe,
  { type, dateFormat, flags, truths, words, warnings }: ChosenType,
): string[] {
  const { name, candidates } = probe
  if (keepsBlanks(type)) {
    return probe.nullWords?.seen.length === 0 ? [] : warnings.filter(one => one.endsWith(alsoNull))
  }
  const options = optionTexts('cells', {
    dateFormats: dateFormat === undefined ? {} : { [name]: dateFormat },
    thousands: flags?.thousands || undefined,
    decimalComma: flags?.decimalComma,
    percentColumns: flags?.isPercent ? [name] : [],
    booleans: truths === undefined ? [] : [truths.join('/')],
  })
  const plain = candidates.find(one => one.format === undefined && one.flags === undefined)
  const odd = plain === undefined ? [] : refusedTextWarnings(probe, plain)
  const read =
    options.length === 0 ? [] : odd.map(text => `${text}: ${options.join(' ')} reads them`)
  return [...read, ...(words.length > 0 && warnings.length === 0 ? wordWarnings(probe) : warnings)]
}
