/*
  The options of `bench`.
*/
import { optionGroup, type SettingsOf } from './reading/definition.js'
import { commonOptions, jsonOptions } from './output-options.js'
import { serverOptions } from './server-options.js'
import { count } from './reading/readers.js'

export const benchOptions = {
  ...optionGroup('Run', {
    requests: {
      flags: '--requests <n>',
      help: 'requests in each mode',
      reader: count(1),
      default: '50000',
    },
    rows: {
      flags: '--rows <n>',
      help: 'rows a request',
      reader: count(1),
      default: '100',
    },
  }),
  ...serverOptions,
  ...jsonOptions,
  ...commonOptions,
}

/** Every option of `bench`, read. */
export type BenchSettings = SettingsOf<typeof benchOptions>
