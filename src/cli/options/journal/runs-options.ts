/*
  The options of `runs`.
*/
import { optionGroup, type SettingsOf } from '../reading/definition.js'
import { journaledServerOptions } from './journaled-server.js'
import { commonOptions, jsonOptions } from '../output-options.js'
import { onOff } from '../reading/readers.js'
import { runOptions } from '../run-options.js'

export const runsOptions = {
  ...optionGroup('Run', {
    clean: {
      flags: '--clean',
      help: 'remove journals: of the runs named, else of those that finished 30 days ago or before',
      reader: onOff,
      flagOnly: true,
    },
  }),
  stateDir: runOptions.stateDir,
  ...journaledServerOptions,
  ...jsonOptions,
  ...commonOptions,
}

/** Every option of `runs`, read. */
export type RunsSettings = SettingsOf<typeof runsOptions>
