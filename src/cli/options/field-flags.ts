/*
  Rewrites the library's sentences for the command line: a field such as `rejects.file` becomes the flag that sets it.
*/
import { longName, type OptionDefinition } from './definition.js'
import { loadOptions } from './load-options.js'

const flags = new Map<string, string>(
  Object.values<OptionDefinition>(loadOptions).flatMap(definition =>
    definition.field === undefined ? [] : [[definition.field, `--${longName(definition)}`]],
  ),
)

/** Replaces each field in backticks by its flag. Other backticks stay, because they are DolphinDB's symbols. */
export function withFlags(sentence: string): string {
  return pairsAsFlags(sentence).replace(
    /`([A-Za-z]+(?:\.[A-Za-z]+)?)`/g,
    (quoted, field: string) => flags.get(field) ?? quoted,
  )
}

/** Fields that share an option: `cells.trueTexts` Y `cells.falseTexts` N is --booleans Y/N. */
function pairsAsFlags(sentence: string): string {
  return sentence
    .replace(/`cells\.trueTexts` (\S+) `cells\.falseTexts` (\S+)/g, '--booleans $1/$2')
    .replace(/`cells\.trueTexts` ([^\s`,]+)(?=$|[\s,])/g, '--booleans $1/')
    .replace(/`cells\.falseTexts` ([^\s`,]+)(?=$|[\s,])/g, '--booleans /$1')
    .replace(/`cells\.(?:true|false)Texts`/g, '--booleans')
    .replace(/`cells\.lenient`/g, '--on-error null')
    .replace(/`target\.typesFrom` (?=TABLE)/g, '--types @')
    .replace(/`target\.types(?:From)?`/g, '--types')
    .replace(/`rejects\.onError`/g, '--on-error')
}
