/* The long names of a command's options. */
import type { OptionTable } from '../../src/cli/options/definition.js'

export function optionNames({ options }: { readonly options: OptionTable }): Set<string> {
  return new Set(Object.values(options).map(({ name }) => name))
}
