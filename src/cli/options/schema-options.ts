/*
  The options of `schema`: how inputs are read and cells understood is said as to `load`.
*/
import { parseTableTarget } from '../../load/target/target.js'
import { optionGroup, type SettingsOf } from './reading/definition.js'
import { inputOptions, mappingOptions, valueOptions } from './input-options.js'
import { commonOptions, jsonOptions } from './output-options.js'
import { choice, count, list, named } from './reading/readers.js'

const { limit: _limit, follow: _follow, ...readingOptions } = inputOptions
const { lenient: _lenient, ...cellOptions } = valueOptions
const { match, map, set } = mappingOptions

/** Options that `load` has, too, and has to be given again. */
export const sharedOptions = { ...readingOptions, match, map, set, ...cellOptions }

export const schemaOptions = {
  ...optionGroup('Target', {
    table: {
      flags: '-t, --table <name>',
      help: 'name of the table to make, or dfs://DATABASE/TABLE',
      reader: named('a table name or dfs://DATABASE/TABLE', name => {
        parseTableTarget(name)
        return name
      }),
      defaultNote: 'a stream table named after the first file',
    },
    key: {
      flags: '--key <a,b>',
      help: 'columns of the key of a keyed stream table',
      reader: list,
    },
  }),
  ...sharedOptions,
  ...optionGroup('Input', {
    sample: {
      flags: '--sample <n>',
      help: 'look at the first n records',
      reader: count(1),
      defaultNote: 'all of them',
    },
  }),
  ...optionGroup('Output', {
    output: {
      flags: '--output <format>',
      help: 'table, types, json or create: the script that makes the table',
      reader: choice('table', 'types', 'json', 'create'),
      default: 'table',
    },
  }),
  json: { ...jsonOptions.json, help: 'the same as --output json' },
  ...commonOptions,
}

/** Every option of `schema`, read. */
export type SchemaSettings = SettingsOf<typeof schemaOptions>
