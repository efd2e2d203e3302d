/*
  The options of `exec`.
*/
import { optionGroup, type SettingsOf } from './reading/definition.js'
import { commonOptions, jsonOptions, traceOptions } from './output-options.js'
import { serverOptions } from './server-options.js'
import { choice, text } from './reading/readers.js'

export const execOptions = {
  ...optionGroup('Run', {
    script: {
      flags: '-e, --script <script>',
      help: 'the script itself instead of a file',
      reader: text,
      flagOnly: true,
    },
  }),
  ...optionGroup('Output', {
    output: {
      flags: '--output <format>',
      help: 'table, csv or json',
      reader: choice('table', 'csv', 'json'),
      default: 'table',
    },
  }),
  ...serverOptions,
  ...traceOptions,
  json: { ...jsonOptions.json, help: 'the same as --output json' },
  ...commonOptions,
}

/** Every option of `exec`, read. */
export type ExecSettings = SettingsOf<typeof execOptions>
