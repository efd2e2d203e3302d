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

flags.set('rejects.onError', '--on-error').set('cells.lenient', '--on-error null')

/** Replaces each field in backticks by its flag. Other backticks stay, because they are DolphinDB's symbols. */
export function withFlags(sentence: string): string {
  return sentence.replace(
    /`([A-Za-z]+(?:\.[A-Za-z]+)?)`/g,
    (quoted, field: string) => flags.get(field) ?? quoted,
  )
}
